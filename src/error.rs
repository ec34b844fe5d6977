//! Why a request was not answered with what it asked for, and what it is answered with instead:
//! the one place that maps.

use crate::http::{ContentType, Reply, Status};
use crate::postgres;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// The original's sentence for anything that was its own fault.
pub const INTERNAL_TEXT: &str =
    "An error occurred. If this error persists, contact your instruction team.";

/// A failed request.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The product's id is missing or no integer.
    ProductInvalid,
    /// What was sent as a new row is none; the sentence to answer with.
    BodyInvalid(&'static str),
    /// No such path.
    RouteUnknown,
    /// A path of ours without that method; these are the methods it has.
    MethodWrong(&'static str),
    /// No row has the id in the path; the sentence to answer with.
    IdUnknown(&'static str),
    /// No token, or one that is not listed.
    Unauthorized,
    /// The database is away: not connected, or lost while we waited.
    Unavailable,
    /// The database did not answer in time.
    Late,
    /// A write was sent, and no answer came: it was done, or will be, or was not.
    OutcomeUnknown,
    /// As many requests wait as may wait.
    Overloaded,
    /// A fault of ours, or of the data; the text is for the log.
    Internal(Box<str>),
}

impl Failure {
    /// What a write has come to that failed with `error`.
    #[must_use]
    pub fn of_write(error: postgres::Error) -> Self {
        match error {
            postgres::Error::ConnectionLost | postgres::Error::Late => Self::OutcomeUnknown,
            other => Self::from(other),
        }
    }

    /// Writes the reply.
    pub fn answer(&self, reply: &mut Reply) {
        let (status, text) = match self {
            Self::ProductInvalid => {
                (Status::UNPROCESSABLE_CONTENT, "Error: invalid product_id provided")
            }
            Self::BodyInvalid(text) => (Status::UNPROCESSABLE_CONTENT, *text),
            Self::RouteUnknown => (Status::NOT_FOUND, "Not Found"),
            Self::IdUnknown(text) => (Status::NOT_FOUND, *text),
            Self::Unauthorized => {
                let scheme = "WWW-Authenticate: Token\r\n";
                reply.begin_with(Status::UNAUTHORIZED, ContentType::Text, scheme);
                reply.body().extend_from_slice(b"Unauthorized");
                return;
            }
            Self::MethodWrong(methods) => {
                let allow = format!("Allow: {methods}\r\n");
                reply.begin_with(Status::METHOD_NOT_ALLOWED, ContentType::Text, &allow);
                reply.body().extend_from_slice(b"Method Not Allowed");
                return;
            }
            Self::Unavailable => return unavailable(reply, "Error: the database is away"),
            Self::Late => return unavailable(reply, "Error: the database did not answer in time"),
            Self::OutcomeUnknown => {
                // Without Retry-After: trying again could do it twice.
                let text = "Error: the database did not confirm; it may or may not have been saved";
                (Status::SERVICE_UNAVAILABLE, text)
            }
            Self::Overloaded => return unavailable(reply, "Error: too many requests are waiting"),
            Self::Internal(cause) => {
                complain(&INTERNAL_LAST_S, || log::error!("a request failed: {cause}"));
                (Status::INTERNAL_SERVER_ERROR, INTERNAL_TEXT)
            }
        };
        reply.text(status, text);
    }
}

/// The second in which each grade was last logged; a flood of one must not hide the other.
static REFUSED_LAST_S: AtomicU64 = AtomicU64::new(0);
static INTERNAL_LAST_S: AtomicU64 = AtomicU64::new(0);

/// Logs at most once a second, over all requests: what fails one fails thousands.
fn complain(last_s: &AtomicU64, log: impl FnOnce()) {
    let now_s = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    if last_s.swap(now_s, Ordering::Relaxed) != now_s {
        log();
    }
}

fn unavailable(reply: &mut Reply, text: &str) {
    reply.begin_with(Status::SERVICE_UNAVAILABLE, ContentType::Text, "Retry-After: 1\r\n");
    reply.body().extend_from_slice(text.as_bytes());
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        use postgres::Error;
        match error {
            Error::Unavailable | Error::ConnectionLost | Error::Connect(_) | Error::Io(_) => {
                Self::Unavailable
            }
            Error::Late => Self::Late,
            Error::Overloaded => Self::Overloaded,
            Error::Server(server) if server.is_query_canceled() => Self::Late,
            Error::Server(server) => match &server.sqlstate.class() {
                // Connection trouble, out of room or connections, shutting down, read-only while
                // a standby takes over, and a lost race for a lock: all pass by themselves.
                b"08" | b"53" | b"57" | b"25" | b"40" => {
                    complain(&REFUSED_LAST_S, || {
                        log::warn!("the database refused a request: {server}");
                    });
                    Self::Unavailable
                }
                _ => Self::Internal(server.to_string().into()),
            },
            Error::Protocol(_) | Error::Refused(_) => Self::Internal(error.to_string().into()),
        }
    }
}
