//! What good, odd and bad rows become.

use crate::database::Database;
use crate::fixture::{Files, NAMES, Set, add, changed, counts};
use atelier_import::{import, schema};

#[test]
fn a_clean_set_becomes_tables() {
    let mut database = Database::default();
    let set = Set::of(&Files::small());
    let report = set.import(&mut database).unwrap();
    assert_eq!(
        counts(&report),
        [
            "product.csv 3 0 0 3",
            "features.csv 3 0 0 3",
            "styles.csv 3 0 0 3",
            "photos.csv 3 0 0 3",
            "skus.csv 3 0 0 3",
            "related.csv 3 0 0 3",
            "cart.csv 2 0 0 2",
            "characteristics.csv 3 0 0 3",
            "reviews_photos.csv 3 0 0 3",
            "reviews.csv 3 0 0 3",
            "characteristic_reviews.csv 4 0 0 4",
            "questions.csv 3 0 0 3",
            "answers_photos.csv 3 0 0 3",
            "answers.csv 3 0 0 3",
        ]
    );
    assert_eq!((report.rejects, report.repairs, report.notes), (None, vec![], vec![]));
    assert_eq!(report.checked, 14, "12 tables of files, the sums of reviews and the documents");
    assert!(!set.path("rejects.csv").exists());
    assert_eq!(
        database.serving("products"),
        [
            "1|14000|Camo Onesie|Blend in|So, \"warm\"|Jackets",
            "2|6900|Shades|||Accessories",
            "3|NULL|Boots|No review yet||Kicks",
        ]
    );
    // Dates are microseconds since 2000.
    assert_eq!(
        database.serving("reviews"),
        [
            "649395681467000|1|1|8|5|true|false|Great!|Two\nlines|funtime|f@x|NULL|\
             [{\"id\":4,\"url\":\"https://a\"},{\"id\":5,\"url\":\"https://b\"}]",
            "663493633963000|1|2|2|4|false|true||Ok|mymainstreammother|m@x|Thanks|NULL",
            "662641051021000|2|3|5|4|true|false|Liking|Dark|bigbrother|b@x|NULL|\
             [{\"id\":6,\"url\":\"https://c\"}]",
        ]
    );
    assert_eq!(database.serving("characteristics"), ["1|1|Fit", "1|2|Length", "2|3|Quality"]);
    assert_eq!(
        database.serving("characteristic_reviews"),
        ["1|1|1|4", "1|1|2|3", "1|2|1|5", "2|3|3|1"]
    );
    assert_eq!(
        database.serving("review_meta"),
        [
            "1|0|0|0|1|1|1|1|{1,2}|{Fit,Length}|{9,3}|{2,1}",
            "2|0|0|0|1|0|0|1|{3}|{Quality}|{1}|{1}",
            "3|0|0|0|0|0|0|0|{}|{}|{}|{}",
        ]
    );
    assert_clean_catalogue(&database);
    assert_clean_questions(&database);
}

#[test]
fn a_dry_run_counts_and_rejects_as_an_import_does() {
    let mut files = Files::small();
    add(&mut files.product, &["1,Again,,,,5", "4,\"open,,,,free"]);
    add(&mut files.answers_photos, &["7,99,Orphan"]);
    let set = Set::of(&files);
    let report = set.import(&mut Database::default()).unwrap();
    let rejects = set.rejects();
    let dry = import::dry_run(&set.options()).unwrap();
    assert_eq!((counts(&dry), dry.repairs), (counts(&report), report.repairs));
    assert_eq!((set.rejects(), dry.is_dry, report.is_dry), (rejects, true, false));
}

#[test]
fn gzipped_files_become_the_same_tables() {
    let (mut plain, mut packed) = (Database::default(), Database::default());
    let set = Set::of(&Files::small());
    let report = set.import(&mut plain).unwrap();
    NAMES.into_iter().for_each(|name| set.pack(name));
    assert_eq!(counts(&set.import(&mut packed).unwrap()), counts(&report));
    assert_eq!(packed.serving, plain.serving);
}

fn assert_clean_questions(database: &Database) {
    assert_eq!(
        database.serving("questions"),
        [
            "649395681467000|1|1|1|false|What fabric is it made of?|yankeelover|y@x",
            "667203419613000|1|2|4|true|WEIRD QUESTION!!|jbilas|j@x",
            "599616000000000|2|3|0|false|Dark?|cleopatra|c@x",
        ]
    );
    assert_eq!(
        database.serving("answers"),
        [
            "649395681467000|1|1|1|1|false|Suede, but synthetic|sillyguy|s@x|NULL|NULL",
            "663493633963000|1|1|3|0|true|Canvas|Seller|null|{1,2}|{https://e,https://d}",
            "599616000000000|2|3|4|7|false|Very|metslover|m@x|{3}|{https://f}",
        ]
    );
}

