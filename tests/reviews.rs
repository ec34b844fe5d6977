//! Reviews over HTTP: whole replies against recorded shapes, and writes against later reads.

use crate::common::Shop;
use crate::common::fixture::{self, REVIEWS};
use serde_json::json;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The body of a new review of product 1, with one key set to something else.
fn review_with(key: &str, value: serde_json::Value) -> String {
    let mut body = json!({
        "product_id": 1, "rating": 3, "summary": "Line \"one\"", "body": "A body,\nof two lines",
        "recommend": true, "name": "newcomer", "email": "new@comer.org",
        "photos": ["https://images.example/\"new\"", "https://images.example/2"],
        "characteristics": {"1": 2, "2": 5},
    });
    body[key] = value;
    body.to_string()
}

fn review() -> String {
    review_with("rating", json!(3))
}

const REVIEW_1: &str = r#"{"review_id":1,"rating":5,"summary":"This product was great!","recommend":true,"response":null,"body":"I really did, or did not \"like\" it","date":"2020-07-30T03:41:21.467Z","reviewer_name":"funtime","helpfulness":8,"photos":[{"id":5,"url":"https://images.example/a?w=1&q=80"},{"id":7,"url":"https://images.example/b"}]}"#;
const REVIEW_2: &str = r#"{"review_id":2,"rating":4,"summary":"This product was ok!","recommend":false,"response":"Thanks!","body":"I'm not\nsure","date":"2021-01-09T07:47:13.963Z","reviewer_name":"mymainstreammother","helpfulness":2,"photos":[]}"#;
const REVIEW_3: &str = r#"{"review_id":3,"rating":1,"summary":"","recommend":true,"response":null,"body":"hi","date":"2020-12-30T10:57:31.021Z","reviewer_name":"é","helpfulness":8,"photos":[{"id":6,"url":"https://images.example/c"}]}"#;
const META_1: &str = r#"{"product_id":"1","ratings":{"1":"1","2":"1","4":"1","5":"1"},"recommended":{"false":"2","true":"2"},"characteristics":{"Fit":{"id":1,"value":"3.6666666666666667"},"Length":{"id":2,"value":null}}}"#;

#[test]
fn lists_are_the_recorded_ones_in_all_orders_and_pages() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let reply = shop.get("/reviews?product_id=1");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    for (query, page, count, rows) in [
        ("", 0, "5", vec![REVIEW_3, REVIEW_1, REVIEW_2]),
        ("&sort=relevant", 0, "5", vec![REVIEW_3, REVIEW_1, REVIEW_2]),
        ("&sort=helpful", 0, "5", vec![REVIEW_3, REVIEW_1, REVIEW_2]),
        ("&sort=newest", 0, "5", vec![REVIEW_2, REVIEW_3, REVIEW_1]),
        ("&sort=[object+HTMLSelectElement]", 0, "5", vec![REVIEW_3, REVIEW_1, REVIEW_2]),
        ("&count=2", 0, "2", vec![REVIEW_3, REVIEW_1]),
        ("&count=2&page=2", 2, "2", vec![REVIEW_2]),
        ("&count=2&page=9", 16, "2", vec![]),
        ("&page=0&count=0", 0, "5", vec![REVIEW_3, REVIEW_1, REVIEW_2]),
        ("&count=9007199254740991", 0, "9007199254740991", vec![REVIEW_3, REVIEW_1, REVIEW_2]),
    ] {
        let expected = format!(
            r#"{{"product":"1","page":{page},"count":{count},"results":[{}]}}"#,
            rows.join(",")
        );
        assert_eq!(shop.get(&format!("/reviews?product_id=1{query}")).body, expected, "{query}");
    }
}

#[test]
fn meta_is_the_recorded_one_and_counts_reported_reviews() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    assert_eq!(shop.get("/reviews/meta?product_id=1").body, META_1);
    assert_eq!(
        shop.get("/reviews/meta?product_id=3").body,
        r#"{"product_id":"3","ratings":{},"recommended":{},"characteristics":{}}"#
    );
    assert_eq!(
        shop.get("/reviews/meta?product_id=2").body,
        r#"{"product_id":"2","ratings":{"3":"1"},"recommended":{"true":"1"},"characteristics":{"Quality":{"id":3,"value":"4.0000000000000000"}}}"#
    );
}

