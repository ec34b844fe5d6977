//! The cart over HTTP, whose it is, and what is stored of that.

use crate::common::{Shop, fixture};

#[test]
fn a_cart_counts_what_was_put_into_it() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let reply = shop.get("/cart");
    assert_eq!((reply.status, &*reply.body), (200, "[]"));
    for body in [
        r#"{"sku_id":2}"#,
        r#"{"sku_id":"2","user_token":"17"}"#,
        r#"{"sku_id":1,"count":3}"#,
        r#"{"sku_id":1,"count":"4"}"#,
        r#"{"sku_id":4,"count":2147483647}"#,
        r#"{"sku_id":4}"#,
    ] {
        let reply = shop.post("/cart/", body);
        assert_eq!((reply.status, &*reply.body), (201, "Created"), "{body}");
    }
    let expected =
        r#"[{"sku_id":1,"count":"7"},{"sku_id":2,"count":"2"},{"sku_id":4,"count":"2147483647"}]"#;
    assert_eq!(shop.get("/cart").body, expected);
    assert_eq!(shop.get("/api/fec2/hr-lax/cart/").body, expected);
}

#[test]
fn a_cart_is_its_tokens_alone_and_the_token_is_not_stored() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    assert_eq!(shop.post_as("ghp_one", "/cart", r#"{"sku_id":1}"#).status, 201);
    assert_eq!(shop.post_as("ghp_two", "/cart", r#"{"sku_id":2}"#).status, 201);
    assert_eq!(shop.get_as("ghp_one", "/cart").body, r#"[{"sku_id":1,"count":"1"}]"#);
    assert_eq!(shop.get_as("ghp_two", "/cart").body, r#"[{"sku_id":2,"count":"1"}]"#);
    assert_eq!(shop.get_as("GHP_one", "/cart").body, "[]");
    assert_eq!(shop.get("/cart").body, "[]");
    let stored = "select string_agg(encode(session, 'hex') || encode(session, 'escape'), ',') \
                  || bool_and(session in (sha256('ghp_one'), sha256('ghp_two'))) from carts";
    let stored = database.value(stored).unwrap();
    assert!(stored.ends_with("true") && !stored.contains("ghp"), "{stored}");
}

#[test]
fn a_wrong_sku_is_refused() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for body in [
        "",
        "null",
        "{}",
        r#"{"sku_id":null}"#,
        r#"{"sku_id":"null"}"#,
        r#"{"sku_id":999}"#,
        r#"{"sku_id":-1}"#,
        r#"{"sku_id":1,"count":0}"#,
        r#"{"sku_id":1,"count":"many"}"#,
    ] {
        let reply = shop.post("/cart", body);
        let expected = (422, "Error: Cart body contains invalid entries");
        assert_eq!((reply.status, &*reply.body), expected, "{body}");
    }
    assert_eq!(shop.get("/cart").body, "[]");
}
