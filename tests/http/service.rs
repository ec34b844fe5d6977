//! The edge in this very process, with services that the shop does not have: those that panic,
//! say nothing, or say very much.

use super::get;
use crate::common::Raw;
use atelier::http::{ContentType, Limits, Reply, Request, Server, Service, Status};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

const LARGE: usize = 8 << 20;

struct Odd;

impl Service for Odd {
    fn call(&self, request: &Request<'_>, reply: &mut Reply) {
        match request.path {
            "/panic" => panic!("on purpose"),
            "/half" => {
                reply.begin(Status::OK, ContentType::Json);
                reply.body().extend_from_slice(b"{\"half\":");
                panic!("on purpose");
            }
            "/cut" => reply.body().clear(),
            "/nothing" => {}
            "/large" => {
                reply.begin(Status::OK, ContentType::Text);
                let length = reply.body().len();
                reply.body().resize(length + LARGE, b'x');
            }
            path => reply.text(Status::OK, path),
        }
    }
}

/// The address of a server that lives as long as the tests.
fn odd() -> (SocketAddr, &'static Server) {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        atelier::worker::configure_runtime(1);
        let limits = Limits {
            connections_max: 100,
            head_bytes_max: 16 << 10,
            body_bytes_max: 64 << 10,
            unsent_bytes_max: 64 << 20,
            grown_bytes_max: 64 << 20,
            head_deadline: Duration::from_secs(60),
            body_deadline: Duration::from_secs(60),
            idle_deadline: Duration::from_secs(60),
            write_deadline: Duration::from_secs(60),
            error_text: "sorry",
        };
        let listener = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Server::start(listener, limits, "X-Common: 1\r\n", || Rc::new(Odd)).unwrap()
    });
    (server.address(), server)
}

#[test]
fn a_panic_is_a_500_and_the_end_of_its_connection_only() {
    let (address, server) = odd();
    let mut other = Raw::connect(address);
    assert_eq!(other.send(get("/a")).reply().body, "/a");
    for path in ["/panic", "/half"] {
        let before = server.counters().panics.load(std::sync::atomic::Ordering::Relaxed);
        let mut raw = Raw::connect(address);
        raw.send(get("/before") + &get(path) + &get("/behind"));
        assert_eq!(raw.reply().body, "/before");
        let reply = raw.reply();
        assert_eq!((reply.status, reply.body.as_str()), (500, "sorry"));
        assert_eq!(reply.header("connection"), Some("close"));
        assert_eq!(reply.header("x-common"), Some("1"));
        assert_eq!(raw.rest(), "");
        let after = server.counters().panics.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(after, before + 1);
    }
    assert_eq!(other.send(get("/b")).reply().body, "/b");
}

#[test]
fn no_reply_is_a_500() {
    let mut raw = Raw::connect(odd().0);
    assert_eq!(raw.send(get("/nothing") + &get("/next")).reply().status, 500);
    assert_eq!(raw.reply().body, "/next");
}

#[test]
fn a_service_that_loses_earlier_replies_ends_the_connection() {
    // Were it answered, the client would take the reply for that to its first request.
    let mut raw = Raw::connect(odd().0);
    assert_eq!(raw.send(get("/before") + &get("/cut") + &get("/behind")).rest(), "");
}

#[test]
fn a_large_reply_arrives_whole_at_a_slow_reader() {
    let mut raw = Raw::connect(odd().0);
    raw.send(get("/large") + &get("/next"));
    std::thread::sleep(Duration::from_millis(100));
    let reply = raw.reply();
    assert_eq!((reply.status, reply.body.len()), (200, LARGE));
    assert!(reply.body.bytes().all(|byte| byte == b'x'));
    assert_eq!(raw.reply().body, "/next");
}
