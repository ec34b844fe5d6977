//! A reply, written straight into the connection's output: head first, the body's length patched
//! in afterwards, so that no body is copied.

use super::edge::DATE_BYTES;

/// A status code with its reason phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(u16);

impl Status {
    pub const OK: Self = Self(200);
    pub const CREATED: Self = Self(201);
    pub const NO_CONTENT: Self = Self(204);
    pub const BAD_REQUEST: Self = Self(400);
    pub const UNAUTHORIZED: Self = Self(401);
    pub const NOT_FOUND: Self = Self(404);
    pub const METHOD_NOT_ALLOWED: Self = Self(405);
    pub const REQUEST_TIMEOUT: Self = Self(408);
    pub const CONTENT_TOO_LARGE: Self = Self(413);
    pub const URI_TOO_LONG: Self = Self(414);
    pub const EXPECTATION_FAILED: Self = Self(417);
    pub const UNPROCESSABLE_CONTENT: Self = Self(422);
    pub const HEADERS_TOO_LARGE: Self = Self(431);
    pub const INTERNAL_SERVER_ERROR: Self = Self(500);
    pub const NOT_IMPLEMENTED: Self = Self(501);
    pub const SERVICE_UNAVAILABLE: Self = Self(503);
    pub const VERSION_NOT_SUPPORTED: Self = Self(505);

    /// Every status this server sends, for the metrics' table.
    pub const ALL: [Self; 17] = [
        Self::OK,
        Self::CREATED,
        Self::NO_CONTENT,
        Self::BAD_REQUEST,
        Self::UNAUTHORIZED,
        Self::NOT_FOUND,
        Self::METHOD_NOT_ALLOWED,
        Self::REQUEST_TIMEOUT,
        Self::CONTENT_TOO_LARGE,
        Self::URI_TOO_LONG,
        Self::EXPECTATION_FAILED,
        Self::UNPROCESSABLE_CONTENT,
        Self::HEADERS_TOO_LARGE,
        Self::INTERNAL_SERVER_ERROR,
        Self::NOT_IMPLEMENTED,
        Self::SERVICE_UNAVAILABLE,
        Self::VERSION_NOT_SUPPORTED,
    ];

    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    const fn line(self) -> &'static str {
        match self {
            Self::OK => "HTTP/1.1 200 OK\r\n",
            Self::CREATED => "HTTP/1.1 201 Created\r\n",
            Self::NO_CONTENT => "HTTP/1.1 204 No Content\r\n",
            Self::BAD_REQUEST => "HTTP/1.1 400 Bad Request\r\n",
            Self::UNAUTHORIZED => "HTTP/1.1 401 Unauthorized\r\n",
            Self::NOT_FOUND => "HTTP/1.1 404 Not Found\r\n",
            Self::METHOD_NOT_ALLOWED => "HTTP/1.1 405 Method Not Allowed\r\n",
            Self::REQUEST_TIMEOUT => "HTTP/1.1 408 Request Timeout\r\n",
            Self::CONTENT_TOO_LARGE => "HTTP/1.1 413 Content Too Large\r\n",
            Self::URI_TOO_LONG => "HTTP/1.1 414 URI Too Long\r\n",
            Self::EXPECTATION_FAILED => "HTTP/1.1 417 Expectation Failed\r\n",
            Self::UNPROCESSABLE_CONTENT => "HTTP/1.1 422 Unprocessable Content\r\n",
            Self::HEADERS_TOO_LARGE => "HTTP/1.1 431 Request Header Fields Too Large\r\n",
            Self::NOT_IMPLEMENTED => "HTTP/1.1 501 Not Implemented\r\n",
            Self::SERVICE_UNAVAILABLE => "HTTP/1.1 503 Service Unavailable\r\n",
            Self::VERSION_NOT_SUPPORTED => "HTTP/1.1 505 HTTP Version Not Supported\r\n",
            _ => "HTTP/1.1 500 Internal Server Error\r\n",
        }
    }
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    Json,
    Text,
    Html,
    Css,
    Script,
    /// The text format that Prometheus scrapes.
    Metrics,
}

