//! openapi.yaml and the code agree, both ways: the same paths, methods and names here; the same
//! replies in `replies`.

mod document;
mod replies;

use atelier::campus;
use atelier::http::{ContentType, Method};
use atelier::pages::PAGES;
use atelier::route::{NAMES, Route, route};
use document::{Document, Operation};
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [(&str, Method); 7] = [
    ("get", Method::Get),
    ("head", Method::Head),
    ("post", Method::Post),
    ("put", Method::Put),
    ("delete", Method::Delete),
    ("options", Method::Options),
    ("patch", Method::Other),
];

/// What is answered at no path of its own.
const NAMES_WITHOUT_PATH: [&str; 2] = ["wrong_method", "unknown"];

/// Objects of replies that leave out what is zero or not there.
const OPTIONAL_KEYS: [&str; 3] = ["ratings", "recommended", "skus"];

fn method_of(operation: &Operation) -> Method {
    let known = METHODS.iter().find(|(name, _)| *name == operation.method);
    known.unwrap_or_else(|| panic!("{}: no such method", operation.method)).1
}

/// Values of a JSON array of strings.
fn texts(array: &Value) -> BTreeSet<&str> {
    array.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn every_operation_is_a_route_of_its_name() {
    let document = Document::read();
    for operation in document.operations() {
        let path = operation.sample_path();
        for path in [path.clone(), path + "/"] {
            // A page's paths have a slash already where they are the root.
            if path == "//" {
                continue;
            }
            match route(method_of(&operation), &path) {
                Route::Page(page) => {
                    assert_eq!(page.path, operation.path);
                    assert!(!NAMES.contains(&&*operation.id), "{}", operation.id);
                }
                found => assert_eq!(NAMES[found.index()], operation.id, "{path}"),
            }
        }
    }
}

#[test]
fn every_route_is_an_operation() {
    let document = Document::read();
    let operations = document.operations();
    let ids: BTreeSet<&str> = operations.iter().map(|operation| &*operation.id).collect();
    assert_eq!(ids.len(), operations.len(), "two operations have one name");
    let not_named = |name: &&&str| **name != "page" && !NAMES_WITHOUT_PATH.contains(*name);
    for name in NAMES.iter().filter(not_named) {
        assert!(ids.contains(name), "openapi.yaml has no {name}");
    }
}

/// Scripts and styles are loaded by the pages that people open, and by nobody else: what their
/// paths are is between the two.
#[test]
fn every_page_that_people_open_is_an_operation_and_what_it_loads_is_none() {
    let document = Document::read();
    for page in &PAGES {
        let opened = matches!(page.content_type, ContentType::Html | ContentType::Json);
        let documented = document.value["paths"].get(page.path).is_some();
        assert_eq!(documented, opened, "{}", page.path);
    }
}

#[test]
fn what_a_path_does_not_have_is_refused_with_what_it_has() {
    let document = Document::read();
    let operations = document.operations();
    for operation in &operations {
        let mut documented: BTreeSet<String> = operations
            .iter()
            .filter(|other| other.path == operation.path)
            .map(|other| other.method.to_uppercase())
            .collect();
        if documented.contains("GET") {
            documented.insert("HEAD".to_owned());
        }
        documented.insert("OPTIONS".to_owned());
        for (name, method) in METHODS {
            if documented.contains(&name.to_uppercase()) {
                continue;
            }
            let path = operation.sample_path();
            let Route::WrongMethod(allow) = route(method, &path) else {
                panic!("{name} {path} is not in openapi.yaml");
            };
            let allowed: BTreeSet<String> = allow.split(", ").map(str::to_owned).collect();
            assert_eq!(allowed, documented, "{path}");
            let wrong = document.at("/components/responses/MethodWrong/headers/Allow/schema");
            assert!(texts(&wrong["enum"]).contains(allow), "{allow}");
        }
    }
}

#[test]
fn both_servers_are_served() {
    let document = Document::read();
    let servers = document.value["servers"].as_array().unwrap();
    assert_eq!(servers[0]["url"], "/");
    let prefix = servers[1]["url"].as_str().unwrap();
    let name = servers[1]["variables"]["campus"]["default"].as_str().unwrap();
    let path = format!("{}/products", prefix.replace("{campus}", name));
    assert_eq!(campus::split(&path), (Some(name), "/products"));
    let longest = document.at("/components/schemas/Product/properties/campus/maxLength");
    assert_eq!(longest.as_u64(), u64::try_from(campus::NAME_BYTES_MAX).ok());
}

#[test]
fn every_example_is_what_its_schema_says() {
    let document = Document::read();
    let mut tried = 0;
    document.each_example(|place, schema, example| {
        document.validate(schema, example).unwrap_or_else(|error| panic!("{place}: {error}"));
        tried += 1;
    });
    assert!(tried > 250, "{tried} examples");
}

/// So that a reply with one more key, or one less, is none that its schema allows.
#[test]
fn schemas_of_replies_leave_no_key_open() {
    let document = Document::read();
    for (name, schema) in document.at("/components/schemas").as_object().unwrap() {
        if !name.starts_with("New") {
            assert_closed(name, schema);
        }
    }
}

fn assert_closed(name: &str, schema: &Value) {
    if let Some(items) = schema.get("items") {
        assert_closed(name, items);
    }
    if schema["type"] != "object" {
        return;
    }
    assert!(schema.get("additionalProperties").is_some_and(|it| *it != true), "{name} is open");
    let Some(properties) = schema["properties"].as_object() else { return };
    for (key, value) in properties {
        assert_closed(key, value);
    }
    if !OPTIONAL_KEYS.contains(&name) {
        let keys: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(texts(&schema["required"]), keys, "{name} has keys that may be missing");
    }
}

/// Sentences that the server answers with, as they stand in its source.
fn sentences() -> BTreeSet<String> {
    let sources = ["src", "src/http"].map(|folder| std::fs::read_dir(folder).unwrap());
    let mut found = BTreeSet::new();
    for path in sources.into_iter().flatten().map(|entry| entry.unwrap().path()) {
        let is_edge = ["refusal.rs", "head.rs"].iter().any(|name| path.ends_with(name));
        let text = if path.is_dir() { continue } else { std::fs::read_to_string(&path).unwrap() };
        let code: Vec<&str> = text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let code = code.join("\n");
        let literals = code.split('"').skip(1).step_by(2);
        let replies = literals.filter(|text| {
            text.starts_with("Error: ")
                || (is_edge && text.ends_with('.') && text.starts_with(char::is_uppercase))
        });
        found.extend(replies.map(str::to_owned));
    }
    found.insert(atelier::error::INTERNAL_TEXT.to_owned());
    found
}

#[test]
fn every_sentence_of_the_server_is_written_down_and_no_other() {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("const").and_then(Value::as_str).map(str::to_owned));
                let listed = object.get("enum").and_then(Value::as_array).into_iter().flatten();
                found.extend(listed.filter_map(Value::as_str).map(str::to_owned));
                object.values().for_each(|value| walk(value, found));
            }
            Value::Array(array) => array.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut written = BTreeSet::new();
    walk(&Document::read().value, &mut written);
    written.retain(|text| text.starts_with("Error: ") || text.ends_with('.'));
    let said = sentences();
    assert!(said.len() > 25, "{said:?}");
    assert_eq!(written, said);
}
