//! One connection on which all of a set's requests are asked.

use crate::common::{Raw, Response, Shop};
use std::fmt::Write;

pub struct Client {
    raw: Raw,
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
    pub fn of(shop: &Shop<'_>) -> Self {
        Self { raw: Raw::connect(shop.address) }
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.raw.send(request("GET", path, "", None)).reply()
    }

    /// Asks for all of them before the first reply is read, and compares.
    pub fn read(&mut self, all: &[Expected]) {
        let get = |it: &Expected| request("GET", &it.path, it.authorization, None);
        self.raw.send(all.iter().map(get).collect::<String>());
        for expected in all {
            let reply = self.raw.reply();
            Self::compare("GET", expected, "", &reply);
        }
    }

    /// Writes, and compares.
    pub fn write(&mut self, method: &str, expected: &Expected, body: Option<&str>) {
        let request = request(method, &expected.path, expected.authorization, body);
        let reply = self.raw.send(request).reply_to(method);
        Self::compare(method, expected, body.unwrap_or_default(), &reply);
    }

    fn compare(method: &str, expected: &Expected, sent: &str, reply: &Response) {
        let Expected { path, status, body, .. } = expected;
        let place = format!("{method} {path} {sent}");
        assert_eq!(reply.status, *status, "{place}\n{}", reply.body);
        if let Some(body) = body {
            assert_same(&place, &reply.body, body);
        }
        let kind = (*status == 200).then_some("application/json; charset=utf-8");
        assert!(kind.is_none() || reply.header("content-type") == kind, "{place}");
    }
}

/// Fails with what is around the place where two bodies part.
pub fn assert_same(place: &str, served: &str, expected: &str) {
    if served == expected {
        return;
    }
    let equal = served.chars().zip(expected.chars()).take_while(|(one, other)| one == other);
    let from = equal.count().saturating_sub(100);
    let part = |body: &str| body.chars().skip(from).take(300).collect::<String>();
    panic!("{place}\nserved:   …{}\nexpected: …{}", part(served), part(expected));
}

fn request(method: &str, path: &str, authorization: &str, body: Option<&str>) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: shop\r\n");
    if !authorization.is_empty() {
        let _ = write!(request, "Authorization: {authorization}\r\n");
    }
    if let Some(body) = body {
        let length = body.len();
        let _ = write!(request, "Content-Type: application/json\r\nContent-Length: {length}\r\n");
    }
    request + "\r\n" + body.unwrap_or_default()
}
