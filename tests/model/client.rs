//! One connection on which all of a set's requests are asked.

use crate::common::{Raw, Response, Shop};
use std::fmt::Write;

pub struct Client {
    raw: Raw,
    /// Of the set that is asked about; every failure names it.
    pub seed: u64,
}

/// A request, and what the model says of its reply.
pub struct Expected {
    pub path: String,
    pub authorization: &'static str,
    pub status: u16,
    /// Nothing where the contract has no sentence for it.
    pub body: Option<String>,
}

impl Expected {
    pub fn new(path: String, status: u16, body: Option<String>) -> Self {
        Self { path, authorization: "", status, body }
    }
}

impl Client {
    pub fn of(shop: &Shop<'_>, seed: u64) -> Self {
        Self { raw: Raw::connect(shop.address), seed }
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        authorization: &str,
        body: Option<&str>,
    ) -> Response {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: shop\r\n");
        if !authorization.is_empty() {
            let _ = write!(request, "Authorization: {authorization}\r\n");
        }
        if let Some(body) = body {
            let length = body.len();
            let _ = write!(request, "Content-Type: application/json\r\nContent-Length: {length}");
            let _ = write!(request, "\r\n\r\n{body}");
        } else {
            request.push_str("\r\n");
        }
        self.raw.send(request).reply_to(method)
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, "", None)
    }

    /// Asks, and compares.
    pub fn expect(&mut self, method: &str, expected: &Expected, body: Option<&str>) {
        let Expected { path, authorization, status, body: expected } = expected;
        let reply = self.send(method, path, authorization, body);
        let place = format!("seed {}: {method} {path} {}", self.seed, body.unwrap_or_default());
        assert_eq!(reply.status, *status, "{place}\n{}", reply.body);
        if let Some(expected) = expected {
            assert_eq!(reply.body, *expected, "{place}");
        }
        let kind = (*status == 200).then_some("application/json; charset=utf-8");
        assert!(kind.is_none() || reply.header("content-type") == kind, "{place}");
    }
}
