//! The odd requests of real pages, as they were seen on the wire: none of them may break a page.

use crate::common::{Raw, Shop, cluster, exchange, fixture};

/// Requests of pages, and how they begin to be answered.
const GETS: [(&str, u16, &str); 27] = [
    ("/products/?page=1&count=5", 200, r#"[{"id":1,"#),
    ("/products/1/?product_id=1", 200, r#"{"id":1,"campus":"hr-rfp","name":"Camo Onesie""#),
    ("/products/1/styles/", 200, r#"{"product_id":"1","results":[{"style_id":1,"#),
    ("/products/1/related/", 200, "[2,3,2]"),
    ("/products/undefined", 404, "Error: no product has this id"),
    ("/products/undefined/styles", 404, "Error: no product has this id"),
    ("/products/undefined/related", 404, "Error: no product has this id"),
    ("/products?count=1500", 200, r#"[{"id":1,"#),
    ("/products/?count=1011&page=1", 200, r#"[{"id":1,"#),
    ("/reviews/?page=1&count=5&sort=newest&product_id=1", 200, r#"{"product":"1","page":0,"#),
    ("/reviews/?product_id=1&count=0", 200, r#"{"product":"1","page":0,"count":5,"#),
    ("/reviews?product_id=1&count=10000", 200, r#"{"product":"1","page":0,"count":10000,"#),
    ("/reviews?product_id=0", 200, r#"{"product":"0","page":0,"count":5,"results":[]}"#),
    ("/reviews?product_id=1&sort=relevance", 200, r#"{"product":"1","#),
    ("/reviews?product_id=1&sort=Relevant", 200, r#"{"product":"1","#),
    ("/reviews?product_id=1&sort=[object+HTMLSelectElement]", 200, r#"{"product":"1","#),
    ("/reviews?page=0&count=100&product_id=1", 200, r#"{"product":"1","page":0,"count":100,"#),
    ("/reviews/meta/?product_id=1", 200, r#"{"product_id":"1","ratings":{"#),
    ("/reviews/meta", 422, "Error: invalid product_id provided"),
    ("/reviews/meta/?product_id=undefined", 422, "Error: invalid product_id provided"),
    ("/qa/questions/?product_id=1&count=100", 200, r#"{"product_id":"1","results":[{"#),
    ("/qa/questions/1/answers/?count=30", 200, r#"{"question":"1","page":1,"count":"30","#),
    ("/qa/questions/1/answers?question_id=1", 200, r#"{"question":"1","page":1,"count":5,"#),
    ("/api/fec2/hr-rfp/products/40344", 200, r#"{"id":40344,"campus":"hr-rfp","#),
    (
        "/api/fec2/hrnyc/qa/questions/?product_id=11001",
        200,
        r#"{"product_id":"11001","results":[{"#,
    ),
    ("/cart/", 200, "[]"),
    ("/favicon.ico", 404, "Not Found"),
];

#[test]
fn what_pages_ask_is_answered() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (path, status, begin) in GETS {
        let reply = shop.get(path);
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.body.starts_with(begin), "{path}: {}", reply.body);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
        let preflight = exchange(shop.address, "OPTIONS", path, None);
        assert_eq!(preflight.status, 204, "{path}");
        let mut client = Raw::connect(shop.address);
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(client.reply_to("HEAD").status, status, "{path}");
    }
}

/// Ids that pages have written into them, and what they name: counted from the first id of their
/// block, as contract.md lists those.
const IDS: [(i32, i32); 16] = [
    (40_344, 40_344),
    (40_346, 40_344),
    (40_348, 40_344),
    (40_351, 40_344),
    (37_311, 37_311),
    (37_318, 37_311),
    (37_323, 37_311),
    (37_971, 37_311),
    (38_322, 38_322),
    (14_040, 14_034),
    (16_060, 16_056),
    (47_421, 47_421),
    (65_631, 65_631),
    (66_642, 66_642),
    (66_649, 66_642),
    (71_701, 71_697),
];

#[test]
fn pages_find_their_product_by_the_id_they_were_built_with() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    for (id, first) in IDS {
        let mut expected = shop.get(&format!("/products/{}", 1 + id - first)).json();
        expected["id"] = id.into();
        let product = shop.get(&format!("/api/fec2/hr-rfp/products/{id}/")).json();
        assert_eq!(product, expected, "{id}");
        let own = shop.get(&format!("/reviews/meta?product_id={}", 1 + id - first)).json();
        let meta = shop.get(&format!("/api/fec2/hr-rfp/reviews/meta?product_id={id}")).json();
        assert_eq!(meta["characteristics"], own["characteristics"], "{id}");
    }
}

#[test]
fn a_put_takes_any_body_or_none() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let mut put = 0;
    for path in ["/reviews/1/helpful", "/qa/questions/1/helpful", "/qa/answers/7/helpful/"] {
        for headers_and_body in [
            "\r\n",
            "Content-Length: 0\r\n\r\n",
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n",
            "Content-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"id\":7}",
            "Content-Type: application/json\r\nContent-Length: 4\r\n\r\nnull",
            "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"params\":{}}",
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{b",
        ] {
            let mut client = Raw::connect(shop.address);
            client.send(format!("PUT {path} HTTP/1.1\r\nHost: x\r\n{headers_and_body}"));
            let reply = client.reply_to("PUT");
            assert_eq!((reply.status, reply.header("content-length")), (204, None), "{path}");
            put += 1;
        }
    }
    let votes = "select (select helpfulness from reviews where review_id = 1) - 8 \
                 + (select helpfulness from questions where question_id = 1) - 1 \
                 + (select helpfulness from answers where answer_id = 7) - 1";
    assert_eq!(database.value(votes), Some(put.to_string()));
}

/// The original sent an `ETag` with its replies; browsers may still have it.
#[test]
fn an_etag_of_old_is_answered_with_the_reply_itself() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let mut client = Raw::connect(shop.address);
    client
        .send("GET /products/1/related HTTP/1.1\r\nHost: x\r\nIf-None-Match: W/\"7-abc\"\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.status, &*reply.body), (200, "[2,3,2]"));
}

#[test]
fn bodies_that_are_none_cost_little_and_are_told_so() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for (path, sentence) in [
        ("/reviews", "Error: Review body contains invalid entries"),
        ("/qa/questions", "Error: Question body contains invalid entries"),
        ("/qa/questions/1/answers", "Error: Answer body contains invalid entries"),
        ("/cart", "Error: Cart body contains invalid entries"),
        ("/interactions", "Error: Interaction body contains invalid entries"),
    ] {
        let deep = "[".repeat(60_000);
        let nested = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
        let long = format!("{{\"body\":\"{}\"}}", "x".repeat(60_000));
        // Taken for an object's values in order, this would be a body of each kind.
        let array = "[1,\"b\",\"n\",\"e@x\",[]]";
        for body in ["", "{", "\u{feff}{}", "product_id=1", "[1,2]", array, &deep, &nested, &long] {
            let reply = shop.post(path, body);
            assert_eq!((reply.status, &*reply.body), (422, sentence), "{path}");
        }
        let reply = shop.post(path, &"x".repeat((64 << 10) + 1));
        assert_eq!((reply.status, &*reply.body), (413, "The body is too large."), "{path}");
        assert_eq!(shop.put(path).status, 405);
    }
}
