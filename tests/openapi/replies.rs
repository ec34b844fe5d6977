//! Replies of a running shop are what the document says.

use super::document::{Document, Operation};
use crate::common::{Raw, Response, Shop, cluster, exchange};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Headers that HTTP itself has any reply carry; the document says nothing of them.
const HTTP_HEADERS: [&str; 4] = ["connection", "content-length", "content-type", "date"];

/// Statuses that depend on what is asked, and on nothing else.
const STATUSES: [u16; 5] = [200, 201, 204, 404, 422];

/// For each operation a request for each of those statuses that it documents.
const REQUESTS: &[(&str, &str, &str, u16)] = &[
    ("product_list", "/products", "", 200),
    ("product", "/products/1", "", 200),
    ("product", "/products/999999999", "", 404),
    ("product_styles", "/products/1/styles", "", 200),
    ("product_styles", "/products/undefined/styles", "", 404),
    ("product_related", "/products/1/related", "", 200),
    ("product_related", "/products/x/related", "", 404),
    ("review_list", "/reviews?product_id=1&sort=newest", "", 200),
    ("review_list", "/reviews?product_id=5.55", "", 422),
    ("review_meta", "/reviews/meta?product_id=1", "", 200),
    ("review_meta", "/reviews/meta", "", 422),
    ("review_add", "/reviews", "EXAMPLE", 201),
    ("review_add", "/reviews", "{}", 422),
    ("preflight", "/reviews", "", 204),
    ("review_helpful", "/reviews/1/helpful", "", 204),
    ("review_helpful", "/reviews/999999999/helpful", "", 404),
    ("review_report", "/reviews/1/report", "{\"id\":7}", 204),
    ("review_report", "/reviews/x/report", "", 404),
    ("question_list", "/qa/questions?product_id=1", "", 200),
    ("question_list", "/qa/questions?product_id=null", "", 422),
    ("question_add", "/qa/questions", "EXAMPLE", 201),
    ("question_add", "/qa/questions", "null", 422),
    ("question_helpful", "/qa/questions/1/helpful", "null", 204),
    ("question_helpful", "/qa/questions/0/helpful", "", 404),
    ("question_report", "/qa/questions/2/report", "", 204),
    ("question_report", "/qa/questions/2147483648/report", "", 404),
    ("answer_list", "/qa/questions/1/answers", "", 200),
    ("answer_list", "/qa/questions/x/answers", "", 404),
    ("answer_add", "/qa/questions/1/answers", "EXAMPLE", 201),
    ("answer_add", "/qa/questions/999999999/answers", "EXAMPLE", 404),
    ("answer_add", "/qa/questions/1/answers", "", 422),
    ("answer_helpful", "/qa/answers/1/helpful", "", 204),
    ("answer_helpful", "/qa/answers/999999999/helpful", "", 404),
    ("answer_report", "/qa/answers/1/report", "", 204),
    ("answer_report", "/qa/answers/999999999/report", "", 404),
    ("cart_add", "/cart", "EXAMPLE", 201),
    ("cart_add", "/cart", "{\"sku_id\":999999999}", 422),
    ("cart_list", "/cart", "", 200),
    ("interaction_add", "/interactions", "EXAMPLE", 201),
    ("interaction_add", "/interactions", "[]", 422),
    ("page_home", "/", "", 200),
    ("page_docs", "/docs", "", 200),
    ("openapi", "/openapi.json", "", 200),
];

impl Document {
    fn operation(&self, id: &str) -> Operation {
        let found = self.operations().into_iter().find(|operation| operation.id == id);
        found.unwrap_or_else(|| panic!("openapi.yaml has no {id}"))
    }

