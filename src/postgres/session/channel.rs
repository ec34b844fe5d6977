//! Whole messages to and from the server over a socket that never blocks: buffers, framing,
//! waiting with a deadline, and the messages that may come at any time. Knows what a message
//! is, not what a conversation is.
//!
//! While it waits to write it also reads, so that two sides with full buffers cannot wait for
//! each other.

use crate::postgres::error::{Error, ServerError, Severity};
use crate::postgres::socket::Socket;
use bytes::{Buf, BytesMut};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use postgres_protocol::message::backend::{ErrorResponseBody, Header, Message};
use postgres_protocol::message::frontend;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The longest message that is accepted: the largest reply is a row with a document of some
/// megabytes.
pub const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How much is asked of the socket at once.
const READ_BYTES: usize = 64 * 1024;

/// The transaction status in which a session may be handed on.
pub const STATUS_IDLE: u8 = b'I';

pub struct Channel {
    socket: Socket,
    /// What has come and was not parsed yet, less than a frame and a read.
    input: BytesMut,
    /// What is to be sent.
    pub output: BytesMut,
    scratch: Box<[u8]>,
    expires: Option<Instant>,
    /// The server has closed its side.
    ended: bool,
    /// An operation failed in a way that leaves the two sides out of step.
    broken: bool,
    /// The transaction status of the last ReadyForQuery.
    status: u8,
    server_version: u32,
}

impl Channel {
    pub fn new(socket: Socket) -> Result<Channel, Error> {
        socket.set_nonblocking(true).map_err(|error| Error::Io(error.kind()))?;
        Ok(Channel {
            socket,
            input: BytesMut::new(),
            output: BytesMut::new(),
            scratch: vec![0; READ_BYTES].into(),
            expires: None,
            ended: false,
            broken: false,
            status: 0,
            server_version: 0,
        })
    }

    /// Starts the clock of an operation; fails where an earlier one broke the connection.
    pub fn begin(&mut self, expires: Option<Instant>) -> Result<(), Error> {
        self.expires = expires;
        if self.broken { Err(Error::ConnectionLost) } else { Ok(()) }
    }

    /// Marks the connection as of no further use.
    pub fn broken_by(&mut self, error: Error) -> Error {
        self.broken = true;
        error
    }

    pub fn is_broken(&self) -> bool {
        self.broken
    }

    pub fn status(&self) -> u8 {
        self.status
    }

    pub fn server_version(&self) -> u32 {
        self.server_version
    }

    /// Tells the server that this is the end, as far as the socket takes it at once.
    pub fn goodbye(&mut self) {
        frontend::terminate(&mut self.output);
        // Without the message the server learns of the end from the closed socket.
        let _ = (&self.socket).write(&self.output);
    }

    /// Gives up the socket with the number of bytes that were read and not used.
    pub fn into_socket(self) -> (Socket, usize) {
        (self.socket, self.input.len())
    }

    /// Writes all of `output`.
    pub fn flush(&mut self) -> Result<(), Error> {
        while !self.output.is_empty() {
            self.write_some()?;
        }
        Ok(())
    }

    /// Writes `output` until it is empty or the server has said something, which is returned
    /// if it is a whole message. What is unsent then stays to be sent.
    pub fn flush_or_message(&mut self) -> Result<Option<Message>, Error> {
        loop {
            while !self.output.is_empty() {
                let input_bytes = self.input.len();
                self.write_some()?;
                if self.input.len() > input_bytes {
                    break;
                }
            }
            self.absorb()?;
            if let Some(message) = self.message()? {
                return Ok(Some(message));
            }
            if self.ended {
                return Err(self.broken_by(Error::ConnectionLost));
            }
            if self.output.is_empty() {
                return Ok(None);
            }
        }
    }

    /// The next message, waited for.
    pub fn receive(&mut self) -> Result<Message, Error> {
        loop {
            if let Some(message) = self.message()? {
                return Ok(message);
            }
            if self.ended {
                return Err(self.broken_by(Error::ConnectionLost));
            }
            self.remaining()?;
            if !self.absorb()? {
                self.wait(PollFlags::POLLIN)?;
            }
        }
    }

    /// Hands the messages up to ReadyForQuery to `each`, beginning with `first`. The result is
    /// the first error, be it the server's or that of `each`; the messages behind it are read
    /// all the same, so that the connection stays in step.
    pub fn answer(
        &mut self,
        mut first: Option<Message>,
        mut each: impl FnMut(Message) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut result = Ok(());
        loop {
            let message = match first.take() {
                Some(message) => message,
                None => self.receive()?,
            };
            let outcome = match message {
                Message::ReadyForQuery(_) => return result,
                Message::ErrorResponse(body) => Err(self.server_error(&body)?.into()),
                Message::CopyInResponse(_) => self.copy_refuse(),
                message if result.is_ok() => each(message),
                _ => Ok(()),
            };
            match outcome {
                Err(error @ Error::Protocol(_)) => return Err(self.broken_by(error)),
                Err(error) if result.is_ok() => result = Err(error),
                _ => {}
            }
        }
    }

    /// The error of a running session. One that ends the connection is logged and becomes
    /// `ConnectionLost`: whoever waits has lost the connection, whatever the reason.
    pub fn server_error(&mut self, body: &ErrorResponseBody) -> Result<ServerError, Error> {
        let error = ServerError::parse(body.fields());
        if matches!(error.severity, Severity::Fatal | Severity::Panic) {
            log::warn!("the database ended a connection: {error}");
            return Err(self.broken_by(Error::ConnectionLost));
        }
        Ok(error)
    }

