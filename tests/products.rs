//! Products over HTTP: whole replies against recorded shapes.

use crate::common::{Database, Shop, fixture};

/// When the import was, as replies say it.
fn imported_at(database: &Database) -> String {
    let sql = "select to_char(imported_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') \
               from about";
    database.value(sql).unwrap()
}

/// Products 1, 2 and 3 without the closing brace, `@` standing for the time of the import.
const PRODUCTS: [&str; 3] = [
    r#"{"id":1,"campus":"hr-rfp","name":"Camo Onesie","slogan":"Blend in to your crowd","description":"The So Fatigues will wake you up","category":"Jackets","default_price":"140.00","created_at":"@","updated_at":"@""#,
    r#"{"id":2,"campus":"hr-rfp","name":"Bright Future Sunglasses","slogan":"You've got to wear shades","description":"Where you're going","category":"Accessories","default_price":"69.00","created_at":"@","updated_at":"@""#,
    r#"{"id":3,"campus":"hr-rfp","name":"Morning Joggers","slogan":"Make yourself a morning person","description":"Whether","category":"Pants","default_price":"40.00","created_at":"@","updated_at":"@""#,
];

#[test]
fn the_list_is_the_recorded_one_page_by_page() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let at = imported_at(&database);
    let reply = shop.get("/products");
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    for (query, rows) in [
        ("", 0..3),
        ("?", 0..3),
        ("?page=1&count=100", 0..3),
        ("?count=2", 0..2),
        ("?count=2&page=2", 2..3),
        ("?count=2&page=3", 0..0),
        ("?count=1&page=3", 2..3),
        ("?page=0&count=0", 0..3),
        ("?page=x&count=-1&product_id=7", 0..3),
        ("?count=9007199254740991", 0..3),
        ("?count=9007199254740991&page=9007199254740991", 0..0),
    ] {
        let rows: Vec<_> = PRODUCTS[rows].iter().map(|row| format!("{row}}}")).collect();
        let expected = format!("[{}]", rows.join(",")).replace('@', &at);
        assert_eq!(shop.get(&format!("/products{query}")).body, expected, "{query}");
    }
}

#[test]
fn a_product_has_its_features_last() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let at = imported_at(&database);
    for (id, features) in [
        (1, r#"{"feature":"Fabric","value":"Canvas"},{"feature":"UV Protection","value":null}"#),
        (2, r#"{"feature":"Lenses","value":"Ultra"}"#),
        (3, ""),
    ] {
        let expected = format!("{},\"features\":[{features}]}}", PRODUCTS[id - 1]);
        let expected = expected.replace('@', &at);
        assert_eq!(shop.get(&format!("/products/{id}")).body, expected);
        assert_eq!(shop.get(&format!("/products/00{id}/?product_id={id}")).body, expected);
    }
}

#[test]
fn styles_have_string_prices_and_placeholders() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    assert_eq!(
        shop.get("/products/1/styles").body,
        r#"{"product_id":"1","results":[{"style_id":1,"name":"Forest Green & Black","original_price":"140.00","sale_price":null,"default?":true,"photos":[{"thumbnail_url":"https://images.example/1?w=300&q=80","url":"uhttps://images.example/1"},{"thumbnail_url":"https://images.example/2?w=300","url":"https://images.example/2?w=668"}],"skus":{"1":{"quantity":8,"size":"XS"},"2":{"quantity":16,"size":"S"},"3":{"quantity":15,"size":"XL"},"4":{"quantity":4,"size":"XL"}}},{"style_id":2,"name":"Desert \"Brown\" & Tan","original_price":"140.00","sale_price":"100.00","default?":false,"photos":[{"thumbnail_url":"https://images.example/3t","url":"https://images.example/3"}],"skus":{"null":{"quantity":null,"size":null}}}]}"#
    );
    assert_eq!(
        shop.get("/products/2/styles/").body,
        r#"{"product_id":"2","results":[{"style_id":3,"name":"Black Lenses","original_price":"69.00","sale_price":null,"default?":true,"photos":[{"thumbnail_url":null,"url":null}],"skus":{"null":{"quantity":null,"size":null}}}]}"#
    );
    assert_eq!(shop.get("/products/03/styles").body, r#"{"product_id":"03","results":[]}"#);
}

#[test]
fn related_products_are_in_row_order_with_duplicates_and_without_zeros() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    assert_eq!(shop.get("/products/1/related").body, "[2,3,2]");
    assert_eq!(shop.get("/products/2/related/").body, "[1]");
    assert_eq!(shop.get("/products/3/related").body, "[]");
}

#[test]
fn an_unknown_product_is_not_found_and_has_nothing() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for id in ["999", "0", "2147483648", "99999999999999999999"] {
        let reply = shop.get(&format!("/products/{id}"));
        assert_eq!((reply.status, &*reply.body), (404, "Error: no product has this id"), "{id}");
        let reply = shop.get(&format!("/products/{id}/styles"));
        let expected = format!(r#"{{"product_id":"{id}","results":[]}}"#);
        assert_eq!((reply.status, reply.body), (200, expected));
        let reply = shop.get(&format!("/products/{id}/related"));
        assert_eq!((reply.status, &*reply.body), (200, "[]"));
    }
    for id in ["undefined", "null", "NaN", "-1", "1.5", "1e3", "%31"] {
        for path in ["", "/styles", "/related"] {
            let reply = shop.get(&format!("/products/{id}{path}"));
            assert_eq!(
                (reply.status, &*reply.body),
                (404, "Error: no product has this id"),
                "{id}"
            );
        }
    }
}

