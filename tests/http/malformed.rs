//! What is no request, or could be read as two different ones.

use super::{META, assert_serves, get, post, shared};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Sends `request` on a connection of its own: refused with `status`, then closed.
#[track_caller]
fn assert_refused(request: impl AsRef<[u8]>, status: u16) {
    let shown = String::from_utf8_lossy(request.as_ref()).into_owned();
    let served = shared();
    let mut raw = served.connect();
    let reply = raw.send(request).reply();
    assert_eq!(reply.status, status, "{shown:.200}\n{reply:?}");
    assert_eq!(reply.header("connection"), Some("close"), "{shown:.200}");
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{shown:.200}");
    assert_eq!(raw.rest(), "", "{shown:.200}");
}

fn with_headers(headers: &str) -> String {
    format!("GET {META} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")
}

#[test]
fn what_is_no_http_is_refused_and_closed() {
    assert_refused("how do you do\r\n\r\n", 400);
    assert_refused(b"\x00\x01\x02\xff\xfe\r\n\r\n", 400);
    // The start of a TLS handshake.
    assert_refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400);
    assert_refused("GET /\r\n\r\n", 400);
    assert_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    assert_refused("GET reviews HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    assert_refused("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    assert_refused("GET /re views HTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

#[test]
fn lines_end_with_both_characters() {
    for request in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
    ] {
        assert_refused(request, 400);
    }
    // Also when it comes in pieces, and without waiting for an end that never comes.
    let served = shared();
    let mut raw = served.connect();
    for byte in "GET / HTTP/1.1\nHost: a\n\n".bytes() {
        raw.send([byte]);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(raw.reply().status, 400);
}

#[test]
fn a_request_names_its_host_once() {
    assert_refused("GET / HTTP/1.1\r\n\r\n", 400);
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
}

#[test]
fn headers_are_names_and_values_on_one_line() {
    assert_refused(with_headers("X: a\r\n folded\r\n"), 400);
    assert_refused(with_headers("X : a\r\n"), 400);
    assert_refused(with_headers("X a\r\n"), 400);
    assert_refused(with_headers(": a\r\n"), 400);
    assert_refused(with_headers("X: a\0b\r\n"), 400);
}

#[test]
fn lengths_that_could_be_read_in_two_ways_are_refused() {
    let behind = "12345GET /not/asked HTTP/1.1\r\nHost: a\r\n\r\n";
    for headers in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 3\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: abc\r\n",
        "Content-Length: \r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    ] {
        assert_refused(with_headers(headers) + behind, 400);
    }
    assert_refused(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xff\r\n\r\n", 400);
    assert_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    for encoding in ["gzip, chunked", "chunked, chunked", "identity", "xchunked", ""] {
        let headers = format!("Transfer-Encoding: {encoding}\r\n");
        assert_refused(with_headers(&headers) + "0\r\n\r\n", 501);
    }
    for length in ["65537", "1000000000000", "18446744073709551621", "99999999999999999999999999"] {
        assert_refused(with_headers(&format!("Content-Length: {length}\r\n")), 413);
    }
}

#[test]
fn chunks_that_are_none_are_refused() {
    for body in ["x\r\n", "-1\r\n", "3\nabc\n", "3\r\nabcd\r\n", "3 3\r\nabc\r\n", "\r\n", ";\r\n"]
    {
        assert_refused(with_headers("Transfer-Encoding: chunked\r\n") + body, 400);
    }
}

#[test]
fn a_head_has_64_headers_and_16_kib_at_most() {
    let served = shared();
    let mut raw = served.connect();
    // Host is one of them.
    let headers = |count: usize| with_headers(&"X-Forwarded-For: ::1\r\n".repeat(count - 1));
    assert_eq!(raw.send(headers(64)).reply().status, 200);
    let long = |length: usize| with_headers(&format!("X: {}\r\n", "x".repeat(length)));
    assert_eq!(raw.send(long(16_000)).reply().status, 200);
    assert_refused(headers(65), 431);
    assert_refused(headers(1000), 431);
    assert_refused(long(17 << 10), 431);
    assert_refused(long(200 << 10), 431);
    let longest = format!("{META}&x={}", "x".repeat(16_000));
    assert_eq!(raw.send(get(&longest)).reply().status, 200);
    assert_refused(get(&format!("/{}", "x".repeat(17 << 10))), 414);
    assert_refused(get(&format!("/{}", "x".repeat(200 << 10))), 414);
}

#[test]
fn a_head_that_never_ends_is_cut_off() {
    let served = shared();
    let mut socket = TcpStream::connect(served.shop.address).unwrap();
    socket.write_all(format!("GET {META} HTTP/1.1\r\nHost: a\r\nX: ").as_bytes()).unwrap();
    let piece = [b'x'; 64 << 10];
    let mut sent = 0;
    // Until the server has closed; 64 MiB are far more than sockets hold.
    while sent < 64 << 20 && socket.write_all(&piece).is_ok() {
        sent += piece.len();
    }
    assert!(sent < 64 << 20, "the server still reads after {sent} bytes");
    let mut reply = [0; 12];
    socket.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 431");
}

#[test]
fn json_nested_30000_deep_is_no_review() {
    let served = shared();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let body = open.repeat(10_000) + "1" + &close.repeat(10_000);
        let mut raw = served.connect();
        assert_eq!(raw.send(post("/reviews", &body)).reply().status, 422);
        assert_eq!(raw.send(get(META)).reply().status, 200);
    }
    let body = "[".repeat(30_000) + &"]".repeat(30_000);
    assert_eq!(served.connect().send(post("/reviews", &body)).reply().status, 422);
}

#[test]
fn garbage_from_two_thousand_clients_leaves_the_server_well() {
    let served = shared();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let pieces: [&[u8]; 16] = [
        b"GET ",
        b"POST ",
        b"/reviews",
        b" HTTP/1.1\r\n",
        b"Host: a\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"Content-Length: ",
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"7",
        b"f\r\n",
        b": ",
        b"\0",
        b"{\"product_id\":",
    ];
    for _ in 0..2000 {
        let mut bytes = Vec::new();
        for _ in 0..random.usize(0..30) {
            match random.u8(0..8) {
                0 => bytes.extend((0..random.usize(0..300)).map(|_| random.u8(..))),
                _ => bytes.extend_from_slice(pieces[random.usize(..pieces.len())]),
            }
        }
        let mut socket = TcpStream::connect(served.shop.address).unwrap();
        // The server may have refused and closed already.
        let _ = socket.write_all(&bytes);
        if random.bool() {
            let _ = socket.shutdown(std::net::Shutdown::Write);
        }
    }
    assert_serves(served.shop.address);
    assert_eq!(served.metric("atelier_panics_total"), 0);
}
