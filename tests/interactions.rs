//! Interactions over HTTP, and that they are kept.

use crate::common::{Shop, fixture};
use serde_json::json;

#[test]
fn interactions_are_kept_as_they_were_sent_and_outlast_an_import() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (time, stored) in [
        (json!("2022-03-01T00:00:00Z"), "2022-03-01T00:00:00Z"),
        (json!("7753.4000000003725"), "7753.4000000003725"),
        (json!(1_650_000_000_123_i64), "1650000000123"),
    ] {
        let body = json!({"element": "div.a \"b\"", "widget": "Reviews", "time": time, "x": 1});
        let reply = shop.post("/interactions/", &body.to_string());
        assert_eq!((reply.status, &*reply.body), (201, "Created"), "{time}");
        let last = "select time from atelier_log.interactions order by interaction_id desc limit 1";
        assert_eq!(database.value(last).as_deref(), Some(stored));
    }
    for body in [
        "{}".to_owned(),
        json!({"element": "a", "module": "Reviews", "time": "1"}).to_string(),
        json!({"element": "a", "widget": "", "time": "1"}).to_string(),
        json!({"element": "a", "widget": "b", "time": ""}).to_string(),
        json!({"element": "a", "widget": "b", "time": null}).to_string(),
    ] {
        let reply = shop.post("/interactions", &body);
        let expected = (422, "Error: Interaction body contains invalid entries");
        assert_eq!((reply.status, &*reply.body), expected, "{body}");
    }
    fixture::import_with(&database, "", "");
    let recent = "select count(*) from atelier_log.interactions \
                  where widget = 'Reviews' and now() - received_at < interval '1 minute'";
    assert_eq!(database.value(recent).as_deref(), Some("3"));
    let body = json!({"element": "a", "widget": "b", "time": 1}).to_string();
    assert_eq!(shop.post("/interactions", &body).status, 201);
}
