//! The odd and the bad rows of questions, of answers and of their photos.

use crate::database::Database;
use crate::fixture::{Files, Set, add, changed};

#[test]
fn odd_forms_are_read_and_what_is_unreadable_is_put_right() {
    let mut files = Files::small();
    add(
        &mut files.questions,
        &[
            "4,2,\"He said \"hi\" twice?\",1546300800,\"n\",\"e\",TRUE,-1",
            "5,3,\"Two\nlines?\",2019-01-01T10:00:00Z,null,\"e\",f,2",
        ],
    );
    add(
        &mut files.answers,
        &["5,5,\"left open,2019-01-01,\"n\",\"e\",true,x", "6,5,null,1546300800000,n,e,t,3"],
    );
    add(&mut files.answers_photos, &["9,6,\"https://left-open", "8,6,\"a, \"\"b\"\"\"", "7,5,"]);
    let set = Set::of(&files);
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    assert_eq!(
        changed(&report),
        ["questions.csv 5 2 0 5", "answers_photos.csv 6 2 0 6", "answers.csv 5 2 0 5"]
    );
    assert_eq!(
        report.repairs,
        [("broken quotes", 3), ("missing text left empty", 3), ("helpfulness set to 0", 2)]
    );
    assert_eq!(
        database.serving("questions")[3..],
        [
            "599616000000000|2|4|0|true|He said \"hi\" twice?|n|e",
            "599652000000000|3|5|2|false|Two\nlines?||e",
        ]
    );
    assert_eq!(
        database.serving("answers")[3..],
        [
            "599616000000000|3|5|5|0|true|left open|n|e|{7}|{}",
            "599616000000000|3|5|6|3|true||n|e|{8,9}|{a, \"b\",https://left-open}",
        ]
    );
}

#[test]
fn rows_that_cannot_be_loaded_are_written_down_with_their_reason() {
    let mut files = Files::small();
    add(
        &mut files.questions,
        &[
            "2,2,Again,1546300800,n,e,0,0",
            "4,77,Orphan,1546300800,n,e,0,0",
            "5,2,Date,yesterday,n,e,0,0",
            "6,2,Reported,1546300800,n,e,maybe,0",
        ],
    );
    add(
        &mut files.answers,
        &[
            "4,1,Again,1546300800,n,e,0,0",
            "5,77,Orphan,1546300800,n,e,0,0",
            "6,4,Of a reject,1546300800,n,e,0,0",
            "7,1,Date,,n,e,0,0",
            "8,1,too few",
        ],
    );
    add(&mut files.answers_photos, &["2,1,Again", "7,99,Orphan", "0,1,No id", "8,6,Of a reject"]);
    let set = Set::of(&files);
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    assert_eq!(
        changed(&report),
        ["questions.csv 7 0 4 3", "answers_photos.csv 7 0 4 3", "answers.csv 8 0 5 3"]
    );
    assert_eq!(
        set.rejects(),
        [
            "questions.csv|5|id|2 is the id of an earlier row",
            "questions.csv|6|product_id|no product has the id 77",
            "questions.csv|7|date_written|\"yesterday\" is not a date",
            "questions.csv|8|reported|\"maybe\" is not true or false",
            "answers_photos.csv|5|id|2 is the id of an earlier row",
            "answers_photos.csv|6|answer_id|no answer has the id 99",
            "answers_photos.csv|7|id|\"0\" is not 1..=2000000000",
            "answers_photos.csv|8|answer_id|no answer has the id 6",
            "answers.csv|5|id|4 is the id of an earlier row",
            "answers.csv|6|question_id|no question has the id 77",
            "answers.csv|7|question_id|no question has the id 4",
            "answers.csv|8|date_written|\"\" is not a date",
            "answers.csv|9||3 fields where 8 are expected",
        ]
    );
    let mut clean = Database::default();
    Set::of(&Files::small()).import(&mut clean).unwrap();
    assert_eq!(database.serving, clean.serving, "the good rows are as if alone");
}
