//! A request's head: from bytes to method, target, headers and the framing of the body.
//!
//! Pure: no sockets. Strict where leniency would let two parsers disagree about where a request
//! ends (bare line feeds, repeated lengths, length beside chunks), because a proxy in front may be
//! the other parser.

use super::refusal::Refusal;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Headers a request may have; the next one is answered with 431.
const HEADERS_MAX: usize = 64;
/// Headers that there is room for at first. The room lies on the stack, 32 bytes for each: with
/// this an idle connection's stack stays within one page, with the maximum it would be two.
const HEADERS_USUAL: usize = 32;

/// Digits of a Content-Length that are read; more cannot be a size anybody sends.
const LENGTH_DIGITS_MAX: usize = 15;

/// A request method; those that no route knows are `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Options,
    Other,
}

/// How the body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes, zero when there is no body.
    Length(usize),
    Chunked,
}

/// What a head says, without a hold on it, so that its buffer may grow or move meanwhile. Small,
/// because it lies on the stack of every connection, whose depth is the memory of an idle one.
#[derive(Debug)]
pub struct Head {
    pub method: Method,
    pub framing: Framing,
    /// Whether the connection may serve another request after this one.
    pub keep_alive: bool,
    /// Whether the client is an HTTP/1.0 one, which must be told that the connection stays.
    pub version_1_0: bool,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
    /// Bytes of the head, its final empty line included.
    pub length: usize,
    /// Where in the head the path and query are.
    target: Range<usize>,
}

/// A whole request. Lives as long as the connection's buffer stands still: while it is answered.
#[derive(Debug)]
pub struct Request<'b> {
    pub method: Method,
    /// The path, undecoded, without the query.
    pub path: &'b str,
    /// What follows the `?`, undecoded; empty when there is none.
    pub query: &'b str,
    pub body: &'b [u8],
    head: &'b [u8],
}

impl<'b> Request<'b> {
    /// A request that something other than this edge has received, without its headers. The target
    /// is the path and the query.
    #[must_use]
    pub fn without_headers(method: &str, target: &'b str, body: &'b [u8]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { method: method_of(method), path, query, body, head: b"" }
    }

    /// The value of the first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        // The parser has made sure that each line is one header. What it found is not kept, since
        // hardly any request is asked for one.
        self.head.split(|&byte| byte == b'\n').find_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            let found = line[..colon].eq_ignore_ascii_case(name.as_bytes());
            found.then(|| line[colon + 1..].trim_ascii())
        })
    }
}

