//! A session with the server for one plain thread: log in, prepare, ask, COPY. Every call
//! blocks, within a deadline, so none of this is for coroutines; their half is the pipeline,
//! which takes over the socket of a session that is logged in and prepared.
//!
//! An error of the server leaves the session usable. Any other error ends it, and every later
//! call answers `ConnectionLost`.

mod channel;
mod copy;
mod handshake;
mod prepare;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{CommandCompleteBody, DataRowBody, Message};
use postgres_protocol::message::frontend;
use std::str;
use std::time::{Duration, Instant};

pub use self::channel::FRAME_BYTES_MAX;
use self::channel::{Channel, STATUS_IDLE};
pub use self::copy::{COPY_FRAME_BYTES, CopyIn};
use super::error::Error;
use super::socket::Socket;
use super::statement::Statement;
use super::url::Target;
use super::wire::rows_of_tag;

/// How long a call may take where `set_deadline` says nothing else.
pub const DEADLINE_DEFAULT: Duration = Duration::from_secs(30);

/// The most that `rows` returns: it is for counts, settings and checks, not for data.
pub const ROWS_MAX: usize = 100_000;
pub const ROWS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A row in text form; None is null.
pub type TextRow = Vec<Option<String>>;

/// An open session. Dropping it says goodbye to the server.
pub struct Session {
    /// None once the socket was given away.
    channel: Option<Channel>,
    deadline: Option<Duration>,
    backend_pid: i32,
}

impl Session {
    /// Connects, logs in and waits until the server is ready, all within the target's
    /// `connect_deadline`.
    pub fn connect(target: &Target) -> Result<Session, Error> {
        let expires = Instant::now() + target.connect_deadline;
        let mut channel = Channel::new(Socket::connect(target)?)?;
        let backend_pid = channel
            .begin(Some(expires))
            .and_then(|()| handshake::handshake(&mut channel, target))
            .map_err(|error| {
                let why = match error {
                    Error::Late => format!("no answer within {:?}", target.connect_deadline),
                    Error::ConnectionLost => "the server closed the connection".to_owned(),
                    Error::Protocol(what) => format!("the server broke the protocol: {what}"),
                    error => return error,
                };
                Error::Connect(format!("cannot log in to {}: {why}", target.redacted()).into())
            })?;
        Ok(Session { channel: Some(channel), deadline: Some(DEADLINE_DEFAULT), backend_pid })
    }

    /// Prepares statements, all in one round trip, and holds the server to their types. Those
    /// before one that fails stay prepared.
    pub fn prepare(&mut self, statements: &[&Statement]) -> Result<(), Error> {
        prepare::prepare(self.begin()?, statements)
    }

    /// Runs one or more statements; the result is the number of rows that the last one
    /// returned or changed. Returned rows themselves are dropped.
    pub fn execute(&mut self, sql: &str) -> Result<u64, Error> {
        let channel = self.begin()?;
        query_write(channel, sql)?;
        channel.flush()?;
        let mut rows = 0;
        channel.answer(None, |message| {
            if let Message::CommandComplete(body) = &message {
                rows = command_rows(body);
            }
            query_message_check(&message)
        })?;
        Ok(rows)
    }