#[test]
fn an_unknown_product_has_nothing_and_a_wrong_one_is_refused() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for id in ["999999999", "0", "-1", "2147483648", "99999999999999999999"] {
        assert_eq!(
            shop.get(&format!("/reviews?product_id={id}")).body,
            format!(r#"{{"product":"{id}","page":0,"count":5,"results":[]}}"#)
        );
        assert_eq!(
            shop.get(&format!("/reviews/meta?product_id={id}")).body,
            format!(
                r#"{{"product_id":"{id}","ratings":{{}},"recommended":{{}},"characteristics":{{}}}}"#
            )
        );
    }
    for query in
        ["", "?", "?product_id=", "?product_id=hello", "?product_id=5.55", "?product_id=null"]
    {
        for path in ["/reviews", "/reviews/meta"] {
            let reply = shop.get(&format!("{path}{query}"));
            assert_eq!(reply.status, 422, "{path}{query}");
            assert_eq!(reply.body, "Error: invalid product_id provided");
        }
    }
}

#[test]
fn every_path_answers_with_prefix_and_slash() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let plain = shop.get("/reviews?product_id=2").body;
    for path in [
        "/reviews/?product_id=2",
        "/api/fec2/hr-rfp/reviews?product_id=2",
        "/api/fec2/hratx/reviews/?product_id=2&unknown=1",
    ] {
        assert_eq!(shop.get(path).body, plain, "{path}");
    }
    assert_eq!(shop.get("/api/fec2/hr-lax/reviews/meta/?product_id=1").body, META_1);
    assert_eq!(shop.put("/api/fec2/hr-lax/reviews/1/helpful/").status, 204);
    assert_eq!(shop.post("/api/fec2/hr-lax/reviews/", &review()).status, 201);
}

#[test]
fn an_added_review_is_in_the_next_list_and_the_next_meta() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let reply = shop.post("/reviews", &review());
    assert_eq!((reply.status, reply.body.as_str()), (201, "Created"));
    assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
    let listed = shop.get("/reviews?product_id=1&sort=newest&count=1").body;
    let date = listed.split("\"date\":\"").nth(1).unwrap()[..24].to_owned();
    let today = database.value("select to_char(now() at time zone 'utc', 'YYYY-MM-DD')").unwrap();
    assert!(date.starts_with(&today) && date.ends_with('Z'), "{date} is not of {today}");
    assert_eq!(
        listed,
        format!(
            r#"{{"product":"1","page":0,"count":1,"results":[{{"review_id":6,"rating":3,"summary":"Line \"one\"","recommend":true,"response":null,"body":"A body,\nof two lines","date":"{date}","reviewer_name":"newcomer","helpfulness":0,"photos":[{{"id":8,"url":"https://images.example/\"new\""}},{{"id":9,"url":"https://images.example/2"}}]}}]}}"#
        )
    );
    assert_eq!(
        shop.get("/reviews/meta?product_id=1").body,
        r#"{"product_id":"1","ratings":{"1":"1","2":"1","3":"1","4":"1","5":"1"},"recommended":{"false":"2","true":"3"},"characteristics":{"Fit":{"id":1,"value":"3.2500000000000000"},"Length":{"id":2,"value":"5.0000000000000000"}}}"#
    );
    let rating = "select count(*) from characteristic_reviews where review_id = 6";
    assert_eq!(database.value(rating).as_deref(), Some("2"));
}

#[test]
fn a_review_is_taken_as_pages_send_it() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (key, value) in [
        ("product_id", json!("1")),
        ("rating", json!("5")),
        ("photos", json!([])),
        ("characteristics", json!({})),
        ("characteristics", json!({"2": "4"})),
        ("recommend", json!(false)),
        ("params", json!({"anything": [1, 2]})),
    ] {
        assert_eq!(shop.post("/reviews", &review_with(key, value.clone())).status, 201, "{key}");
    }
    let counts = &shop.get("/reviews/meta?product_id=1").json()["ratings"];
    assert_eq!((&counts["3"], &counts["5"]), (&json!("6"), &json!("2")));
}

