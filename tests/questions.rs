//! Questions over HTTP: whole replies against recorded shapes, and writes against later reads.

use crate::common::{Shop, fixture};
use serde_json::{Value, json};

const QUESTION_3: &str = r#"{"question_id":3,"question_body":"Does this \"run\" small?","question_date":"2020-12-21T07:31:47.083Z","asker_name":"jbilas","question_helpfulness":8,"reported":false,"answers":{"5":{"id":5,"body":"Yes","date":"2020-05-20T18:40:00.003Z","answerer_name":"Seller","helpfulness":2,"photos":["https://images.example/a"]}}}"#;
const QUESTION_4: &str = r#"{"question_id":4,"question_body":"How long does it last?","question_date":"2020-07-10T00:35:17.010Z","asker_name":"funnygirl","question_helpfulness":1,"reported":false,"answers":{}}"#;
const QUESTION_1: &str = r#"{"question_id":1,"question_body":"What fabric is the top made of?","question_date":"2020-07-27T21:18:34.409Z","asker_name":"yankeelover","question_helpfulness":1,"reported":false,"answers":{"7":{"id":7,"body":"Its the best!","date":"2020-09-13T00:53:05.988Z","answerer_name":"é","helpfulness":1,"photos":[]},"8":{"id":8,"body":"DONT BUY IT, it's bad","date":"2020-05-20T18:40:00.001Z","answerer_name":"iluvdogz","helpfulness":5,"photos":["https://images.example/\"b\"","https://images.example/c"]},"9":{"id":9,"body":"Supposedly suede","date":"2020-09-13T00:53:05.988Z","answerer_name":"sillyguy","helpfulness":1,"photos":[]}}}"#;

/// The body of a new question of product 1, with one key set to something else.
fn question_with(key: &str, value: Value) -> String {
    let mut body = json!({
        "product_id": 1, "body": "Is it\n\"warm\"?", "name": "newcomer", "email": "new@comer.org",
    });
    body[key] = value;
    body.to_string()
}

#[test]
fn lists_are_the_recorded_ones_in_all_pages() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (query, rows) in [
        ("", vec![QUESTION_3, QUESTION_4, QUESTION_1]),
        ("&count=100&page=1", vec![QUESTION_3, QUESTION_4, QUESTION_1]),
        ("&count=0&page=0", vec![QUESTION_3, QUESTION_4, QUESTION_1]),
        ("&count=2", vec![QUESTION_3, QUESTION_4]),
        ("&count=2&page=2", vec![QUESTION_1]),
        ("&count=1&page=2", vec![QUESTION_4]),
        ("&count=1&page=4", vec![]),
        ("&count=9007199254740991", vec![QUESTION_3, QUESTION_4, QUESTION_1]),
    ] {
        let expected = format!(r#"{{"product_id":"1","results":[{}]}}"#, rows.join(","));
        assert_eq!(shop.get(&format!("/qa/questions/?product_id=1{query}")).body, expected);
    }
}

#[test]
fn an_unknown_product_has_nothing_and_a_wrong_one_is_refused() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for id in ["3", "999999999", "0", "-1", "2147483648", "99999999999999999999"] {
        let expected = format!(r#"{{"product_id":"{id}","results":[]}}"#);
        assert_eq!(shop.get(&format!("/qa/questions?product_id={id}")).body, expected);
    }
    for query in ["", "?product_id=", "?product_id=hello", "?product_id=5.55"] {
        let reply = shop.get(&format!("/qa/questions{query}"));
        assert_eq!((reply.status, &*reply.body), (422, "Error: invalid product_id provided"));
    }
}

#[test]
fn an_added_question_is_in_the_next_list() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (key, value) in [
        ("unknown", json!({"any": [1]})),
        ("product_id", json!("1")),
        ("email", json!("first.last+more@mail.example.org")),
    ] {
        let reply = shop.post("/qa/questions/", &question_with(key, value.clone()));
        assert_eq!((reply.status, &*reply.body), (201, "Created"), "{key} {value}");
    }
    let listed = shop.get("/qa/questions?product_id=1&count=1&page=4").body;
    let date = listed.split("\"question_date\":\"").nth(1).unwrap()[..24].to_owned();
    let today = database.value("select to_char(now() at time zone 'utc', 'YYYY-MM-DD')").unwrap();
    assert!(date.starts_with(&today), "{date} is not of {today}");
    assert_eq!(
        listed,
        format!(
            r#"{{"product_id":"1","results":[{{"question_id":8,"question_body":"Is it\n\"warm\"?","question_date":"{date}","asker_name":"newcomer","question_helpfulness":0,"reported":false,"answers":{{}}}}]}}"#
        )
    );
}

