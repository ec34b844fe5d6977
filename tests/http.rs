//! The HTTP edge over raw sockets, against the real server: how requests are told apart, what each
//! is answered with, and when a connection ends.

mod bodies;
mod bounds;
mod deadlines;
mod malformed;
mod service;
mod stop;

use crate::common::{Database, Raw, Shop, cluster};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

const META: &str = "/reviews/meta?product_id=1";

/// A shop and its database.
struct Served<'d> {
    shop: Shop<'d>,
    database: &'d Database,
}

impl Served<'static> {
    /// A shop of its own, over the database that these tests share: they add reviews of various
    /// summaries, and change nothing else.
    fn with(arguments: &[&str]) -> Self {
        let database = shared_database();
        Self { shop: Shop::with(database, arguments), database }
    }
}

impl Served<'_> {
    fn connect(&self) -> Raw {
        Raw::connect(self.shop.address)
    }

    /// A count without labels that the admin port tells.
    fn metric(&self, name: &str) -> u64 {
        let metrics = self.shop.metrics();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in\n{metrics}")).parse().unwrap()
    }

    /// Reviews of that summary.
    fn reviews_of(&self, summary: &str) -> String {
        let sql = format!("select count(*) from reviews where summary = '{summary}'");
        self.database.value(&sql).unwrap()
    }
}

/// It ends with the tests' cluster.
fn shared_database() -> &'static Database {
    static DATABASE: OnceLock<Database> = OnceLock::new();
    DATABASE.get_or_init(|| cluster().sample())
}

/// The shop that tests without wishes share, for as long as one of them runs.
fn shared() -> Arc<Served<'static>> {
    static SHARED: Mutex<Weak<Served<'static>>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let served = Arc::new(Served::with(&[]));
        *shared = Arc::downgrade(&served);
        served
    })
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// The body of a review that is taken.
fn review(summary: &str) -> String {
    format!(
        r#"{{"product_id":1,"rating":5,"summary":"{summary}","body":"b","recommend":true,
        "name":"n","email":"e","photos":[],"characteristics":{{}}}}"#
    )
}

/// That a fresh connection to the server gets a right answer.
fn assert_serves(address: SocketAddr) {
    let reply = Raw::connect(address).send(get(META)).reply();
    assert_eq!((reply.status, &reply.json()["product_id"]), (200, &serde_json::json!("1")));
}

#[test]
fn a_reply_is_these_bytes() {
    let served = shared();
    let mut raw = served.connect();
    let text = raw.send(get("/nothing")).end_sending().rest();
    let (before, rest) = text.split_once("Date: ").unwrap();
    let (date, after) = rest.split_once("\r\n").unwrap();
    assert_eq!(before, "HTTP/1.1 404 Not Found\r\nAccess-Control-Allow-Origin: *\r\n");
    let age = httpdate::parse_http_date(date).unwrap().elapsed().unwrap();
    assert!(age < Duration::from_secs(5), "{date} is {age:?} old");
    assert_eq!(
        after,
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length:          9\r\n\r\nNot Found"
    );
}

