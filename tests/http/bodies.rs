//! Bodies: however they come they are read to their end and never beyond, and what is no whole
//! body does nothing.

use super::{META, get, post, review, shared};
use crate::common::wait_until;
use std::io::Write;
use std::time::Duration;

/// `body` as chunks of `size` bytes.
fn chunked(path: &str, body: &str, size: usize) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut bytes = head.into_bytes();
    for chunk in body.as_bytes().chunks(size) {
        write!(bytes, "{:x};extension=\"1\"\r\n", chunk.len()).unwrap();
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\nTrailer: ignored\r\n\r\n");
    bytes
}

#[test]
fn a_review_is_added_in_whatever_pieces_it_comes() {
    let served = shared();
    let request = post("/reviews", &review("pieces"));
    let head_end = request.find("\r\n\r\n").unwrap() + 4;
    let mut raw = served.connect();
    for split in [1, 10, head_end - 2, head_end, head_end + 10, request.len() - 1] {
        raw.send(&request[..split]);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(raw.send(&request[split..]).reply().status, 201);
    }
    for byte in request.bytes() {
        raw.send([byte]);
    }
    assert_eq!(raw.reply().status, 201);
    assert_eq!(served.reviews_of("pieces"), "7");
}

#[test]
fn chunks_are_a_body_and_what_follows_them_the_next_request() {
    let served = shared();
    let mut raw = served.connect();
    let body = review("chunks");
    for size in [1, 7, 1000] {
        let mut request = chunked("/reviews", &body, size);
        request.extend_from_slice(get(META).as_bytes());
        raw.send(&request);
        assert_eq!(raw.reply().status, 201);
        assert_eq!(raw.reply().status, 200);
        // And in small packets.
        for piece in request.chunks(50) {
            raw.send(piece);
        }
        assert_eq!(raw.reply().status, 201);
        assert_eq!(raw.reply().status, 200);
    }
    assert_eq!(served.reviews_of("chunks"), "6");
}

#[test]
fn a_body_of_64_kib_is_read_and_a_byte_more_is_too_large() {
    let served = shared();
    let padded = |length: usize, summary: &str| {
        let body = review(summary);
        " ".repeat(length - body.len()) + &body
    };
    let mut raw = served.connect();
    assert_eq!(raw.send(post("/reviews", &padded(64 << 10, "large"))).reply().status, 201);
    for size in [1, 4096] {
        // A byte a chunk is twenty times the body on the wire.
        let request = chunked("/reviews", &padded(64 << 10, "large"), size);
        assert_eq!(raw.send(request).reply().status, 201);
    }
    assert_eq!(served.reviews_of("large"), "3");
    assert_eq!(raw.send(post("/reviews", &padded(65_537, "larger"))).reply().status, 413);
    for size in [1, 4096, 65_537] {
        let mut raw = served.connect();
        let request = chunked("/reviews", &padded(65_537, "larger"), size);
        assert_eq!(raw.send(request).reply().status, 413);
    }
    assert_eq!(served.reviews_of("larger"), "0");
}

#[test]
fn a_client_still_sending_gets_the_reply_that_its_body_is_too_large() {
    let served = shared();
    let heads = ["Content-Length: 900000", "Transfer-Encoding: chunked"];
    for (head, start) in heads.into_iter().zip(["", "dbba0\r\n"]) {
        let mut raw = served.connect();
        raw.send(format!("POST /reviews HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{start}"));
        // Would be torn up by a reset, had the server closed without reading on.
        for _ in 0..90 {
            raw.send([b'x'; 10_000]);
        }
        let reply = raw.reply();
        assert_eq!((reply.status, reply.header("connection")), (413, Some("close")));
        assert_eq!(raw.end_sending().rest(), "");
    }
}

#[test]
fn a_body_that_nobody_reads_is_no_request() {
    let served = shared();
    let mut raw = served.connect();
    let hidden = "PUT /reviews/1/report HTTP/1.1\r\nHost: a\r\n\r\n";
    let reported = || served.database.value("select reported from reviews where review_id = 1");
    assert_eq!(reported().unwrap(), "f");
    for (line, status) in [
        ("POST /nothing", 404),
        ("PUT /reviews/0/helpful", 404),
        ("PUT /reviews/2/helpful", 204),
        ("GET /reviews/meta?product_id=1", 200),
        ("DELETE /reviews", 405),
        ("OPTIONS *", 204),
        ("BREW /pot", 404),
    ] {
        let length = hidden.len();
        let by_length =
            format!("{line} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{hidden}");
        let by_chunks = format!(
            "{line} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
             {length:X}\r\n{hidden}\r\n0\r\n\r\n"
        );
        raw.send(by_length + &by_chunks + &get("/the/next"));
        assert_eq!((raw.reply().status, raw.reply().status), (status, status), "{line}");
        assert_eq!(raw.reply().status, 404, "after {line}");
    }
    assert_eq!(reported().unwrap(), "f");
}

#[test]
fn a_body_cut_short_does_nothing() {
    let served = shared();
    let whole = post("/reviews", &review("cut"));
    let in_chunks = chunked("/reviews", &review("cut"), 50);
    // The last chunk is all there, the empty line behind it is not.
    let cuts = [&whole.as_bytes()[..whole.len() - 1], &in_chunks[..in_chunks.len() - 1]];
    for cut in cuts {
        assert_eq!(served.connect().send(cut).end_sending().rest(), "");
        served.connect().send(cut);
    }
    assert_eq!(served.reviews_of("cut"), "0");
}

#[test]
fn who_expects_100_continue_gets_it_before_the_body() {
    let served = shared();
    let mut raw = served.connect();
    let body = review("continue");
    let head = post("/reviews", &body).replacen("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", 1);
    let head = head.strip_suffix(&body).unwrap();
    assert_eq!(raw.send(get(META) + head).reply().status, 200);
    assert_eq!(raw.reply().status, 100);
    assert_eq!(raw.send(&body).reply().status, 201);
    // Who does not wait for it does not get it.
    assert_eq!(raw.send(format!("{head}{body}")).reply().status, 201);
    // Nor does HTTP/1.0, which does not know it.
    let old = head.replacen("HTTP/1.1", "HTTP/1.0", 1);
    let mut raw = served.connect();
    assert!(raw.send(old).is_silent_for(Duration::from_millis(50)));
    assert_eq!(raw.send(&body).reply().status, 201);
    assert_eq!(served.reviews_of("continue"), "3");
}

#[test]
fn who_expects_what_will_not_be_is_told_at_once() {
    let served = shared();
    for (headers, status) in [
        ("Content-Length: 70000\r\nExpect: 100-continue", 413),
        ("Content-Length: 5\r\nExpect: 200-ok", 417),
    ] {
        let mut raw = served.connect();
        raw.send(format!("POST /reviews HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n"));
        assert_eq!(raw.reply().status, status);
        assert_eq!(raw.rest(), "");
    }
}

#[test]
fn clients_that_leave_in_the_middle_leave_nothing_open() {
    let served = super::Served::with(&[]);
    let request = post("/reviews", &review("left"));
    for length in (0..request.len()).step_by(5) {
        served.connect().send(&request[..length]);
    }
    wait_until("all connections are closed", || served.metric("atelier_connections") == 0);
    assert_eq!(served.reviews_of("left"), "0");
}