    /// Answers a COPY FROM STDIN that nobody here has data for.
    fn copy_refuse(&mut self) -> Result<(), Error> {
        frontend::copy_fail("no data is sent here", &mut self.output)
            .map_err(|error| Error::Io(error.kind()))?;
        self.flush()?;
        Err(Error::Refused("copy from stdin works through copy_in only".into()))
    }

    /// A message out of what was read, if there is a whole one. Notices are logged, settings
    /// noted and notifications passed over on the way.
    fn message(&mut self) -> Result<Option<Message>, Error> {
        loop {
            match self.message_any() {
                Ok(Some(Message::NoticeResponse(body))) => {
                    log::debug!("the database notes: {}", ServerError::parse(body.fields()));
                }
                Ok(Some(Message::ParameterStatus(body))) => {
                    if let (Ok("server_version"), Ok(value)) = (body.name(), body.value()) {
                        self.server_version = version_parse(value);
                    }
                }
                Ok(Some(Message::NotificationResponse(_))) => {}
                Ok(Some(Message::ReadyForQuery(body))) => {
                    self.status = body.status();
                    return Ok(Some(Message::ReadyForQuery(body)));
                }
                Ok(message) => return Ok(message),
                Err(error) => return Err(self.broken_by(error)),
            }
        }
    }

    fn message_any(&mut self) -> Result<Option<Message>, Error> {
        const UNREADABLE: Error = Error::Protocol("a message cannot be read");
        let Some(header) = Header::parse(&self.input).map_err(|_| UNREADABLE)? else {
            return Ok(None);
        };
        // The length is at least 4: `Header::parse` has refused the others.
        let frame_bytes = 1 + usize::try_from(header.len()).map_err(|_| UNREADABLE)?;
        if frame_bytes > FRAME_BYTES_MAX {
            return Err(Error::Protocol("a message is longer than 64 MiB"));
        }
        if self.input.len() < frame_bytes {
            return Ok(None);
        }
        Message::parse(&mut self.input).map_err(|_| UNREADABLE)
    }

    /// Writes what the socket takes; where it takes nothing, waits until it does, or until
    /// there is something to read, and reads it.
    fn write_some(&mut self) -> Result<(), Error> {
        self.remaining()?;
        match (&self.socket).write(&self.output) {
            Ok(written) if written > 0 => self.output.advance(written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let readable = self.wait(PollFlags::POLLIN | PollFlags::POLLOUT)?;
                if readable {
                    self.absorb()?;
                }
                if self.ended {
                    self.output.clear();
                }
            }
            // The server reads no more. What it has sent before is all here, and may say why.
            _ => {
                while !self.ended && self.absorb()? {}
                self.ended = true;
                self.output.clear();
            }
        }
        Ok(())
    }

    /// Reads once. False where there was nothing to read yet.
    fn absorb(&mut self) -> Result<bool, Error> {
        if self.ended {
            return Ok(true);
        }
        if self.input.len() > FRAME_BYTES_MAX {
            return Err(self.broken_by(Error::Protocol("more is sent than was asked for")));
        }
        match (&self.socket).read(&mut self.scratch) {
            Ok(0) => self.ended = true,
            Ok(read) => self.input.extend_from_slice(&self.scratch[..read]),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => return Ok(false),
                _ => self.ended = true,
            },
        }
        Ok(true)
    }

    /// Waits for one of the events; says whether there is something to read.
    fn wait(&mut self, events: PollFlags) -> Result<bool, Error> {
        let timeout = match self.remaining()? {
            // Rounded up, so that the wait does not end just before the deadline.
            Some(left) => PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX),
            None => PollTimeout::NONE,
        };
        let mut watched = [PollFd::new(self.socket.as_fd(), events)];
        match poll(&mut watched, timeout) {
            Ok(_) => {
                // What is neither of the two is an end or an error, which reading will meet.
                let happened = watched[0].revents().unwrap_or(PollFlags::empty());
                Ok(happened.intersects(!PollFlags::POLLOUT))
            }
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(self.broken_by(Error::Io(io::Error::from(error).kind()))),
        }
    }

    /// The time until the deadline.
    fn remaining(&mut self) -> Result<Option<Duration>, Error> {
        let Some(expires) = self.expires else { return Ok(None) };
        match expires.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(self.broken_by(Error::Late)),
            left => Ok(Some(left)),
        }
    }
}

/// `15.20 (Debian 15.20-0+deb12u1)` is 150020, `9.6.24` is 90624, `18beta1` is 180000, as in
/// `server_version_num`. Zero for what has no number.
fn version_parse(text: &str) -> u32 {
    let number = |part: &str| -> u32 {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().ok().filter(|number| *number < 1_000).unwrap_or(0)
    };
    let mut parts = text.split(' ').next().unwrap_or("").split('.').map(number);
    let mut next = || parts.next().unwrap_or(0);
    match (next(), next(), next()) {
        (major, minor, _) if major >= 10 => major * 10_000 + minor,
        (major, minor, patch) => major * 10_000 + minor * 100 + patch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbered_as_the_server_numbers_them() {
        assert_eq!(version_parse("15.20 (Debian 15.20-0+deb12u1)"), 150_020);
        assert_eq!(version_parse("18beta1"), 180_000);
        assert_eq!(version_parse("9.6.24"), 90_624);
        assert_eq!(version_parse("unknown"), 0);
        assert_eq!(version_parse("99999999999999.5"), 5 * 100);
    }
}
