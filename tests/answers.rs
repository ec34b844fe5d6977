//! Answers over HTTP: whole replies against recorded shapes, and writes against later reads.

use crate::common::{Shop, fixture};
use serde_json::{Value, json};

const ANSWER_8: &str = r#"{"answer_id":8,"body":"DONT BUY IT, it's bad","date":"2020-05-20T18:40:00.001Z","answerer_name":"iluvdogz","helpfulness":5,"photos":[{"id":2,"url":"https://images.example/\"b\""},{"id":3,"url":"https://images.example/c"}]}"#;
const ANSWER_7: &str = r#"{"answer_id":7,"body":"Its the best!","date":"2020-09-13T00:53:05.988Z","answerer_name":"é","helpfulness":1,"photos":[]}"#;
const ANSWER_9: &str = r#"{"answer_id":9,"body":"Supposedly suede","date":"2020-09-13T00:53:05.988Z","answerer_name":"sillyguy","helpfulness":1,"photos":[]}"#;

/// The body of a new answer, with one key set to something else.
fn answer_with(key: &str, value: Value) -> String {
    let mut body = json!({
        "body": "Yes,\n\"very\"", "name": "newcomer", "email": "new@comer.org",
        "photos": ["https://images.example/\"new\"", "https://images.example/2"],
    });
    body[key] = value;
    body.to_string()
}

#[test]
fn page_and_count_are_echoed_as_they_were_sent() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (query, page, count, rows) in [
        ("", "1", "5", vec![ANSWER_8, ANSWER_7, ANSWER_9]),
        ("?count=30", "1", "\"30\"", vec![ANSWER_8, ANSWER_7, ANSWER_9]),
        ("?page=1&count=200", "\"1\"", "\"200\"", vec![ANSWER_8, ANSWER_7, ANSWER_9]),
        ("?page=2&count=2&question_id=7", "\"2\"", "\"2\"", vec![ANSWER_9]),
        ("?page=2", "\"2\"", "5", vec![]),
        ("?page=0&count=0", "\"0\"", "\"0\"", vec![ANSWER_8, ANSWER_7, ANSWER_9]),
        ("?page=&count=a%22b", "\"\"", r#""a\"b""#, vec![ANSWER_8, ANSWER_7, ANSWER_9]),
        (
            "?count=9007199254740991",
            "1",
            "\"9007199254740991\"",
            vec![ANSWER_8, ANSWER_7, ANSWER_9],
        ),
    ] {
        let expected = format!(
            r#"{{"question":"1","page":{page},"count":{count},"results":[{}]}}"#,
            rows.join(",")
        );
        assert_eq!(shop.get(&format!("/qa/questions/1/answers{query}")).body, expected, "{query}");
        assert_eq!(shop.get(&format!("/qa/questions/1/answers/{query}")).body, expected);
    }
}

#[test]
fn an_unknown_question_has_no_answers_and_what_is_no_id_is_not_found() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for id in ["40344", "0", "2147483648", "99999999999999999999"] {
        let reply = shop.get(&format!("/qa/questions/{id}/answers"));
        let expected = format!(r#"{{"question":"{id}","page":1,"count":5,"results":[]}}"#);
        assert_eq!((reply.status, reply.body), (200, expected));
    }
    for id in ["undefined", "-1", "1.5"] {
        let reply = shop.get(&format!("/qa/questions/{id}/answers"));
        assert_eq!((reply.status, &*reply.body), (404, "Error: no question has this id"));
    }
}