#[test]
fn a_wrong_question_is_refused_and_changes_nothing() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let mut bodies: Vec<String> =
        ["", "null", "[]", "{}", "{\"product_id\":1"].map(Into::into).into();
    bodies.push("{\"a\":".repeat(10_000));
    for (key, value) in [
        ("product_id", json!(999)),
        ("product_id", json!(null)),
        ("product_id", json!(40344)),
        ("product_id", json!(99_999_999_999_i64)),
        ("body", json!("")),
        ("body", json!("nul \u{0}")),
        ("name", json!(null)),
        ("name", json!(7)),
        ("email", json!("nobody")),
        ("email", json!("")),
    ] {
        bodies.push(question_with(key, value));
    }
    for body in bodies {
        let reply = shop.post("/qa/questions", &body);
        assert_eq!(reply.status, 422, "{body}");
        assert_eq!(reply.body, "Error: Question body contains invalid entries");
    }
    assert_eq!(database.value("select count(*) from questions").as_deref(), Some("5"));
}

#[test]
fn votes_count_and_order_and_reports_hide() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for _ in 0..8 {
        assert_eq!(shop.put("/qa/questions/4/helpful").status, 204);
    }
    let ids = || {
        let listed = shop.get("/qa/questions?product_id=1").json();
        let results = listed["results"].as_array().unwrap().iter();
        results.map(|one| one["question_id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(), [4, 3, 1]);
    assert_eq!(shop.put("/qa/questions/3/report/").status, 204);
    assert_eq!(ids(), [4, 1]);
    assert_eq!(shop.put("/qa/questions/3/report").status, 204, "again");
    for id in ["0", "999", "x", "99999999999999999999"] {
        for vote in ["helpful", "report"] {
            let reply = shop.put(&format!("/qa/questions/{id}/{vote}"));
            assert_eq!((reply.status, &*reply.body), (404, "Error: no question has this id"));
        }
    }
}

/// A page ends where 8 MiB of rows end, and is still whole JSON, also where that is between two
/// answers of a question.
#[test]
fn a_page_of_giants_is_cut_between_two_answers_and_stays_whole() {
    let database = fixture::database();
    database.value(
        "insert into answers (product_id, question_id, answer_id, date, body, answerer_name, \
         answerer_email) select 1, 3, 1000 + n, now(), repeat('x', 100000), 'n', 'e' \
         from generate_series(1, 120) as n",
    );
    let shop = Shop::of(&database);
    let listed = shop.get("/qa/questions?product_id=1").json();
    let results = listed["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "the questions behind it are left out");
    let answers = results[0]["answers"].as_object().unwrap().len();
    assert!((80..120).contains(&answers), "{answers}");
}

/// The text of a question goes over the wire once, and not again with each of its answers.
#[test]
fn a_long_question_with_many_answers_is_sent_once() {
    let database = fixture::database();
    database.value("update questions set body = repeat('q', 60000) where question_id = 3");
    database.value(
        "insert into answers (product_id, question_id, answer_id, date, body, answerer_name, \
         answerer_email) select 1, 3, 1000 + n, now(), 'a', 'n', 'e' \
         from generate_series(1, 2000) as n",
    );
    let shop = Shop::of(&database);
    let listed = shop.get("/qa/questions?product_id=1").json();
    let results = listed["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["answers"].as_object().unwrap().len(), 2001);
    let mut session = database.session();
    session.prepare(&[&atelier::statements::QUESTION_LIST.one]).unwrap();
    let rows = session.rows("execute question_list(1, 5, 0)").unwrap();
    let bytes: usize = rows.iter().flatten().flatten().map(String::len).sum();
    assert!(bytes < 200_000, "{bytes} bytes for one question of 60,000");
}