    /// Runs statements and returns the rows of the last one that has any, in text form, at
    /// most `ROWS_MAX` of them and `ROWS_BYTES_MAX`.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<TextRow>, Error> {
        let channel = self.begin()?;
        query_write(channel, sql)?;
        channel.flush()?;
        let mut rows = Vec::new();
        let mut row_bytes = 0;
        channel.answer(None, |message| {
            match &message {
                Message::RowDescription(_) => {
                    rows.clear();
                    row_bytes = 0;
                }
                Message::DataRow(body) => {
                    row_bytes += body.buffer().len();
                    if rows.len() == ROWS_MAX || row_bytes > ROWS_BYTES_MAX {
                        return Err(Error::Refused(
                            format!("more than {ROWS_MAX} rows or {ROWS_BYTES_MAX} bytes").into(),
                        ));
                    }
                    rows.push(row_parse(body)?);
                }
                _ => query_message_check(&message)?,
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// Starts a COPY FROM STDIN.
    pub fn copy_in(&mut self, sql: &str) -> Result<CopyIn<'_>, Error> {
        let deadline = self.deadline;
        CopyIn::start(self.begin()?, deadline, sql)
    }

    /// How long each later call may take; of a COPY, each frame. None for statements that
    /// take as long as they take; a server that vanishes is then noticed by TCP alone. A call
    /// that is late ends the session, but not the statement: for that there is the server's
    /// own `statement_timeout`.
    pub fn set_deadline(&mut self, deadline: Option<Duration>) {
        self.deadline = deadline;
    }

    /// As `server_version_num`: 150020 is 15.20.
    pub fn server_version(&self) -> u32 {
        self.channel.as_ref().map_or(0, Channel::server_version)
    }

    /// The process number of the server's end.
    pub fn backend_pid(&self) -> i32 {
        self.backend_pid
    }

    /// Gives the socket away: logged in, outside a transaction, nothing unread or unsent,
    /// non-blocking. A session that is not in that state is refused and closed.
    pub fn into_socket(mut self) -> Result<Socket, Error> {
        let channel = self.begin()?;
        channel.flush()?;
        // Notices and the like that have come meanwhile are taken in.
        if channel.flush_or_message()?.is_some() {
            return Err(channel.broken_by(Error::Protocol("a message that nobody asked for")));
        }
        if channel.status() != STATUS_IDLE {
            return Err(Error::Refused("the session is inside a transaction".into()));
        }
        match self.channel.take().map(Channel::into_socket) {
            Some((socket, 0)) => Ok(socket),
            _ => Err(Error::Protocol("half a message that nobody asked for")),
        }
    }

    fn begin(&mut self) -> Result<&mut Channel, Error> {
        let channel = self.channel.as_mut().ok_or(Error::ConnectionLost)?;
        channel.begin(self.deadline.map(|deadline| Instant::now() + deadline))?;
        Ok(channel)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(channel) = &mut self.channel
            && !channel.is_broken()
        {
            channel.goodbye();
        }
    }
}

/// Appends a simple query.
fn query_write(channel: &mut Channel, sql: &str) -> Result<(), Error> {
    let output_bytes = channel.output.len();
    frontend::query(sql, &mut channel.output).map_err(|error| {
        channel.output.truncate(output_bytes);
        Error::Refused(format!("the statement cannot be sent: {error}").into())
    })
}

/// What may come in answer to a simple query, apart from errors.
fn query_message_check(message: &Message) -> Result<(), Error> {
    match message {
        Message::CommandComplete(_)
        | Message::EmptyQueryResponse
        | Message::RowDescription(_)
        | Message::DataRow(_)
        | Message::CopyData(_)
        | Message::CopyDone => Ok(()),
        Message::CopyOutResponse(_) => {
            Err(Error::Refused("copy to stdout is not supported".into()))
        }
        _ => Err(Error::Protocol("a message that no query has")),
    }
}

/// The rows that a command touched; 0 for `CREATE TABLE`.
fn command_rows(body: &CommandCompleteBody) -> u64 {
    rows_of_tag(body.tag().unwrap_or_default().as_bytes())
}

fn row_parse(body: &DataRowBody) -> Result<TextRow, Error> {
    const UNREADABLE: Error = Error::Protocol("a row cannot be read");
    let mut row = TextRow::new();
    let mut ranges = body.ranges();
    while let Some(range) = ranges.next().map_err(|_| UNREADABLE)? {
        let value = match range {
            Some(range) => Some(
                str::from_utf8(&body.buffer()[range])
                    .map_err(|_| Error::Refused("a value is not UTF-8".into()))?
                    .to_owned(),
            ),
            None => None,
        };
        row.push(value);
    }
    Ok(row)
}