fn assert_clean_catalogue(database: &Database) {
    assert_eq!(
        database.serving("features"),
        ["1|1|Fabric|Canvas", "1|2|Buttons|NULL", "2|3|NULL|Anti-glare"]
    );
    assert_eq!(
        database.serving("styles"),
        [
            "14000|NULL|1|1|true|Forest Green & Black",
            "14000|3550|1|2|false|Desert, Brown",
            "6900|NULL|2|3|true|Black Lenses",
        ]
    );
    assert_eq!(
        database.serving("style_photos"),
        [
            "1|1|1|https://a?w=668&q=80|https://a?w=300&q=80",
            "1|1|2|uhttps://b|https://b-small",
            "2|3|4|https://c|NULL",
        ]
    );
    assert_eq!(database.serving("skus"), ["1|1|1|8|XS", "1|1|2|0|S", "2|3|3|NULL|NULL"]);
    assert_eq!(database.serving("related_products"), ["1|1|2", "1|2|3", "2|3|1"]);
    assert_eq!(database.serving("legacy_carts"), ["1|1|3232|true", "2|2|3232|false"]);
}

#[test]
fn sequences_begin_after_the_largest_id_and_the_source_is_named() {
    let mut database = Database::default();
    let mut files = Files::small();
    files.reviews_photos = "id,review_id,url".to_owned();
    files.answers_photos = "id,answer_id,url".to_owned();
    let set = Set::of(&files);
    set.import(&mut database).unwrap();
    for sql in [
        "select setval('review_ids', 3, true)",
        "select setval('review_photo_ids', 1, false)",
        "select setval('question_ids', 3, true)",
        "select setval('answer_ids', 4, true)",
        "select setval('answer_photo_ids', 1, false)",
    ] {
        assert!(database.was_asked(sql), "{sql}");
    }
    let name = set.path("").canonicalize().unwrap();
    let name = name.file_name().unwrap().to_str().unwrap();
    let version = schema::VERSION;
    assert!(
        database.was_asked(&format!("into about (version, source) values ({version}, '{name}')"))
    );
}

#[test]
fn every_table_is_analyzed() {
    let mut database = Database::default();
    Set::of(&Files::small()).import(&mut database).unwrap();
    let tables = database.statements.iter().filter_map(|sql| sql.strip_prefix("analyze "));
    let analyzed: Vec<_> = tables.flat_map(|tables| tables.split(", ")).collect();
    for line in schema::TABLES.lines() {
        let Some(table) = line.strip_prefix("create table ") else { continue };
        let table = table.trim_end_matches(" (");
        // These two hold next to nothing when an import ends.
        let left_out = ["about", "carts"].contains(&table);
        assert_eq!(analyzed.contains(&table), !left_out, "{table}");
    }
}

#[test]
fn documents_are_rendered_from_tables_with_keys_and_with_lz4_where_there_is_one() {
    for knows_lz4 in [false, true] {
        let mut database = Database { knows_lz4, ..Database::default() };
        Set::of(&Files::small()).import(&mut database).unwrap();
        let place = |text: &str| database.statements.iter().position(|sql| sql.contains(text));
        let documents = place("insert into style_documents").unwrap();
        assert!(place("add primary key").unwrap() < documents);
        assert!(place("set work_mem = '64MB'").unwrap() < documents);
        assert!(place("analyze products").unwrap() < documents);
        assert!(documents < place("analyze product_documents, style_documents").unwrap());
        let lz4 = place("set default_toast_compression = 'lz4'");
        assert_eq!(lz4.is_some_and(|lz4| lz4 < documents), knows_lz4);
    }
}