#[test]
fn a_wrong_review_is_refused_and_changes_nothing() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let mut bodies: Vec<String> =
        ["", "null", "[]", "{}", "{\"product_id\":1", "product_id=1&rating=5", "\u{feff}{}"]
            .map(str::to_owned)
            .to_vec();
    bodies.push("[".repeat(30_000));
    for (key, value) in [
        ("product_id", json!(999)),
        ("product_id", json!(0)),
        ("product_id", json!("x")),
        ("rating", json!(6)),
        ("rating", json!(0)),
        ("summary", json!("")),
        ("summary", json!(null)),
        ("body", json!("nul \u{0}")),
        ("name", json!("")),
        ("email", json!(7)),
        ("recommend", json!(null)),
        ("photos", json!("https://one")),
        ("characteristics", json!({"3": 4})),
        ("characteristics", json!({"1": 4, "999": 4})),
        ("characteristics", json!({"1": 0})),
    ] {
        bodies.push(review_with(key, value));
    }
    for body in bodies {
        let reply = shop.post("/reviews", &body);
        assert_eq!(reply.status, 422, "{body}");
        assert_eq!(reply.body, "Error: Review body contains invalid entries");
    }
    assert_eq!(shop.get("/reviews/meta?product_id=1").body, META_1);
    assert_eq!(database.value("select count(*) from reviews").as_deref(), Some("5"));
}

#[test]
fn votes_count_and_reports_hide() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for _ in 0..2 {
        let reply = shop.put("/reviews/2/helpful");
        assert_eq!((reply.status, reply.body.as_str()), (204, ""));
        assert_eq!(reply.header("content-length"), None);
    }
    assert_eq!(shop.get("/reviews?product_id=1").json()["results"][2]["helpfulness"], 4);
    assert_eq!(shop.put("/reviews/3/report").status, 204);
    assert_eq!(shop.put("/reviews/3/report").status, 204);
    let listed = shop.get("/reviews?product_id=1").json();
    let ids: Vec<_> =
        listed["results"].as_array().unwrap().iter().map(|one| &one["review_id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(2)]);
    assert_eq!(shop.get("/reviews/meta?product_id=1").body, META_1);
    for id in ["0", "999", "x", "-1", "99999999999999999999"] {
        for vote in ["helpful", "report"] {
            let reply = shop.put(&format!("/reviews/{id}/{vote}"));
            assert_eq!(reply.status, 404, "{id}/{vote}");
        }
    }
}

#[test]
fn a_vote_takes_any_body() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (kind, body) in [
        ("application/json", "{\"id\":7}"),
        ("application/json", "null"),
        ("application/json", "{broken"),
        ("application/x-www-form-urlencoded", ""),
        ("text/plain", "GET /reviews HTTP/1.1\r\n\r\n"),
    ] {
        let response = minreq::put(format!("http://{}/reviews/1/helpful", shop.address))
            .with_header("Content-Type", kind)
            .with_body(body)
            .send()
            .unwrap();
        assert_eq!(response.status_code, 204, "{kind} {body}");
    }
    assert_eq!(shop.get("/reviews?product_id=1&count=1").json()["results"][0]["helpfulness"], 13);
}

#[test]
fn a_count_at_the_end_of_its_type_is_no_error() {
    let database = fixture::database();
    database.value("update reviews set helpfulness = 2147483647 where review_id = 1");
    let shop = Shop::of(&database);
    assert_eq!(shop.put("/reviews/1/helpful").status, 204);
}

#[test]
fn pages_of_other_origins_may_call_and_read_errors() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let preflight = crate::common::exchange(shop.address, "OPTIONS", "/reviews/1/helpful", None);
    assert_eq!(preflight.status, 204);
    let allowed = preflight.header("access-control-allow-methods").unwrap();
    assert_eq!(allowed, "GET, POST, PUT, DELETE, OPTIONS");
    let headers = preflight.header("access-control-allow-headers").unwrap().to_lowercase();
    assert!(headers.contains("authorization") && headers.contains("content-type"));
    assert!(preflight.header("access-control-max-age").is_some());
    for (reply, status) in [
        (preflight, 204),
        (shop.get("/reviews?product_id=1"), 200),
        (shop.post("/reviews", &review()), 201),
        (shop.put("/reviews/1/helpful"), 204),
        (shop.get("/reviews"), 422),
        (shop.get("/nowhere"), 404),
        (shop.put("/reviews"), 405),
        (shop.put("/reviews/999/report"), 404),
    ] {
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{status}");
    }
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let reply = shop.put("/reviews/?product_id=1");
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    assert_eq!(shop.get("/reviews/1/helpful").header("allow"), Some("PUT, OPTIONS"));
    assert_eq!(shop.get("/reviews/1").status, 404);
}