impl Head {
    /// Reads a head from the start of `bytes`; `None` while it is not all there.
    ///
    /// # Errors
    /// What to answer with before the connection is closed.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, Refusal> {
        match Self::parse_up_to::<HEADERS_USUAL>(bytes) {
            Err(Refusal::HEADERS_TOO_MANY) => Self::parse_up_to::<HEADERS_MAX>(bytes),
            parsed => parsed,
        }
    }

    #[inline(never)]
    fn parse_up_to<const HEADERS: usize>(bytes: &[u8]) -> Result<Option<Self>, Refusal> {
        let mut storage = [const { MaybeUninit::uninit() }; HEADERS];
        let mut parsed = httparse::Request::new(&mut []);
        let length = match parsed.parse_with_uninit_headers(bytes, &mut storage) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(refusal_of(error, bytes)),
        };
        if has_bare_line_feed(&bytes[..length]) {
            return Err(Refusal::bad("A line must end with CR LF."));
        }
        let target = target_of(parsed.path.unwrap_or_default())?;
        let start = target.as_ptr().addr() - bytes.as_ptr().addr();
        let mut head = Self {
            method: method_of(parsed.method.unwrap_or_default()),
            framing: Framing::Length(0),
            keep_alive: parsed.version == Some(1),
            version_1_0: parsed.version == Some(0),
            expects_continue: false,
            length,
            // Both are one buffer: addresses tell.
            target: start..start + target.len(),
        };
        head.read_framing(parsed.headers)?;
        Ok(Some(head))
    }

    /// The request that this head begins, its body being `body`.
    #[must_use]
    pub fn request<'b>(&'b self, bytes: &'b [u8], body: &'b [u8]) -> Request<'b> {
        let target = bytes.get(self.target.clone()).unwrap_or_default();
        let target = std::str::from_utf8(target).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request { method: self.method, path, query, body, head: bytes }
    }

    fn read_framing(&mut self, headers: &[httparse::Header<'_>]) -> Result<(), Refusal> {
        let mut hosts = 0;
        let mut length = None;
        let mut chunked = false;
        for header in headers {
            let name = header.name;
            // The length is compared first: it is one instruction, and hardly any header matches.
            match name.len() {
                4 if name.eq_ignore_ascii_case("host") => hosts += 1,
                6 if name.eq_ignore_ascii_case("expect") => {
                    if !header.value.eq_ignore_ascii_case(b"100-continue") {
                        return Err(Refusal::EXPECTATION_UNKNOWN);
                    }
                    self.expects_continue = !self.version_1_0;
                }
                10 if name.eq_ignore_ascii_case("connection") => self.read_connection(header.value),
                14 if name.eq_ignore_ascii_case("content-length") => {
                    let earlier = length.replace(length_of(header.value)?);
                    if earlier.is_some() {
                        return Err(Refusal::bad("Content-Length is given twice."));
                    }
                }
                17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                    if chunked || self.version_1_0 {
                        return Err(Refusal::bad("Transfer-Encoding cannot be used like this."));
                    }
                    if !header.value.eq_ignore_ascii_case(b"chunked") {
                        return Err(Refusal::ENCODING_UNKNOWN);
                    }
                    chunked = true;
                }
                _ => {}
            }
        }
        if hosts > 1 || (hosts == 0 && !self.version_1_0) {
            return Err(Refusal::bad("A request names its host once."));
        }
        self.framing = match (length, chunked) {
            (Some(_), true) => {
                return Err(Refusal::bad(
                    "Content-Length and Transfer-Encoding exclude each other.",
                ));
            }
            (None, true) => Framing::Chunked,
            (length, false) => Framing::Length(length.unwrap_or(0)),
        };
        Ok(())
    }

    fn read_connection(&mut self, value: &[u8]) {
        for token in value.split(|&byte| byte == b',') {
            let token = token.trim_ascii();
            if token.eq_ignore_ascii_case(b"close") {
                self.keep_alive = false;
                return;
            }
            if self.version_1_0 && token.eq_ignore_ascii_case(b"keep-alive") {
                self.keep_alive = true;
            }
        }
    }
}

fn refusal_of(error: httparse::Error, bytes: &[u8]) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => Refusal::HEADERS_TOO_MANY,
        // Anything of three words has a version that is not known; only some of it is HTTP.
        httparse::Error::Version
            if bytes
                .split(|&byte| byte == b' ')
                .nth(2)
                .is_some_and(|version| version.starts_with(b"HTTP/")) =>
        {
            Refusal::VERSION_UNKNOWN
        }
        _ => Refusal::bad("The request cannot be read."),
    }
}

fn method_of(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        _ => Method::Other,
    }
}

/// The path and query of a target; a proxy may send the absolute form, `http://host/path`.
fn target_of(target: &str) -> Result<&str, Refusal> {
    if target.starts_with('/') || target == "*" {
        return Ok(target);
    }
    let rest = target
        .split_once("://")
        .filter(|(scheme, _)| {
            ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        })
        .map(|(_, rest)| rest)
        .ok_or(Refusal::bad("The request's target must be a path."))?;
    match rest.find(['/', '?']) {
        Some(at) if rest.as_bytes()[at] == b'/' => Ok(&rest[at..]),
        _ => Err(Refusal::bad("The request's target must have a path.")),
    }
}

/// Digits only: a sign, a space or a list (`5, 5`) is where parsers come to differ.
fn length_of(value: &[u8]) -> Result<usize, Refusal> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::bad("Content-Length is not a number."));
    }
    if value.len() > LENGTH_DIGITS_MAX {
        return Err(Refusal::BODY_TOO_LARGE);
    }
    Ok(value.iter().fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}

/// Whether a head ends in `bytes`, be it by line feeds alone, which the parser then refuses.
pub fn has_empty_line(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes).any(|at| {
        let rest = &bytes[at + 1..];
        rest.starts_with(b"\r\n") || rest.starts_with(b"\n")
    })
}