#[test]
fn odd_forms_are_repaired_and_counted_once_a_row() {
    let mut files = Files::small();
    files.product = "\u{feff}id, name, slogan, description, category, default_price\r\n\
        1, \"Camo\", \"\", \"\", \"Jackets\", \"$1,140.50\"\r\n \
        2 ,null,null,d,c,free\r\n"
        .to_owned();
    let product = files.product.clone().into_bytes();
    add(
        &mut files.reviews,
        &[
            "4,2,1,2019-01-01,\"s\",\"b\",1,0,\"n\",\"e\",null,-1",
            "5,2,1,1546300800,\"s\",\"said \"hi\" twice\",T,F,\"n\",\"e\",r,2",
            "6,2,2,2019-01-01T10:00:00Z,null,\"left open,TRUE,f,null,\"e\",null,x",
        ],
    );
    add(&mut files.reviews_photos, &["9,4,\"https://left-open"]);
    let set = Set::of(&files);
    // One byte that is no UTF-8, and one NUL.
    set.write("product.csv", &[&product[..], b"3,B\xffoots,\0,,,7.5\r\n"].concat());
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    assert_eq!(
        changed(&report),
        ["product.csv 3 2 0 3", "reviews_photos.csv 4 1 0 4", "reviews.csv 6 3 0 6"]
    );
    assert_eq!(
        report.repairs,
        [
            ("broken quotes", 3),
            ("NUL bytes removed", 1),
            ("invalid UTF-8 replaced by U+FFFD", 1),
            ("missing text left empty", 2),
            ("helpfulness set to 0", 2),
            ("price rounded to cents or, unreadable, left empty", 1),
        ]
    );
    assert_eq!(
        database.serving("products"),
        ["1|114050|Camo|||Jackets", "2|NULL|||d|c", "3|750|B\u{fffd}oots|||"]
    );
    let photos = "[{\"id\":9,\"url\":\"https://left-open\"}]";
    assert_eq!(
        database.serving("reviews")[3..],
        [
            format!("599616000000000|2|4|0|1|true|false|s|b|n|e|NULL|{photos}"),
            "599616000000000|2|5|2|1|true|false|s|said \"hi\" twice|n|e|r|NULL".to_owned(),
            "599652000000000|2|6|0|2|true|false||left open||e|NULL|NULL".to_owned(),
        ]
    );
}

#[test]
fn rows_that_cannot_be_loaded_are_written_down_with_their_reason() {
    let mut files = Files::small();
    add(&mut files.product, &["1,Again,,,,5", "x,No id,,,,5", "4,too few"]);
    add(&mut files.characteristics, &["1,2,Again", "9,77,Orphan"]);
    add(&mut files.reviews_photos, &["4,2,Again", "7,99,Orphan", "0,1,No id", "8,4,Of a reject"]);
    add(
        &mut files.reviews,
        &[
            "2,2,1,1546300800,Again,,true,true,n,e,,0",
            "4,2,6,1546300800,Rating,,true,true,n,e,,0",
            "5,2,1,yesterday,Date,,true,true,n,e,,0",
            "6,2,1,1546300800,Recommend,,maybe,true,n,e,,0",
            "7,77,1,1546300800,Orphan,,true,true,n,e,,0",
        ],
    );
    add(&mut files.characteristic_reviews, &["1,1,1,1", "5,9,1,1", "6,1,99,1", "7,1,1,0"]);
    let set = Set::of(&files);
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    assert_eq!(report.rejects, Some(set.path("rejects.csv")));
    assert_eq!(
        changed(&report),
        [
            "product.csv 6 0 3 3",
            "characteristics.csv 5 0 2 3",
            "reviews_photos.csv 7 0 4 3",
            "reviews.csv 8 0 5 3",
            "characteristic_reviews.csv 8 0 4 4",
        ]
    );
    assert_eq!(
        set.rejects(),
        [
            "product.csv|5|id|1 is the id of an earlier row",
            "product.csv|6|id|\"x\" is not 1..=2000000000",
            "product.csv|7||2 fields where 6 are expected",
            "characteristics.csv|5|id|1 is the id of an earlier row",
            "characteristics.csv|6|product_id|no product has the id 77",
            "reviews_photos.csv|5|id|4 is the id of an earlier row",
            "reviews_photos.csv|6|review_id|no review has the id 99",
            "reviews_photos.csv|7|id|\"0\" is not 1..=2000000000",
            "reviews_photos.csv|8|review_id|no review has the id 4",
            "reviews.csv|6|id|2 is the id of an earlier row",
            "reviews.csv|7|rating|\"6\" is not 1..=5",
            "reviews.csv|8|date|\"yesterday\" is not a date",
            "reviews.csv|9|recommend|\"maybe\" is not true or false",
            "reviews.csv|10|product_id|no product has the id 77",
            "characteristic_reviews.csv|6|id|1 is the id of an earlier row",
            "characteristic_reviews.csv|7|characteristic_id|no characteristic has the id 9",
            "characteristic_reviews.csv|8|review_id|no review has the id 99",
            "characteristic_reviews.csv|9|value|\"0\" is not 1..=5",
        ]
    );
    let mut clean = Database::default();
    Set::of(&Files::small()).import(&mut clean).unwrap();
    assert_eq!(database.serving, clean.serving, "the good rows are as if alone");
}