    /// That a reply is what the response says: its kind, its body, its headers and no other.
    fn assert_allows(&self, response: &Value, reply: &Response) {
        let kind = reply.header("content-type").map(|kind| kind.split(';').next().unwrap());
        match response["content"].as_object() {
            Some(contents) => {
                let kind = kind.unwrap();
                let content = contents.get(kind).unwrap_or_else(|| panic!("{kind}: {reply:?}"));
                let body = match kind {
                    "application/json" => reply.json(),
                    _ => Value::String(reply.body.clone()),
                };
                let valid = self.validate(&content["schema"], &body);
                valid.unwrap_or_else(|error| panic!("{error}\n{reply:?}"));
            }
            None => assert_eq!((kind, &*reply.body), (None, ""), "{reply:?}"),
        }
        let headers = response["headers"].as_object().unwrap();
        for (name, header) in headers {
            let header = self.resolved(header);
            let Some(text) = reply.header(&name.to_lowercase()) else {
                assert_ne!(header["required"], true, "no {name}: {reply:?}");
                continue;
            };
            let is_number = header["schema"]["type"] == "integer";
            let value = if is_number { text.parse().unwrap() } else { json!(text) };
            self.validate(&header["schema"], &value).unwrap();
        }
        for (name, _) in &reply.headers {
            let documented = headers.keys().any(|known| known.eq_ignore_ascii_case(name));
            assert!(documented || HTTP_HEADERS.contains(&&**name), "{name} is not documented");
        }
    }

    /// Sends a request of an operation, and holds its reply to the document.
    fn try_on(&self, shop: &Shop<'_>, operation: &Operation, path: &str, body: &str) -> Response {
        let example = operation.value.pointer("/requestBody/content/application~1json");
        let example = example.map(|content| match content.get("example") {
            Some(example) => example.to_string(),
            None => content.pointer("/examples/number/value").unwrap().to_string(),
        });
        let body = match body {
            "" => None,
            "EXAMPLE" => example.as_deref(),
            body => Some(body),
        };
        let reply = exchange(shop.address, &operation.method.to_uppercase(), path, body);
        let response = self.response(operation, reply.status);
        let response = response.unwrap_or_else(|| panic!("{path}: undocumented {reply:?}"));
        self.assert_allows(response, &reply);
        reply
    }
}

#[test]
fn every_operation_answers_what_is_written_down() {
    let document = Document::read();
    let database = cluster().sample();
    let shop = Shop::of(&database);
    for &(id, path, body, status) in REQUESTS {
        let reply = document.try_on(&shop, &document.operation(id), path, body);
        assert_eq!(reply.status, status, "{id} {path} {body}: {reply:?}");
    }
    for operation in document.operations() {
        for status in STATUSES {
            let tried = REQUESTS.iter().any(|&(id, _, _, of)| (id, of) == (&operation.id, status));
            let documented = document.response(&operation, status).is_some();
            assert_eq!(tried, documented, "{} {status}", operation.id);
        }
    }
}

/// Rows of all kinds, with and without what hangs on them, so that no key of a schema is there
/// for nothing.
#[test]
fn every_product_of_the_sample_is_told_of_as_written_down() {
    let document = Document::read();
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let operations = [
        ("product", "/products/:id"),
        ("product_styles", "/products/:id/styles"),
        ("product_related", "/products/:id/related"),
        ("review_list", "/reviews?product_id=:id&count=1000"),
        ("review_meta", "/reviews/meta?product_id=:id"),
        ("question_list", "/qa/questions?product_id=:id&count=1000"),
        ("answer_list", "/qa/questions/:id/answers?page=1&count=1000"),
    ];
    let mut seen = BTreeSet::new();
    for (id, path) in operations {
        let operation = document.operation(id);
        for place in 1..=100 {
            let number = place.to_string();
            let path = path.replace(":id", &number);
            let reply = document.try_on(&shop, &operation, &path, "");
            assert_eq!(reply.status, 200, "{path}");
            keys_of(&reply.json(), id, &mut seen);
        }
        let campus = path.replace(":id", "40350");
        document.try_on(&shop, &operation, &format!("/api/fec2/hr-rfp{campus}"), "");
    }
    document.try_on(&shop, &document.operation("product_list"), "/products?count=1000", "");
    for (schema, ids) in [
        ("Product", "product"),
        ("Feature", "product.features"),
        ("Style", "product_styles.results"),
        ("StylePhoto", "product_styles.results.photos"),
        ("Sku", "product_styles.results.skus.#"),
        ("Sku", "product_styles.results.skus.null"),
        ("Review", "review_list.results"),
        ("Photo", "review_list.results.photos"),
        ("Characteristic", "review_meta.characteristics.Fit"),
        ("Question", "question_list.results"),
        ("AnswerOfQuestion", "question_list.results.answers.#"),
        ("Answer", "answer_list.results"),
        ("Photo", "answer_list.results.photos"),
    ] {
        let schema = document.at(&format!("/components/schemas/{schema}/properties"));
        for key in schema.as_object().unwrap().keys() {
            let key = format!("{ids}.{key}");
            assert!(seen.contains(&key), "the sample has no {key}");
        }
    }
    for photo in ["question_list.results.answers.#.photos=", "product_related="] {
        assert!(seen.contains(photo), "the sample has no {photo}");
    }
}

