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

    pub fn get(&mut self, path: &str) -> Response {
        self.raw.send(request("GET", path, "", None)).reply()
    }

    /// Asks for all of them before the first reply is read, and compares.
    pub fn read(&mut self, all: &[Expected]) {
        let get = |it: &Expected| request("GET", &it.path, it.authorization, None);
        self.raw.send(all.iter().map(get).collect::<String>());
        for expected in all {
            let reply = self.raw.reply();
            self.compare("GET", expected, "", &reply);
        }
    }

    /// Writes, and compares.
    pub fn write(&mut self, method: &str, expected: &Expected, body: Option<&str>) {
        let request = request(method, &expected.path, expected.authorization, body);
        let reply = self.raw.send(request).reply_to(method);
        self.compare(method, expected, body.unwrap_or_default(), &reply);
    }

    pub fn compare_body(&self, place: &str, served: &str, expected: &str) {
        let seed = self.seed;
        assert!(served == expected, "seed {seed}: {place}\n{}", difference(served, expected));
    }

    fn compare(&self, method: &str, expected: &Expected, sent: &str, reply: &Response) {
        let Expected { path, status, body, .. } = expected;
        let place = format!("seed {}: {method} {path} {sent}", self.seed);
        assert_eq!(reply.status, *status, "{place}\n{}", reply.body);
        if let Some(body) = body {
            self.compare_body(&format!("{method} {path} {sent}"), &reply.body, body);
        }
        let kind = (*status == 200).then_some("application/json; charset=utf-8");
        assert!(kind.is_none() || reply.header("content-type") == kind, "{place}");
    }
}

/// Where two bodies part, each with a little before that and behind it.
fn difference(served: &str, expected: &str) -> String {
    let equal = served.chars().zip(expected.chars()).take_while(|(one, other)| one == other);
    let from = equal.count().saturating_sub(100);
    let part = |body: &str| body.chars().skip(from).take(300).collect::<String>();
    format!("served:   …{}\nexpected: …{}", part(served), part(expected))
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
