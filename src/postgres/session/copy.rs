//! COPY FROM STDIN: bytes in, cut into frames, with an ear for the server's objections. Does
//! not know what the bytes mean; text, CSV and binary are the caller's.

use super::channel::Channel;
use super::{command_rows, query_write};
use crate::postgres::error::Error;
use bytes::{BufMut, BytesMut};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use std::io;
use std::time::{Duration, Instant};

/// The data of one CopyData message. Between two of them the server is listened to.
pub const COPY_FRAME_BYTES: usize = 64 * 1024;

/// A message's tag and length.
const FRAME_HEAD_BYTES: usize = 5;

/// How long a dropped COPY waits for the server to confirm, where the session sets no
/// deadline.
const COPY_ABORT_DEADLINE: Duration = Duration::from_secs(10);

/// A COPY FROM STDIN under way. Dropping it without `finish` cancels it, and none of its rows
/// stay.
#[must_use = "a copy that is not finished is cancelled"]
pub struct CopyIn<'a> {
    /// While the copy is open, `output` holds nothing or one unfinished frame.
    channel: &'a mut Channel,
    deadline: Option<Duration>,
    state: State,
}

enum State {
    Open,
    Failed(Error),
    Finished,
}

impl<'a> CopyIn<'a> {
    pub(super) fn start(
        channel: &'a mut Channel,
        deadline: Option<Duration>,
        sql: &str,
    ) -> Result<CopyIn<'a>, Error> {
        query_write(channel, sql)?;
        channel.flush()?;
        match channel.receive()? {
            Message::CopyInResponse(_) => Ok(CopyIn { channel, deadline, state: State::Open }),
            message => {
                channel.answer(Some(message), |_| Ok(()))?;
                Err(Error::Refused("the statement is not a copy from stdin".into()))
            }
        }
    }

    /// Sends data, in frames of `COPY_FRAME_BYTES`. An error of the server, say for a row sent
    /// earlier, is returned by this or a later call; the copy has then failed as a whole, and
    /// every further call returns the same error.
    pub fn send(&mut self, mut data: &[u8]) -> Result<(), Error> {
        self.open_check()?;
        while !data.is_empty() {
            let output = &mut self.channel.output;
            if output.is_empty() {
                output.reserve(FRAME_HEAD_BYTES + COPY_FRAME_BYTES);
                output.put_slice(&[b'd', 0, 0, 0, 0]);
            }
            let room = FRAME_HEAD_BYTES + COPY_FRAME_BYTES - output.len();
            let (now, later) = data.split_at(data.len().min(room));
            output.put_slice(now);
            data = later;
            if now.len() == room {
                self.frame_send()?;
            }
        }
        Ok(())
    }

    /// Ends the data; returns the number of rows copied, once they are.
    pub fn finish(mut self) -> Result<u64, Error> {
        self.open_check()?;
        self.state = State::Finished;
        frame_close(&mut self.channel.output);
        frontend::copy_done(&mut self.channel.output);
        self.begin(self.deadline)?;
        let first = self.channel.flush_or_message()?;
        let mut rows = 0;
        self.channel.answer(first, |message| {
            if let Message::CommandComplete(body) = message {
                rows = command_rows(&body);
            }
            Ok(())
        })?;
        Ok(rows)
    }

    fn open_check(&self) -> Result<(), Error> {
        match &self.state {
            State::Open => Ok(()),
            State::Failed(error) => Err(error.clone()),
            State::Finished => Err(Error::Refused("the copy is finished".into())),
        }
    }

    fn begin(&mut self, deadline: Option<Duration>) -> Result<(), Error> {
        self.channel.begin(deadline.map(|deadline| Instant::now() + deadline))
    }

    /// Sends the frame in `output`, then looks whether the server has said something. It says
    /// nothing during a COPY unless it fails; it then skips what else is sent, down to and
    /// including the end.
    fn frame_send(&mut self) -> Result<(), Error> {
        frame_close(&mut self.channel.output);
        let sent =
            self.begin(self.deadline).and_then(|()| match self.channel.flush_or_message()? {
                None => Ok(()),
                Some(message) => {
                    self.channel.answer(Some(message), |_| {
                        Err(Error::Protocol("a message that does not belong into a copy"))
                    })?;
                    Err(self.channel.broken_by(Error::Protocol("the copy ended by itself")))
                }
            });
        sent.inspect_err(|error| self.state = State::Failed(error.clone()))
    }
}

/// Writes the length of the one frame that `output` holds, if it holds one.
fn frame_close(output: &mut BytesMut) {
    if let Some(length_bytes) = output.len().checked_sub(1)
        && let Ok(length) = u32::try_from(length_bytes)
    {
        output[1..FRAME_HEAD_BYTES].copy_from_slice(&length.to_be_bytes());
    }
}

/// An `io::Error` of this carries an `Error`; `finish` returns the same.
impl io::Write for CopyIn<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.send(data).map_err(io::Error::other)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open_check().map_err(io::Error::other)?;
        self.frame_send().map_err(io::Error::other)
    }
}

impl Drop for CopyIn<'_> {
    fn drop(&mut self) {
        if !matches!(self.state, State::Open) || self.channel.is_broken() {
            return;
        }
        self.channel.output.clear();
        let deadline = self.deadline.unwrap_or(COPY_ABORT_DEADLINE);
        let cancelled = frontend::copy_fail("the client gave up", &mut self.channel.output)
            .map_err(|error| Error::Io(error.kind()))
            .and_then(|()| self.begin(Some(deadline)))
            .and_then(|()| self.channel.flush_or_message())
            .and_then(|first| self.channel.answer(first, |_| Ok(())));
        // The server confirms by an error; any other marks the connection as broken itself.
        if let Err(error) = cancelled {
            log::debug!("a copy was given up: {error}");
        }
    }
}