/// Paths of the keys in a value; ids are `#`, and what is in an array ends with `=` if it is no
/// object.
fn keys_of(value: &Value, place: &str, seen: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let is_id = key.bytes().all(|byte| byte.is_ascii_digit());
                let place = format!("{place}.{}", if is_id { "#" } else { key });
                keys_of(value, &place, seen);
                seen.insert(place);
            }
        }
        Value::Array(array) => {
            for value in array {
                keys_of(value, place, seen);
                if !value.is_object() {
                    seen.insert(format!("{place}="));
                }
            }
        }
        _ => {}
    }
}

#[test]
fn a_body_needs_what_is_required_and_nothing_else() {
    let document = Document::read();
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let mut tried = 0;
    for operation in document.operations().iter().filter(|it| it.method == "post") {
        let content = operation.value.pointer("/requestBody/content/application~1json").unwrap();
        let schema = document.resolved(&content["schema"]);
        let example = content.get("example").or(content.pointer("/examples/number/value"));
        let (path, example) = (operation.sample_path(), example.unwrap());
        for key in schema["properties"].as_object().unwrap().keys() {
            let mut body = example.clone();
            body.as_object_mut().unwrap().remove(key);
            let reply = document.try_on(&shop, operation, &path, &body.to_string());
            let required = schema["required"].as_array().unwrap().contains(&json!(key));
            assert_eq!(reply.status, if required { 422 } else { 201 }, "{path} without {key}");
            tried += 1;
        }
    }
    assert!(tried > 15);
}

#[test]
fn a_token_that_is_not_listed_is_answered_as_written_down() {
    let document = Document::read();
    let database = cluster().sample();
    let directory = tempfile::tempdir().unwrap();
    let tokens = directory.path().join("tokens");
    std::fs::write(&tokens, "listed").unwrap();
    let shop = Shop::with(&database, &["--tokens", tokens.to_str().unwrap()]);
    for operation in document.operations() {
        let reply = document.try_on(&shop, &operation, &operation.sample_path(), "");
        assert_eq!(reply.status, if operation.id == "preflight" { 204 } else { 401 });
    }
}

#[test]
fn what_no_operation_answers_is_written_down_as_well() {
    let document = Document::read();
    let database = cluster().sample();
    let shop = Shop::of(&database);
    for (method, path, response) in [
        ("GET", "/nothing", "PathUnknown"),
        ("DELETE", "/reviews", "MethodWrong"),
        ("GET", "/interactions", "MethodWrong"),
    ] {
        let reply = exchange(shop.address, method, path, None);
        document.assert_allows(document.at(&format!("/components/responses/{response}")), &reply);
    }
    let long = "x".repeat(17 << 10);
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("POST /cart HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n".to_owned(), 413),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 414),
        ("POST /cart HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n".to_owned(), 417),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"), 431),
        ("POST /cart HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n".to_owned(), 501),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n".to_owned(), 505),
    ] {
        let reply = Raw::connect(shop.address).send(request).reply();
        assert_eq!(reply.status, status);
        for operation in document.operations() {
            document.assert_allows(document.response(&operation, status).unwrap(), &reply);
        }
    }
}
