//! What can go wrong between the program and its database, and what kind of trouble each is.
//! Owns the parsing of the server's error replies. Does not decide what a user gets to see:
//! that is the caller's, who matches on `Error` and `SqlState`.

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;
use std::fmt;
use std::io;

/// The most of one text of a server's error that is kept. Messages quote the value that was
/// wrong, and a value can be as long as a frame.
pub const ERROR_TEXT_BYTES_MAX: usize = 4 * 1024;

/// A failed request to the database.
#[derive(Debug, Clone)]
pub enum Error {
    /// There is no connection now; the request was not sent.
    Unavailable,
    /// The connection ended after the request was sent. Whether a write took place is unknown.
    ConnectionLost,
    /// The deadline passed. Whether a write took place, or still will, is unknown.
    Late,
    /// As many requests as may wait are waiting; this one was not sent.
    Overloaded,
    /// The server answered with an error.
    Server(Box<ServerError>),
    /// The server answered something that the protocol does not have here. The connection is
    /// of no further use.
    Protocol(&'static str),
    /// A connection could not be made; the text says to where and why.
    Connect(Box<str>),
    /// This side refuses what was asked for or what came back; the text says what and why.
    Refused(Box<str>),
    /// An operation on a socket failed that has nothing to do with the other side.
    Io(io::ErrorKind),
}

impl Error {
    /// What came for a request is no row of its statement.
    pub(super) fn bad_row() -> Error {
        Error::Refused("a row is not what its statement promises".into())
    }

    /// What goes with a request is not what its statement takes.
    pub(super) fn unfit() -> Error {
        Error::Refused("parameters do not fit their statement".into())
    }

    /// Whether no further request can succeed on the connection that gave this error.
    pub fn is_connection_fatal(&self) -> bool {
        match self {
            Error::Server(error) => error.is_connection_fatal(),
            Error::Overloaded | Error::Refused(_) => false,
            _ => true,
        }
    }

