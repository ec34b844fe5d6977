//! The document as the binary carries it.

use atelier::pages;
use serde_json::{Map, Value};

/// openapi.yaml, turned into JSON by the build.
pub struct Document {
    pub value: Value,
}

/// A method of a path.
pub struct Operation {
    pub path: String,
    /// In lower case.
    pub method: String,
    pub id: String,
    pub value: Value,
}

impl Operation {
    /// Its path with an id in the place of each parameter.
    pub fn sample_path(&self) -> String {
        let mut path = self.path.clone();
        while let Some((start, end)) = path.find('{').zip(path.find('}')) {
            path.replace_range(start..=end, "7");
        }
        path
    }
}

impl Document {
    pub fn read() -> Self {
        let page = pages::find("/openapi.json").unwrap();
        Self { value: serde_json::from_slice(page.body).unwrap() }
    }

    pub fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, item) in self.value["paths"].as_object().unwrap() {
            for (method, value) in item.as_object().unwrap() {
                // Parameters of all methods stand beside them.
                if method != "parameters" {
                    let id = value["operationId"].as_str().unwrap().to_owned();
                    let (path, method) = (path.clone(), method.clone());
                    found.push(Operation { path, method, id, value: value.clone() });
                }
            }
        }
        assert!(found.len() > 20, "openapi.yaml is empty");
        found
    }

    /// What stands at a JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.value.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in openapi.yaml"))
    }

    /// What a reference refers to, or the value itself.
    pub fn resolved<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.at(reference.strip_prefix('#').unwrap()),
            None => value,
        }
    }

    /// The response of an operation that has that status.
    pub fn response<'d>(&'d self, operation: &'d Operation, status: u16) -> Option<&'d Value> {
        let response = operation.value["responses"].get(status.to_string())?;
        Some(self.resolved(response))
    }

    /// Whether a value is one that a schema of the document allows.
    pub fn validate(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let mut whole = schema.as_object().cloned().unwrap_or_else(Map::new);
        // Where its references lead.
        whole.insert("components".to_owned(), self.value["components"].clone());
        let validator = jsonschema::draft202012::new(&Value::Object(whole)).unwrap();
        match validator.iter_errors(value).next() {
            Some(error) => Err(format!("{error} (at {} of {value})", error.instance_path())),
            None => Ok(()),
        }
    }

    /// Calls `visit` with the place, the schema and the value of each example: of replies, of
    /// bodies and of parameters.
    pub fn each_example(&self, mut visit: impl FnMut(&str, &Value, &Value)) {
        let mut visit_all = |place: &str, holder: &Value| {
            let named = holder["examples"].as_object().into_iter().flatten();
            let values = named.map(|(_, example)| &example["value"]).chain(holder.get("example"));
            for value in values {
                visit(place, &holder["schema"], value);
            }
        };
        for operation in self.operations() {
            let id = &operation.id;
            let of_path = &self.value["paths"][&operation.path]["parameters"];
            for list in [of_path, &operation.value["parameters"]] {
                for parameter in list.as_array().into_iter().flatten() {
                    let parameter = self.resolved(parameter);
                    assert!(parameter.get("example").is_some(), "{id}: {parameter}");
                    visit_all(&format!("{id}, {}", parameter["name"]), parameter);
                }
            }
            if let Some(content) = operation.value.pointer("/requestBody/content/application~1json")
            {
                visit_all(&format!("{id}, body"), content);
            }
            for (status, response) in operation.value["responses"].as_object().unwrap() {
                let contents = self.resolved(response)["content"].as_object();
                for (kind, content) in contents.into_iter().flatten() {
                    // What people look at is no example, and the document not one of itself.
                    let shown = kind == "text/html" || id == "openapi" && status == "200";
                    let has = content.get("example").or(content.get("examples")).is_some();
                    assert!(has || shown, "{id} {status} has no example");
                    visit_all(&format!("{id} {status}"), content);
                }
            }
        }
    }
}