#[test]
fn an_added_answer_is_in_both_lists_with_its_photos() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let reply = shop.post("/qa/questions/4/answers", &answer_with("unknown", json!(1)));
    assert_eq!((reply.status, &*reply.body), (201, "Created"));
    let listed = shop.get("/qa/questions/4/answers").body;
    let date = listed.split("\"date\":\"").nth(1).unwrap()[..24].to_owned();
    assert_eq!(
        listed,
        format!(
            r#"{{"question":"4","page":1,"count":5,"results":[{{"answer_id":11,"body":"Yes,\n\"very\"","date":"{date}","answerer_name":"newcomer","helpfulness":0,"photos":[{{"id":4,"url":"https://images.example/\"new\""}},{{"id":5,"url":"https://images.example/2"}}]}}]}}"#
        )
    );
    let nested = shop.get("/qa/questions?product_id=1&count=1&page=2").json();
    assert_eq!(
        nested["results"][0]["answers"].to_string(),
        format!(
            r#"{{"11":{{"id":11,"body":"Yes,\n\"very\"","date":"{date}","answerer_name":"newcomer","helpfulness":0,"photos":["https://images.example/\"new\"","https://images.example/2"]}}}}"#
        )
    );
    for photos in [json!([]), json!(null)] {
        let body = answer_with("photos", photos);
        assert_eq!(shop.post("/qa/questions/4/answers/", &body).status, 201, "{body}");
    }
    let body = r#"{"body":"b","name":"n","email":"e@x"}"#;
    assert_eq!(shop.post("/api/fec2/hr-lax/qa/questions/4/answers/", body).status, 201);
    let listed = shop.get("/qa/questions/4/answers?count=1").json();
    assert_eq!(listed["results"][0]["photos"], json!([]), "the youngest is first");
}

#[test]
fn a_wrong_answer_is_refused_and_changes_nothing() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let mut bodies: Vec<String> = ["", "null", "[]", "{}", "[[[[", "a=b"].map(Into::into).into();
    for (key, value) in [
        ("body", json!("")),
        ("name", json!(null)),
        ("email", json!("nobody")),
        ("photos", json!("https://one")),
        ("photos", json!([1])),
        ("photos", json!(vec!["u"; 65])),
    ] {
        bodies.push(answer_with(key, value));
    }
    for body in bodies {
        let reply = shop.post("/qa/questions/1/answers", &body);
        let expected = (422, "Error: Answer body contains invalid entries");
        assert_eq!((reply.status, &*reply.body), expected, "{body}");
    }
    for id in ["999", "x", "0"] {
        let reply = shop.post(&format!("/qa/questions/{id}/answers"), &answer_with("x", json!(1)));
        assert_eq!((reply.status, &*reply.body), (404, "Error: no question has this id"));
    }
    assert_eq!(database.value("select count(*) from answers").as_deref(), Some("5"));
}

#[test]
fn votes_count_and_order_and_reports_hide_in_both_lists() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for _ in 0..5 {
        assert_eq!(shop.put("/qa/answers/9/helpful").status, 204);
    }
    let ids = || {
        let listed = shop.get("/qa/questions/1/answers").json();
        let results = listed["results"].as_array().unwrap().iter();
        results.map(|one| one["answer_id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(), [9, 8, 7]);
    assert_eq!(shop.put("/qa/answers/8/report/").status, 204);
    assert_eq!(ids(), [9, 7]);
    let nested = shop.get("/qa/questions?product_id=1&page=3&count=1").json();
    let answers = nested["results"][0]["answers"].as_object().unwrap();
    assert_eq!(answers.keys().collect::<Vec<_>>(), ["7", "9"]);
    assert_eq!(answers["9"]["helpfulness"], 6);
    for id in ["0", "999", "x", "99999999999999999999"] {
        for vote in ["helpful", "report"] {
            let reply = shop.put(&format!("/qa/answers/{id}/{vote}"));
            assert_eq!((reply.status, &*reply.body), (404, "Error: no answer has this id"));
        }
    }
}

#[test]
fn an_answer_below_a_reported_question_is_kept() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    assert_eq!(shop.put("/qa/questions/4/report").status, 204);
    assert_eq!(shop.post("/qa/questions/4/answers", &answer_with("x", json!(1))).status, 201);
    let listed = shop.get("/qa/questions/4/answers").json();
    assert_eq!(listed["results"].as_array().unwrap().len(), 1);
}