    /// The server's code, where the error is the server's.
    pub fn sqlstate(&self) -> Option<SqlState> {
        match self {
            Error::Server(error) => Some(error.sqlstate),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unavailable => out.write_str("the database is not reachable now; try again"),
            Error::ConnectionLost => out.write_str(
                "the connection to the database was lost; \
                 whether the last statement took effect is unknown",
            ),
            Error::Late => out.write_str("the database did not answer within the deadline"),
            Error::Overloaded => {
                out.write_str("too many requests are waiting for the database; try again")
            }
            Error::Server(error) => error.fmt(out),
            Error::Protocol(what) => write!(out, "the database broke the protocol: {what}"),
            Error::Connect(text) | Error::Refused(text) => out.write_str(text),
            Error::Io(kind) => write!(out, "a socket operation failed: {kind}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Error {
        Error::Server(Box::new(error))
    }
}

/// The five characters by which PostgreSQL names an error.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState([u8; 5]);

impl SqlState {
    pub const FOREIGN_KEY_VIOLATION: SqlState = SqlState(*b"23503");
    pub const TEXT_INVALID: SqlState = SqlState(*b"22P02");
    pub const STATEMENT_NAME_INVALID: SqlState = SqlState(*b"26000");
    pub const PASSWORD_INVALID: SqlState = SqlState(*b"28P01");
    pub const DATABASE_UNKNOWN: SqlState = SqlState(*b"3D000");
    pub const TABLE_UNKNOWN: SqlState = SqlState(*b"42P01");
    pub const QUERY_CANCELED: SqlState = SqlState(*b"57014");
    pub const FEATURE_NOT_SUPPORTED: SqlState = SqlState(*b"0A000");
    pub const INTERNAL: SqlState = SqlState(*b"XX000");

    /// The code of an error reply. Anything but five capital letters and digits is taken as
    /// an internal error of the server.
    pub fn new(code: &[u8]) -> SqlState {
        match <[u8; 5]>::try_from(code) {
            Ok(code) if code.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) => {
                SqlState(code)
            }
            _ => SqlState::INTERNAL,
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XX000")
    }

    /// The first two characters: the class of errors that the code is of.
    pub fn class(&self) -> [u8; 2] {
        [self.0[0], self.0[1]]
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// How much an error ended: the statement, the connection, or the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// A notice, which is no error: warnings and less.
    Notice,
    Error,
    Fatal,
    Panic,
}

impl Severity {
    fn parse(name: &[u8]) -> Severity {
        match name {
            b"FATAL" => Severity::Fatal,
            b"PANIC" => Severity::Panic,
            b"WARNING" | b"NOTICE" | b"DEBUG" | b"INFO" | b"LOG" => Severity::Notice,
            _ => Severity::Error,
        }
    }
}

/// The server's account of what went wrong, or the content of a notice.
#[derive(Debug, Clone)]
pub struct ServerError {
    pub severity: Severity,
    pub sqlstate: SqlState,
    pub message: Box<str>,
    pub detail: Option<Box<str>>,
    pub hint: Option<Box<str>>,
    /// Where it happened; of a COPY, the line and the column.
    pub context: Option<Box<str>>,
    /// The character of the statement's text, counted from 1, to which the error points.
    pub position: Option<u32>,
    pub table: Option<Box<str>>,
    pub column: Option<Box<str>>,
    pub constraint: Option<Box<str>>,
    /// The function of the server that gave the error; unlike the message never translated.
    pub routine: Option<Box<str>>,
    /// The prepared statement in question, where this side knows it.
    pub statement: Option<&'static str>,
}

impl ServerError {
    /// Reads the fields of an ErrorResponse or a NoticeResponse. Fields without a use here
    /// are passed over, and so is whatever follows a malformed one: an error report that is
    /// half readable is worth more than a second error in its place.
    pub fn parse(mut fields: ErrorFields<'_>) -> ServerError {
        let mut error = ServerError::unreadable();
        let mut severity_is_final = false;
        while let Ok(Some(field)) = fields.next() {
            let value = field.value_bytes();
            match field.type_() {
                // `S` is in the server's language; `V`, never translated, wins.
                b'S' if !severity_is_final => error.severity = Severity::parse(value),
                b'V' => {
                    error.severity = Severity::parse(value);
                    severity_is_final = true;
                }
                b'C' => error.sqlstate = SqlState::new(value),
                b'M' => error.message = text_clip(value),
                b'D' => error.detail = Some(text_clip(value)),
                b'H' => error.hint = Some(text_clip(value)),
                b'W' => error.context = Some(text_clip(value)),
                b'P' => error.position = text_clip(value).parse().ok(),
                b't' => error.table = Some(text_clip(value)),
                b'c' => error.column = Some(text_clip(value)),
                b'n' => error.constraint = Some(text_clip(value)),
                b'R' => error.routine = Some(text_clip(value)),
                _ => {}
            }
        }
        error
    }

    /// An error report of which nothing can be read.
    pub fn unreadable() -> ServerError {
        ServerError {
            severity: Severity::Error,
            sqlstate: SqlState::INTERNAL,
            message: "the server gave no message".into(),
            detail: None,
            hint: None,
            context: None,
            position: None,
            table: None,
            column: None,
            constraint: None,
            routine: None,
            statement: None,
        }
    }

    /// Whether the server ends the connection after this error: it is FATAL or PANIC, or of
    /// class 08 (connection) or 57P (shutting down, starting up).
    pub fn is_connection_fatal(&self) -> bool {
        matches!(self.severity, Severity::Fatal | Severity::Panic)
            || self.sqlstate.class() == *b"08"
            || self.sqlstate.0.starts_with(b"57P")
    }

    /// Whether the statement was ended by `statement_timeout` or a cancel request.
    pub fn is_query_canceled(&self) -> bool {
        self.sqlstate == SqlState::QUERY_CANCELED
    }

    /// Whether preparing the statement again would help: the server does not know it any
    /// more, or a change of the schema has outdated it.
    pub fn is_stale_plan(&self) -> bool {
        self.sqlstate == SqlState::STATEMENT_NAME_INVALID
            || (self.sqlstate == SqlState::FEATURE_NOT_SUPPORTED
                && (self.routine.as_deref() == Some("RevalidateCachedQuery")
                    || &*self.message == "cached plan must not change result type"))
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(statement) = self.statement {
            write!(out, "statement {statement}: ")?;
        }
        write!(out, "{} (SQLSTATE {})", Line(&self.message), self.sqlstate)?;
        for text in [&self.detail, &self.context, &self.hint].into_iter().flatten() {
            write!(out, "; {}", Line(text))?;
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

/// A text on one line, whatever the server put into it.
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, line) in self.0.split(['\n', '\r']).filter(|line| !line.is_empty()).enumerate() {
            if i > 0 {
                out.write_str(" ")?;
            }
            out.write_str(line)?;
        }
        Ok(())
    }
}

/// At most `ERROR_TEXT_BYTES_MAX` of a text; a character cut in two becomes U+FFFD.
fn text_clip(value: &[u8]) -> Box<str> {
    String::from_utf8_lossy(&value[..value.len().min(ERROR_TEXT_BYTES_MAX)]).into()
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use postgres_protocol::message::backend::Message;

    use super::*;

    fn error_of(body: &[u8]) -> ServerError {
        let mut frame = BytesMut::from(&b"E"[..]);
        frame.extend_from_slice(&u32::try_from(body.len() + 4).unwrap().to_be_bytes());
        frame.extend_from_slice(body);
        match Message::parse(&mut frame) {
            Ok(Some(Message::ErrorResponse(body))) => ServerError::parse(body.fields()),
            _ => panic!("an error response is expected"),
        }
    }

    #[test]
    fn every_field_of_an_error_response_is_read() {
        let error = error_of(
            b"SFEHLER\0VERROR\0C23503\0Mmessage\nof two lines\0Ddetail\0Hhint\0P17\0Wcontext\0\
              tcart\0cproduct_id\0ncart_product\0Ffile.c\0\0",
        );
        assert_eq!(error.severity, Severity::Error);
        assert_eq!(error.sqlstate, SqlState::FOREIGN_KEY_VIOLATION);
        assert_eq!(error.sqlstate.class(), *b"23");
        assert_eq!(error.position, Some(17));
        assert_eq!(error.table.as_deref(), Some("cart"));
        assert_eq!(error.column.as_deref(), Some("product_id"));
        assert_eq!(error.constraint.as_deref(), Some("cart_product"));
        assert!(!error.is_connection_fatal());
        assert_eq!(
            error.to_string(),
            "message of two lines (SQLSTATE 23503); detail; context; hint"
        );
    }

    #[test]
    fn errors_are_told_apart_by_what_they_end() {
        assert!(error_of(b"VFATAL\0C28P01\0\0").is_connection_fatal());
        assert!(error_of(b"VPANIC\0CXX000\0\0").is_connection_fatal());
        assert!(error_of(b"VERROR\0C57P03\0\0").is_connection_fatal());
        assert!(error_of(b"VERROR\0C08006\0\0").is_connection_fatal());
        let canceled = error_of(b"VERROR\0C57014\0\0");
        assert!(canceled.is_query_canceled() && !canceled.is_connection_fatal());
        assert!(error_of(b"VERROR\0C26000\0\0").is_stale_plan());
        let plan = b"VERROR\0C0A000\0Mcached plan must not change result type\0\0";
        assert!(error_of(plan).is_stale_plan());
        assert!(error_of(b"C0A000\0Mtraduit\0RRevalidateCachedQuery\0\0").is_stale_plan());
        assert!(!error_of(b"VERROR\0C0A000\0Mnot implemented\0\0").is_stale_plan());
    }

    #[test]
    fn any_bytes_make_an_error() {
        arbtest::arbtest(|u| {
            let body: Vec<u8> = u.arbitrary()?;
            let error = error_of(&body);
            assert!(error.message.len() <= 3 * ERROR_TEXT_BYTES_MAX);
            assert_eq!(error.sqlstate.as_str().len(), 5);
            assert!(!error.to_string().contains('\n'));
            Ok(())
        });
    }

    #[test]
    fn an_error_stays_small() {
        assert!(size_of::<Error>() <= 24);
    }
}
