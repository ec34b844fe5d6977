//! JSON appended to a reply's buffer: the parts that serde would find from types, by hand, because
//! much of a reply is stored as text that only needs to be put between them.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// What most replies fit into, so that they are allocated once.
const BODY_BYTES: usize = 4096;
const HEADERS: [(HeaderName, HeaderValue); 1] =
    [(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))];
/// 2022-02-19T00:00:00.000Z
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

pub struct Body(Vec<u8>);

impl Body {
    pub fn new() -> Self {
        Self(Vec::with_capacity(BODY_BYTES))
    }

    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub fn integer(&mut self, value: impl itoa::Integer) -> &mut Self {
        self.raw(itoa::Buffer::new().format(value))
    }

    pub fn boolean(&mut self, value: bool) -> &mut Self {
        self.raw(if value { "true" } else { "false" })
    }

    pub fn string(&mut self, text: &str) -> &mut Self {
        // Writing to a Vec cannot fail, nor can a string be no JSON.
        let _ = serde_json::to_writer(&mut self.0, text);
        self
    }

    pub fn string_or_null(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(text),
            None => self.raw("null"),
        }
    }

    pub fn date(&mut self, time: &Timestamp) -> &mut Self {
        self.raw("\"");
        let _ = PRINTER.print_timestamp(time, &mut self.0);
        self.raw("\"")
    }

    /// Items with commas between them.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, it) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            item(self, it);
        }
        self
    }
}

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        (HEADERS, self.0).into_response()
    }
}