impl ContentType {
    const fn line(self) -> &'static str {
        match self {
            Self::Json => "Content-Type: application/json; charset=utf-8\r\n",
            Self::Text => "Content-Type: text/plain; charset=utf-8\r\n",
            Self::Html => "Content-Type: text/html; charset=utf-8\r\n",
            Self::Css => "Content-Type: text/css; charset=utf-8\r\n",
            Self::Script => "Content-Type: text/javascript; charset=utf-8\r\n",
            Self::Metrics => "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n",
        }
    }
}

/// The length's place in the head, right-aligned behind spaces, which a header value may begin
/// with: ten digits, because bodies are bounded far below 10 GB.
const LENGTH_BLANK: &str = "          ";

/// One reply being written at the end of a connection's output.
#[derive(Debug)]
pub struct Reply {
    output: Vec<u8>,
    /// Where this reply begins; earlier, still unsent replies lie before it.
    start: usize,
    /// Where the body begins, and the status of the reply; `None` until one is started.
    begun: Option<(usize, Status)>,
    date: [u8; DATE_BYTES],
    common_headers: &'static str,
    connection_header: &'static str,
    head_only: bool,
    pub(super) close: bool,
}

impl Reply {
    /// A reply at the end of `output`. `common_headers` are whole lines that every reply carries.
    pub(super) fn new(
        output: Vec<u8>,
        date: [u8; DATE_BYTES],
        common_headers: &'static str,
    ) -> Self {
        Self {
            start: output.len(),
            output,
            begun: None,
            date,
            common_headers,
            connection_header: "",
            head_only: false,
            close: false,
        }
    }

    /// A reply that something other than this edge will send, written into `buffer`, which is
    /// emptied; [`Reply::into_body`] has what is to be sent.
    #[must_use]
    pub fn detached(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self::new(buffer, [b' '; DATE_BYTES], "")
    }

    /// The status, the buffer, and where in it the body begins; `None` when no reply was begun.
    #[must_use]
    pub fn into_body(self) -> Option<(Status, Vec<u8>, usize)> {
        let (body_start, status) = self.begun.filter(|(start, _)| *start <= self.output.len())?;
        Some((status, self.output, body_start))
    }

    /// Makes it a reply to HEAD: the same head, no body.
    pub(super) fn without_body(&mut self) {
        self.head_only = true;
    }

    /// Tells an HTTP/1.0 client that the connection stays open.
    pub(super) fn announce_keep_alive(&mut self) {
        self.connection_header = "Connection: keep-alive\r\n";
    }

    /// Has the connection closed after this reply, and says so in it.
    pub fn close_connection(&mut self) {
        self.connection_header = "Connection: close\r\n";
        self.close = true;
    }

    /// Begins the reply anew; what was written of it before is forgotten. The body follows through
    /// [`Reply::body`].
    pub fn begin(&mut self, status: Status, content_type: ContentType) {
        self.begin_with(status, content_type, "");
    }

    /// As [`Reply::begin`], with more header lines, each ending in CR LF.
    pub fn begin_with(&mut self, status: Status, content_type: ContentType, headers: &str) {
        self.head(status, headers);
        self.output.extend_from_slice(content_type.line().as_bytes());
        self.output.extend_from_slice(b"Content-Length: ");
        self.output.extend_from_slice(LENGTH_BLANK.as_bytes());
        self.output.extend_from_slice(b"\r\n\r\n");
        self.begun = Some((self.output.len(), status));
    }

    /// A whole reply of one short text.
    pub fn text(&mut self, status: Status, text: &str) {
        self.begin(status, ContentType::Text);
        self.output.extend_from_slice(text.as_bytes());
    }

    /// A whole 204, which has neither body nor length, with more header lines.
    pub fn no_content(&mut self, headers: &str) {
        self.head(Status::NO_CONTENT, headers);
        self.output.extend_from_slice(b"\r\n");
        self.begun = Some((self.output.len(), Status::NO_CONTENT));
    }

    /// The buffer to append the body to. What lies in it already is not the body's business.
    pub fn body(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// The status so far; `None` when no reply was begun.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.begun.map(|(_, status)| status)
    }

