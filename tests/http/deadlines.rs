//! Who is too slow: told so where a request has begun, else just closed.

use super::{META, Served, get, post, review};
use crate::common::Raw;
use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

/// Deadlines that are short, and far enough apart to tell which of them it was.
const SHORT: Duration = Duration::from_millis(400);
const LONG: &str = "30000";

fn served_with_short(flag: &str) -> Served<'static> {
    let flags = ["head", "body", "idle", "write"].map(|name| format!("--{name}-deadline-ms"));
    let short = SHORT.as_millis().to_string();
    let mut arguments = Vec::new();
    for name in &flags {
        arguments.extend([name.as_str(), if name.contains(flag) { &short } else { LONG }]);
    }
    Served::with(&arguments)
}

/// Waits for the end of the connection, sending `trickle` two bytes at a time meanwhile; what
/// came, and that it came neither before its time nor long after.
fn end_of(mut raw: Raw, trickle: &str) -> String {
    let begun = Instant::now();
    let mut sender = raw.socket.try_clone().unwrap();
    let text = std::thread::scope(|scope| {
        scope.spawn(move || {
            for piece in trickle.as_bytes().chunks(2) {
                if sender.write_all(piece).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        raw.rest()
    });
    // The server may have begun to wait a little before we did.
    let waited = begun.elapsed();
    assert!(waited > SHORT - Duration::from_millis(50), "ended after {waited:?}");
    assert!(waited < Duration::from_secs(10), "ended after {waited:?}");
    text
}

#[test]
fn a_head_must_arrive_in_time_however_it_trickles() {
    let served = served_with_short("head");
    let mut raw = served.connect();
    raw.send("GET / HT");
    assert!(end_of(raw, "").starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    // Bytes that keep coming do not buy time: this trickle lasts three seconds.
    let mut raw = served.connect();
    raw.send(get(META)).reply();
    raw.send("GET /");
    let text = end_of(raw, &"x".repeat(300));
    assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("\r\nConnection: close\r\n"));
}

#[test]
fn a_new_connection_must_begin_in_time() {
    let served = served_with_short("head");
    assert_eq!(end_of(served.connect(), ""), "");
    // Empty lines do not buy time either.
    assert_eq!(end_of(served.connect(), &"\r\n".repeat(150)), "");
}

#[test]
fn a_body_must_arrive_in_time_however_it_trickles() {
    let served = served_with_short("body");
    let request = post("/reviews", &review("slow"));
    let mut raw = served.connect();
    raw.send(&request[..request.len() - 3]);
    assert!(end_of(raw, "").starts_with("HTTP/1.1 408 "));
    let mut raw = served.connect();
    raw.send("POST /reviews HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert!(end_of(raw, &"1\r\n \r\n".repeat(50)).starts_with("HTTP/1.1 408 "));
    assert_eq!(served.reviews_of("slow"), "0");
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let served = served_with_short("idle");
    let mut raw = served.connect();
    raw.send(get(META)).reply();
    assert_eq!(end_of(raw, ""), "");
    let mut raw = served.connect();
    raw.send(get(META)).reply();
    assert_eq!(end_of(raw, &"\r\n".repeat(150)), "");
}

#[test]
fn a_connection_in_use_outlives_every_deadline() {
    let served = Served::with(&["--idle-deadline-ms", "400", "--head-deadline-ms", "400"]);
    let mut raw = served.connect();
    for _ in 0..6 {
        assert_eq!(raw.send(get(META)).reply().status, 200);
        std::thread::sleep(Duration::from_millis(150));
    }
}

#[test]
fn who_does_not_read_is_dropped() {
    let served = served_with_short("write");
    let mut raw = served.connect();
    raw.socket.set_nonblocking(true).unwrap();
    let requests = get(META).repeat(1000);
    let begun = Instant::now();
    // Sends for as long as the server takes it; then it drops us with replies unread.
    loop {
        match raw.socket.write(requests.as_bytes()) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(_) => break,
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "still not dropped");
    }
    crate::common::wait_until("the connection is gone", || {
        served.metric("atelier_connections") == 0
    });
    assert_eq!(served.metric("atelier_timeouts_total"), 1);
    super::assert_serves(served.shop.address);
}

#[test]
fn who_reads_slowly_but_reads_gets_everything() {
    let served = served_with_short("write");
    let mut raw = served.connect();
    let count = 4000;
    let mut sender = raw.socket.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || sender.write_all(get(META).repeat(count).as_bytes()).unwrap());
        // Longer than the deadline in all, with no pause as long as it.
        for done in 0..count {
            if done % 500 == 0 {
                std::thread::sleep(SHORT / 4);
            }
            assert_eq!(raw.reply().status, 200);
        }
    });
}
