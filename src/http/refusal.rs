//! Why the edge itself turns a request away, before any service sees it.

use super::reply::Status;

/// A status and a sentence for whoever reads it. The connection is closed after it, because where
/// the next request would begin is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: Status,
    pub reason: &'static str,
}

impl Refusal {
    pub const HEAD_TOO_LARGE: Self = Self::new(Status::HEADERS_TOO_LARGE, "The head is too large.");
    pub const HEADERS_TOO_MANY: Self =
        Self::new(Status::HEADERS_TOO_LARGE, "A request may have 64 headers at most.");
    pub const TARGET_TOO_LONG: Self =
        Self::new(Status::URI_TOO_LONG, "The request's target is too long.");
    pub const VERSION_UNKNOWN: Self =
        Self::new(Status::VERSION_NOT_SUPPORTED, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    pub const ENCODING_UNKNOWN: Self =
        Self::new(Status::NOT_IMPLEMENTED, "The only transfer encoding here is chunked.");
    pub const EXPECTATION_UNKNOWN: Self =
        Self::new(Status::EXPECTATION_FAILED, "Only 100-continue can be expected.");
    pub const BODY_TOO_LARGE: Self = Self::new(Status::CONTENT_TOO_LARGE, "The body is too large.");
    pub const CHUNK_UNREADABLE: Self = Self::bad("The chunked body cannot be read.");
    pub const TOO_SLOW: Self =
        Self::new(Status::REQUEST_TIMEOUT, "The request took too long to arrive.");
    pub const TOO_MANY_LARGE: Self =
        Self::new(Status::SERVICE_UNAVAILABLE, "Too many large requests arrive at once.");

    /// A request that is not what HTTP has it be.
    pub const fn bad(reason: &'static str) -> Self {
        Self::new(Status::BAD_REQUEST, reason)
    }

    const fn new(status: Status, reason: &'static str) -> Self {
        Self { status, reason }
    }
}