fn has_bare_line_feed(head: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', head).any(|at| at == 0 || head[at - 1] != b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<Head>, Refusal> {
        Head::parse(text.as_bytes())
    }

    fn status(text: &str) -> u16 {
        parse(text).expect_err(text).status.code()
    }

    #[test]
    fn a_head_gives_path_query_and_headers() {
        let bytes = b"GET /reviews?product_id=7 HTTP/1.1\r\nHost: a\r\nX-Token:  t 1 \r\n\r\nrest";
        let head = Head::parse(bytes).unwrap().unwrap();
        let request = head.request(bytes, b"");
        assert_eq!((request.path, request.query), ("/reviews", "product_id=7"));
        assert_eq!(request.header("x-token"), Some(&b"t 1"[..]));
        assert_eq!(request.header("x-other"), None);
        assert_eq!(request.header("get /reviews?product_id=7 http/1.1"), None);
        assert_eq!(&bytes[head.length..], b"rest");
        assert!(head.keep_alive && head.framing == Framing::Length(0));
    }

    #[test]
    fn a_request_of_another_edge_is_read_alike() {
        let request = Request::without_headers("PUT", "/a?b=c", b"body");
        assert_eq!((request.method, request.body), (Method::Put, &b"body"[..]));
        assert_eq!((request.path, request.query), ("/a", "b=c"));
        assert_eq!(request.header("host"), None);
    }

    #[test]
    fn framing_that_two_parsers_could_read_differently_is_refused() {
        for headers in [
            "Content-Length: 5\r\nContent-Length: 3\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: abc\r\n",
            "Content-Length: \r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Host: b\r\n",
            "X : y\r\n",
            "X: y\r\n folded\r\n",
            "X: y\n",
        ] {
            assert_eq!(status(&format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n")), 400);
        }
        assert_eq!(status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
        assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), 400);
    }

    #[test]
    fn what_is_not_spoken_here_is_named() {
        let with = |headers: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        assert_eq!(status(&with("Transfer-Encoding: gzip, chunked\r\n")), 501);
        assert_eq!(status(&with("Expect: a-pony\r\n")), 417);
        assert_eq!(status(&with("Content-Length: 99999999999999999999999\r\n")), 413);
        assert_eq!(status("GET / HTTP/2.0\r\n\r\n"), 505);
        assert_eq!(status("GET nonsense HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
        assert_eq!(status("\u{1}\u{2}\u{3} garbage\r\n\r\n"), 400);
        assert_eq!(status("how do you do\r\n\r\n"), 400);
        let many = |count: usize| with(&"X: y\r\n".repeat(count - 1));
        assert!(parse(&many(64)).unwrap().is_some());
        assert_eq!(status(&many(65)), 431);
    }

    #[test]
    fn connections_stay_or_close_as_the_client_says() {
        let keep = |text: &str| parse(text).unwrap().unwrap().keep_alive;
        assert!(keep("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(!keep("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n"));
        assert!(!keep("GET / HTTP/1.0\r\n\r\n"));
        assert!(keep("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    }

    #[test]
    fn an_absolute_target_is_its_path() {
        let bytes = b"GET http://shop.example/a?b=c HTTP/1.1\r\nHost: a\r\n\r\n";
        let head = Head::parse(bytes).unwrap().unwrap();
        assert_eq!(head.request(bytes, b"").path, "/a");
        assert_eq!(head.request(bytes, b"").query, "b=c");
    }

    #[test]
    fn any_bytes_are_a_head_a_refusal_or_a_wait_for_more() {
        arbtest::arbtest(|random| {
            let mut bytes = match random.int_in_range(0..=3)? {
                0 => b"GET /reviews?a=b HTTP/1.1\r\nHost: a\r\n".to_vec(),
                1 => b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ".to_vec(),
                2 => b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ".to_vec(),
                _ => Vec::new(),
            };
            bytes.extend_from_slice(random.bytes(random.len())?);
            bytes.extend_from_slice(b"\r\n\r\n");
            if let Ok(Some(head)) = Head::parse(&bytes) {
                assert!(head.length <= bytes.len());
                assert!(bytes[..head.length].ends_with(b"\r\n\r\n"));
                let request = head.request(&bytes, b"");
                assert!(request.path.starts_with('/') || request.path == "*");
                let _ = request.header("content-length");
            }
            Ok(())
        });
    }
}