/// Many writers of one product at once: the maintained counts must be those of a recount.
#[test]
fn counts_stay_those_of_the_rows_under_concurrent_writes() {
    let database = fixture::database();
    let shop = Shop::with(&database, &["--workers", "2"]);
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let shop = &shop;
            scope.spawn(move || {
                for round in 0..10 {
                    let rating = 1 + (writer + round) % 5;
                    let body = review_with("characteristics", json!({"1": rating}))
                        .replace("\"rating\":3", &format!("\"rating\":{rating}"));
                    assert_eq!(shop.post("/reviews", &body).status, 201);
                }
            });
        }
    });
    let mut recount = String::from("select rating_1 + rating_2 = 2 + 64");
    for rating in 1..=5 {
        let _ = write!(
            recount,
            " and rating_{rating} = \
             (select count(*) from reviews where product_id = 1 and rating = {rating})"
        );
    }
    recount.push_str(
        " and characteristic_sums[1] = (select sum(value) from characteristic_reviews \
             where characteristic_id = 1) \
         and characteristic_counts = array[163, 0] from review_meta where product_id = 1",
    );
    assert_eq!(database.value(&recount).as_deref(), Some("t"));
    assert_eq!(database.value("select count(*) from reviews").as_deref(), Some("165"));
}

/// However many ask for the same product at the same time, and so share a statement: who was told
/// that a review is saved finds it in whatever they ask next, on any connection.
#[test]
fn whoever_was_told_that_a_review_is_saved_finds_it_in_the_next_read() {
    let database = fixture::database();
    let shop = Shop::with(&database, &["--workers", "1"]);
    let total = || {
        let meta = shop.get("/reviews/meta?product_id=1").json();
        let ratings = meta["ratings"].as_object().unwrap().values();
        ratings.map(|count| count.as_str().unwrap().parse::<u64>().unwrap()).sum::<u64>()
    };
    let written = AtomicU64::new(total());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (shop, total, written) = (&shop, &total, &written);
                scope.spawn(move || {
                    for round in 0..12 {
                        let summary = format!("{writer}-{round}");
                        let body = review_with("summary", json!(summary));
                        assert_eq!(shop.post("/reviews", &body).status, 201);
                        let at_least = written.fetch_add(1, Ordering::SeqCst) + 1;
                        assert!(total() >= at_least, "meta is older than a review");
                        let path = "/reviews?product_id=1&sort=newest&count=100";
                        let list = shop.get(path).body;
                        assert!(list.contains(&summary), "{summary} is not in {list}");
                    }
                })
            })
            .collect();
        for _ in 0..8 {
            scope.spawn(|| {
                let mut seen = 0;
                while !stop.load(Ordering::Relaxed) {
                    let now = total();
                    assert!(now >= seen, "{now} reviews after {seen}");
                    seen = now;
                }
            });
        }
        let outcomes: Vec<_> =
            writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        stop.store(true, Ordering::Relaxed);
        assert!(outcomes.iter().all(Result::is_ok));
    });
    let asked = |name| {
        let metrics = shop.metrics();
        let samples =
            metrics.lines().filter_map(|line| line.strip_prefix(name)?.rsplit(' ').next());
        samples.map(|value| value.parse::<u64>().unwrap()).sum::<u64>()
    };
    let (requests, keys) = (
        asked("atelier_pipeline_requests_total{class=\"reads\""),
        asked("atelier_pipeline_keys_total{class=\"reads\""),
    );
    assert!(keys < requests, "{keys} keys were asked for {requests} requests: none was shared");
}

#[test]
fn an_import_leaves_room_for_the_ids_of_new_reviews() {
    let database = fixture::database();
    let last = "2147483647,1,5,1596080481467,\"last\",\"b\",true,false,\"n\",\"e\",null,8";
    let report = fixture::import_with(&database, "reviews.csv", &format!("{REVIEWS}\n{last}"));
    assert_eq!(report.files.iter().map(|file| file.rejected).sum::<u64>(), 2, "{report}");
    assert_eq!(Shop::of(&database).post("/reviews", &review()).status, 201);
}