#[test]
fn empty_lines_before_a_request_are_skipped() {
    let served = shared();
    let mut raw = served.connect();
    for before in ["\r\n", "\r\n\r\n\r\n", ""] {
        assert_eq!(raw.send(before).send(get(META)).reply().status, 200);
        assert_eq!(raw.send(format!("{before}{}", get(META))).reply().status, 200);
    }
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let served = shared();
    let mut raw = served.connect();
    for product in 1..=200 {
        let reply = raw.send(get(&format!("/reviews/meta?product_id={product}"))).reply();
        assert_eq!(reply.json()["product_id"], product.to_string());
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let served = shared();
    let mut raw = served.connect();
    let paths = |product: u32| format!("/reviews/meta?product_id={product}");
    raw.send((1..=500).map(|product| get(&paths(product))).collect::<String>());
    for product in 1..=500 {
        assert_eq!(raw.reply().json()["product_id"], product.to_string());
    }
}

#[test]
fn an_answer_does_not_wait_for_the_body_of_the_next_request() {
    let served = shared();
    let mut raw = served.connect();
    let post = post("/reviews", &review("delayed"));
    let (first, second) = post.split_at(post.len() - 7);
    raw.send(get(META) + first);
    assert_eq!(raw.reply().status, 200);
    assert_eq!(served.reviews_of("delayed"), "0");
    assert_eq!(raw.send(second).reply().status, 201);
    assert_eq!(served.reviews_of("delayed"), "1");
}

#[test]
fn head_has_the_length_of_get_and_no_body() {
    let served = shared();
    let mut raw = served.connect();
    for path in [META, "/reviews?product_id=2", "/reviews?product_id=x", "/nothing"] {
        let got = raw.send(get(path)).reply();
        let head = raw.send(get(path).replacen("GET", "HEAD", 1)).reply_to("HEAD");
        assert_eq!(head.status, got.status);
        assert_eq!(head.header("content-length"), got.header("content-length"));
        assert_eq!(head.header("content-type"), got.header("content-type"));
        assert_eq!(got.header("content-length").unwrap(), got.body.len().to_string());
    }
}

#[test]
fn options_is_answered_for_any_target() {
    let served = shared();
    let mut raw = served.connect();
    for target in ["*", "/reviews", "/nothing"] {
        let reply = raw.send(format!("OPTIONS {target} HTTP/1.1\r\nHost: a\r\n\r\n")).reply();
        assert_eq!(reply.status, 204);
        assert!(reply.header("access-control-allow-methods").unwrap().contains("PUT"));
        assert_eq!(reply.header("content-length"), None);
    }
    assert_eq!(raw.send(get(META)).reply().status, 200);
}

#[test]
fn http_1_0_is_closed_unless_it_asks_to_stay() {
    let served = shared();
    let mut raw = served.connect();
    let reply = raw.send(format!("GET {META} HTTP/1.0\r\n\r\n")).reply();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert_eq!(raw.rest(), "");

    let mut raw = served.connect();
    for _ in 0..2 {
        let staying = format!("GET {META} HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        let reply = raw.send(staying).reply();
        assert_eq!((reply.status, reply.header("connection")), (200, Some("keep-alive")));
    }
}

#[test]
fn connection_close_is_the_last_request() {
    let served = shared();
    let mut raw = served.connect();
    let last = format!("GET {META} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let reply = raw.send(get(META) + &last + &get("/not/asked")).reply();
    assert_eq!((reply.status, reply.header("connection")), (200, None));
    let reply = raw.reply();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert_eq!(raw.rest(), "");
}

#[test]
fn requests_before_a_half_close_are_answered_and_then_the_connection_ends() {
    let served = shared();
    // The requests and the end may arrive together, on a new connection and on one that waits.
    for used_before in [false, true] {
        for count in [1, 2, 50] {
            for _ in 0..5 {
                let mut raw = served.connect();
                if used_before {
                    raw.send(get(META)).reply();
                }
                raw.send(get(META).repeat(count)).end_sending();
                for _ in 0..count {
                    assert_eq!(raw.reply().status, 200);
                }
                // Well before the connection would be closed for being idle.
                assert_eq!(raw.rest(), "");
            }
        }
    }
}

#[test]
fn two_workers_answer_many_clients_each_with_its_own() {
    let served = Served::with(&["--workers", "2"]);
    let address = served.shop.address;
    let client = |number: usize| {
        for round in 0..4 {
            let mut raw = Raw::connect(address);
            for step in 0..5 {
                let product = 1 + (number * 97 + round * 31 + step * 7) % 1000;
                raw.send(get(&format!("/reviews/meta?product_id={product}")));
                raw.send(get(&format!("/reviews?product_id={product}&count=2")));
                assert_eq!(raw.reply().json()["product_id"], product.to_string());
                assert_eq!(raw.reply().json()["product"], product.to_string());
            }
        }
    };
    std::thread::scope(|scope| {
        for number in 0..64 {
            scope.spawn(move || client(number));
        }
    });
    assert_eq!(served.metric("atelier_connections_accepted_total"), 64 * 4);
}