#[test]
fn ids_of_a_campus_are_its_products_and_the_reply_keeps_to_its_block() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let at = imported_at(&database);
    for (campus, id) in
        [("hr-rfp", 40_344), ("hr-rfc", 66_642), ("hratx", 11_001), ("x\"y", 71_697)]
    {
        let path = format!("/api/fec2/{campus}/products/{id}");
        let name = serde_json::json!(campus).to_string();
        let product = PRODUCTS[0].replace("\"hr-rfp\"", &name).replace('@', &at);
        let expected = product.replace("{\"id\":1,", &format!("{{\"id\":{id},"));
        let features =
            r#"{"feature":"Fabric","value":"Canvas"},{"feature":"UV Protection","value":null}"#;
        assert_eq!(shop.get(&path).body, format!("{expected},\"features\":[{features}]}}"));
        let related = [id + 1, id + 2, id + 1].map(|id: i32| id.to_string()).join(",");
        assert_eq!(shop.get(&format!("{path}/related/")).body, format!("[{related}]"));
        let styles = shop.get("/products/1/styles").body;
        let expected = styles.replace("\"product_id\":\"1\"", &format!("\"product_id\":\"{id}\""));
        assert_eq!(shop.get(&format!("{path}/styles")).body, expected);
    }
    // The data set's own ids are known there as well, and are answered as they were asked.
    assert_eq!(shop.get("/api/fec2/hr-rfp/products/1/related").body, "[2,3,2]");
    assert_eq!(shop.get("/products/40344").status, 404, "the root knows no blocks");
}

#[test]
fn the_list_of_a_campus_is_its_own_block() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let ids = |path: &str| -> Vec<i64> {
        let list = shop.get(path).json();
        list.as_array().unwrap().iter().map(|product| product["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids("/api/fec2/hr-rfp/products/"), [40_344, 40_345, 40_346]);
    assert_eq!(ids("/api/fec2/hr-rpp/products?count=2&page=2"), [71_699]);
    assert_eq!(ids("/api/fec2/somewhere/products?count=1"), [40_344]);
    assert_eq!(ids("/products"), [1, 2, 3]);
}

#[test]
fn a_server_of_one_campus_needs_no_prefix() {
    let database = fixture::database();
    let shop = Shop::with(&database, &["--campus", "hr-rpp"]);
    let product = shop.get("/products/40344").json();
    assert_eq!((&product["id"], &product["campus"]), (&40_344.into(), &"hr-rpp".into()));
    assert_eq!(shop.get("/products?count=1").json()[0]["id"], 71_697);
    assert_eq!(shop.get("/reviews/meta?product_id=71698").json()["ratings"]["3"], "1");
    assert_eq!(shop.get("/api/fec2/hr-rfe/products?count=1").json()[0]["id"], 37_311);
}

#[test]
fn every_resource_knows_the_ids_of_a_campus() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    for path in ["reviews", "reviews/meta", "qa/questions"] {
        let own = shop.get(&format!("/{path}?product_id=1")).body;
        let campus = shop.get(&format!("/api/fec2/hr-rfp/{path}/?product_id=40344")).body;
        assert_eq!(campus, own.replacen(":\"1\",", ":\"40344\",", 1), "{path}");
    }
    let question = r#"{"product_id":"40345","body":"b","name":"n","email":"e@x"}"#;
    assert_eq!(shop.post("/api/fec2/hr-rfp/qa/questions", question).status, 201);
    let asked = "select product_id from questions where body = 'b'";
    assert_eq!(database.value(asked).as_deref(), Some("2"));
    let review = r#"{"product_id":40345,"rating":5,"summary":"s","body":"b","recommend":true,"name":"n","email":"e","photos":[],"characteristics":{"3":5}}"#;
    assert_eq!(shop.post("/api/fec2/hr-rfp/reviews", review).status, 201);
    assert_eq!(shop.get("/reviews/meta?product_id=2").json()["ratings"]["5"], "1");
    assert_eq!(shop.post("/qa/questions", question).status, 422, "the root knows no blocks");
}

#[test]
fn products_after_a_gap_in_the_ids_stand_on_the_right_page() {
    let database = fixture::database();
    let rows = "id,name,slogan,description,category,default_price\n\
                9,\"c\",\"\",\"\",\"\",null\n2000,\"d\",\"\",\"\",\"\",1.5\n\
                1,\"a\",\"\",\"\",\"\",1\n\
                4,\"b\",\"\",\"\",\"\",\"$2,000\"";
    fixture::import_with(&database, "product.csv", rows);
    let shop = Shop::of(&database);
    let page = |path: &str| {
        let list = shop.get(path).json();
        let list = list.as_array().unwrap().iter();
        list.map(|one| (one["id"].to_string(), one["default_price"].to_string()))
            .collect::<Vec<_>>()
    };
    let pair = |id: &str, price: &str| (id.to_owned(), price.to_owned());
    assert_eq!(page("/products?count=2"), [pair("1", "\"1.00\""), pair("4", "\"2000.00\"")]);
    assert_eq!(page("/products?count=2&page=2"), [pair("9", "null"), pair("2000", "\"1.50\"")]);
    let campus = page("/api/fec2/hr-rfp/products?count=9");
    assert_eq!(campus.len(), 3, "2000 is in no campus: {campus:?}");
}