    fn head(&mut self, status: Status, headers: &str) {
        self.output.truncate(self.start);
        self.output.reserve(512);
        self.output.extend_from_slice(status.line().as_bytes());
        self.output.extend_from_slice(self.common_headers.as_bytes());
        self.output.extend_from_slice(headers.as_bytes());
        self.output.extend_from_slice(self.connection_header.as_bytes());
        self.output.extend_from_slice(b"Date: ");
        self.output.extend_from_slice(&self.date);
        self.output.extend_from_slice(b"\r\n");
    }

    /// Patches the length in and gives the output back; `None` when the service has cut away what
    /// was there before its reply.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        if self.output.len() < self.start {
            return None;
        }
        let (body_start, status) = match self.begun {
            // A service that shortened the output below its own head lost its reply.
            Some((body_start, status)) if self.output.len() >= body_start => (body_start, status),
            _ => {
                self.text(Status::INTERNAL_SERVER_ERROR, "");
                (self.output.len(), Status::INTERNAL_SERVER_ERROR)
            }
        };
        if status != Status::NO_CONTENT {
            let mut digits = itoa::Buffer::new();
            let digits = digits.format(self.output.len() - body_start).as_bytes();
            let end = body_start - b"\r\n\r\n".len();
            self.output[end - digits.len()..end].copy_from_slice(digits);
        }
        if self.head_only {
            self.output.truncate(body_start);
        }
        Some(self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply() -> Reply {
        Reply::new(b"earlier".to_vec(), *b"Sat, 21 Nov 2026 04:00:00 GMT", "X-Common: 1\r\n")
    }

    fn finish(reply: Reply) -> String {
        String::from_utf8(reply.finish().unwrap()).unwrap()
    }

    #[test]
    fn the_length_of_the_body_is_in_the_head() {
        let mut reply = reply();
        reply.begin(Status::OK, ContentType::Json);
        reply.body().extend_from_slice(b"{\"a\":1}");
        assert_eq!(
            finish(reply),
            "earlierHTTP/1.1 200 OK\r\nX-Common: 1\r\nDate: Sat, 21 Nov 2026 04:00:00 GMT\r\n\
             Content-Type: application/json; charset=utf-8\r\nContent-Length:          7\r\n\r\n\
             {\"a\":1}"
        );
    }

    #[test]
    fn beginning_again_forgets_what_was_written() {
        let mut reply = reply();
        reply.begin(Status::OK, ContentType::Json);
        reply.body().extend_from_slice(b"{\"half\":");
        reply.text(Status::SERVICE_UNAVAILABLE, "away");
        let text = finish(reply);
        assert!(text.starts_with("earlierHTTP/1.1 503 "));
        assert!(text.ends_with("Content-Length:          4\r\n\r\naway"));
    }

    #[test]
    fn a_reply_to_head_keeps_its_length_and_loses_its_body() {
        let mut reply = reply();
        reply.without_body();
        reply.text(Status::OK, "four");
        assert!(finish(reply).ends_with("Content-Length:          4\r\n\r\n"));
    }

    #[test]
    fn no_content_has_no_length() {
        let mut reply = reply();
        reply.no_content("Allow: GET\r\n");
        let text = finish(reply);
        assert!(text.contains("Allow: GET\r\n") && text.ends_with("\r\n\r\n"));
        assert!(!text.contains("Content-"));
    }

    #[test]
    fn a_detached_reply_gives_its_body() {
        let mut reply = Reply::detached(b"old".to_vec());
        reply.text(Status::NOT_FOUND, "away");
        let (status, buffer, body_start) = reply.into_body().unwrap();
        assert_eq!((status, &buffer[body_start..]), (Status::NOT_FOUND, &b"away"[..]));
        assert!(Reply::detached(buffer).into_body().is_none());
    }

    #[test]
    fn a_service_that_says_nothing_becomes_a_500() {
        assert!(finish(reply()).starts_with("earlierHTTP/1.1 500 "));
        let mut cut = reply();
        cut.begin(Status::OK, ContentType::Json);
        cut.body().truncate(20);
        assert!(finish(cut).starts_with("earlierHTTP/1.1 500 "));
    }

    #[test]
    fn a_service_that_cuts_away_earlier_replies_is_noticed() {
        let mut reply = reply();
        reply.begin(Status::OK, ContentType::Json);
        reply.body().clear();
        assert!(reply.finish().is_none());
    }
}
