//! One connection of a pipeline: made on a thread of its own, then driven by a coroutine on the
//! pipeline's worker until it breaks, then made again.

use super::clock;
use super::error::{Error, ServerError, Severity};
use super::pending::Repeats;
use super::pipeline::{Options, Pipeline};
use super::session::Session;
use super::socket::Socket;
use super::wire::{self, Frame, Framing};
use crate::polled::Polled;
use may::coroutine::Builder;
use may::go;
use postgres_protocol::message::backend::Message;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a connection reads into, and keeps.
const INPUT_BYTES: usize = 64 << 10;
/// The longest message taken, a row among them; the input grows to it and shrinks again.
const FRAME_BYTES_MAX: usize = 16 << 20;
/// Bytes received before the other coroutines of the worker get their turn: a millisecond or two.
const TURN_BYTES_MAX: usize = 1 << 20;
/// From the making of a connection to that of the next, so that a server which takes connections
/// and ends each at once is not met by a storm of them.
const CONNECT_INTERVAL: Duration = Duration::from_millis(500);
/// Between attempts to connect: doubled from the first to the last, each half to once itself by
/// chance, so that the workers of many nodes do not come back in step.
const BACK_OFF_FIRST: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(2);

/// Between two log lines about the same pipeline's failure to connect.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(30);

/// Set when the process is about to end: the end of a connection is then no news.
static CLOSING: AtomicBool = AtomicBool::new(false);

/// Has connections that end from now on end quietly, and for good.
pub fn close() {
    CLOSING.store(true, Ordering::Relaxed);
}

/// Connects in the background, after `pause`, until it works; then has the pipeline of `index`
/// use it.
pub fn connect(pipeline: &Rc<Pipeline>, index: usize, pause: Duration) {
    let options = pipeline.options.clone();
    let gauges = Arc::clone(&pipeline.gauges);
    let connecting = move || {
        thread::sleep(pause);
        let mut back_off = BACK_OFF_FIRST;
        let mut complained: Option<Instant> = None;
        while !CLOSING.load(Ordering::Relaxed) {
            // The runtime panics where it cannot map a stack. Without this thread nobody would
            // ever connect again.
            let made = catch_unwind(AssertUnwindSafe(|| make(&options, index)))
                .unwrap_or_else(|_| Err(Error::Refused("connecting panicked".into())));
            match made {
                Ok(()) => {
                    if complained.is_some() {
                        log::warn!("{}: the database is back", options.name);
                    }
                    return;
                }
                Err(error) => {
                    gauges.connect_failures.fetch_add(1, Ordering::Relaxed);
                    if complained.is_none_or(|at| at.elapsed() >= COMPLAINT_INTERVAL) {
                        complained = Some(Instant::now());
                        log::warn!("{}: cannot use the database: {error}", options.name);
                    }
                }
            }
            thread::sleep(back_off.mul_f64(0.5 + fastrand::f64() / 2.0));
            back_off = (back_off * 2).min(BACK_OFF_MAX);
        }
    };
    let name = format!("connect-{}", pipeline.options.name);
    if let Err(error) = thread::Builder::new().name(name).spawn(connecting) {
        log::error!("cannot start a thread to connect to the database: {error}");
        pipeline.connect_later(BACK_OFF_MAX);
    }
}

/// Makes a connection, prepares everything and hands it to the worker.
fn make(options: &Options, index: usize) -> Result<(), Error> {
    let mut session = Session::connect(&options.target)?;
    session.prepare(options.statements)?;
    let io = |error: io::Error| Error::Io(error.kind());
    let socket = session.into_socket()?;
    let socket = socket.on_worker(options.worker, options.workers).map_err(io)?;
    socket.set_nonblocking(true).map_err(io)?;
    let builder = Builder::new().name(options.name.to_owned()).id(options.worker);
    go!(builder, move || drive(socket, index)).map_err(io)?;
    Ok(())
}

/// The coroutine of one connection.
fn drive(socket: Socket, index: usize) {
    let Some(pipeline) = clock::of_this_worker(index) else { return };
    let outcome = Polled::new(socket).map_err(|error| Error::Io(error.kind())).and_then(|socket| {
        let mut link = Link { pipeline: &pipeline, socket, input: Input::new() };
        // A panic here would leave every waiter of the connection to its deadline.
        catch_unwind(AssertUnwindSafe(|| link.run()))
            .unwrap_or(Err(Error::Protocol("the connection's coroutine panicked")))
    });
    if let (Err(error), false) = (outcome, CLOSING.load(Ordering::Relaxed)) {
        log::warn!("{}: a connection to the database ended: {error}", pipeline.options.name);
    }
    let stood = pipeline.disconnected();
    connect(&pipeline, index, CONNECT_INTERVAL.saturating_sub(stood));
}

struct Link<'p> {
    pipeline: &'p Pipeline,
    socket: Polled<Socket>,
    input: Input,
}

impl Link<'_> {
    /// Writes, reads and waits until the connection breaks.
    fn run(&mut self) -> Result<(), Error> {
        self.pipeline.connected(self.socket.waker().ok_or(Error::ConnectionLost)?);
        let mut readable = true;
        while self.pipeline.awake() {
            self.pipeline.pull();
            let flushed = self.flush();
            // What came before the server closed is taken in first; it may say why.
            let more = (readable || flushed.is_err()) && self.receive()?;
            flushed?;
            if more {
                self.socket.pass_turn();
            }
            // An answer may have made room for what waits meanwhile.
            readable = more || (!self.pipeline.pull() && self.socket.wait());
        }
        Err(Error::Late)
    }

    /// Writes what all coroutines of this turn have asked.
    fn flush(&self) -> Result<(), Error> {
        let mut state = self.pipeline.state.borrow_mut();
        while state.sent < state.output.len() {
            match self.socket.write(&state.output[state.sent..]) {
                Ok(0) => return Err(Error::Io(ErrorKind::UnexpectedEof)),
                Ok(length) => {
                    self.pipeline.gauges.flushes.fetch_add(1, Ordering::Relaxed);
                    state.sent(length);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Io(error.kind())),
            }
        }
        Ok(())
    }

    /// Reads until the socket is empty or the turn is over, and delivers each message as it is
    /// complete; whether there may be more to read.
    fn receive(&mut self) -> Result<bool, Error> {
        let mut received = 0;
        while received < TURN_BYTES_MAX {
            match self.socket.read(self.input.room()) {
                Ok(0) => return Err(Error::Io(ErrorKind::UnexpectedEof)),
                Ok(length) => {
                    received += length;
                    self.pipeline.state.borrow_mut().has_received = true;
                    let filled = self.input.received(length);
                    self.deliver()?;
                    if !filled && !self.socket.has_ended() {
                        return Ok(false);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Io(error.kind())),
            }
        }
        Ok(true)
    }

    fn deliver(&mut self) -> Result<(), Error> {
        loop {
            match wire::frame(self.input.pending()) {
                Framing::Whole(frame, bytes) => {
                    self.deliver_one(&frame)?;
                    self.input.consume(bytes);
                }
                Framing::Part(bytes) if bytes <= FRAME_BYTES_MAX => {
                    self.input.make_room_for(bytes);
                    return Ok(());
                }
                Framing::Part(_) => return Err(Error::Protocol("a message is over 16 MiB")),
                Framing::Nonsense => return Err(Error::Protocol("a message has no valid length")),
            }
        }
    }

    fn deliver_one(&self, frame: &Frame<'_>) -> Result<(), Error> {
        let mut state = self.pipeline.state.borrow_mut();
        let mut repeats = Repeats::new();
        match (frame.tag, state.queue.front_mut()) {
            // DataRow, CommandComplete; BindComplete; ErrorResponse; ReadyForQuery.
            (b'D', Some(pending)) => pending.row(frame.body),
            (b'C', Some(pending)) => {
                pending.completed(frame.body);
                if !pending.ends {
                    repeats = self.pipeline.finish_front(&mut state);
                }
            }
            (b'2', Some(_)) => {}
            (b'E', pending) => {
                let error = error_of(frame);
                // Fatal: the server closes the connection. Stale: the statement must be prepared
                // anew, which a new connection does. An ERROR of class 08 is no reason to end: a
                // database spread over several machines reports the loss of one of them so.
                let fatal = matches!(error.severity, Severity::Fatal | Severity::Panic);
                if fatal || error.is_stale_plan() {
                    return Err(error.into());
                }
                pending.ok_or(Error::Protocol("an error answers nothing"))?;
                repeats = self.pipeline.fail_front(&mut state, Error::from(error));
            }
            (b'Z', Some(pending)) if pending.ends => {
                if frame.body != b"I" {
                    return Err(Error::Protocol("a transaction was left open"));
                }
                repeats = self.pipeline.finish_front(&mut state);
            }
            // NoticeResponse, ParameterStatus, NotificationResponse come at any time.
            (b'N' | b'S' | b'A', _) => {}
            _ => return Err(Error::Protocol("a message answers nothing that was asked")),
        }
        drop(state);
        if let (false, Some(gate)) = (repeats.is_empty(), self.pipeline.gate.upgrade()) {
            gate.repeat(repeats);
        }
        Ok(())
    }
}

/// The server's error in an ErrorResponse; the cold path, so its bytes are copied once more.
fn error_of(frame: &Frame<'_>) -> ServerError {
    let mut bytes = bytes::BytesMut::with_capacity(frame.body.len() + wire::HEADER_BYTES);
    bytes.extend_from_slice(&[frame.tag]);
    let length = u32::try_from(frame.body.len() + 4).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(frame.body);
    match Message::parse(&mut bytes) {
        Ok(Some(Message::ErrorResponse(body))) => ServerError::parse(body.fields()),
        _ => ServerError::unreadable(),
    }
}

/// Bytes received, those in `start..end` not delivered yet.
struct Input {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    fn new() -> Self {
        Self { bytes: vec![0; INPUT_BYTES], start: 0, end: 0 }
    }

    /// Where the next read goes; never empty.
    fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.bytes.len() > INPUT_BYTES {
                self.bytes = vec![0; INPUT_BYTES];
            }
        }
        if self.end == self.bytes.len() {
            self.make_room_for(self.end - self.start + 1);
        }
        &mut self.bytes[self.end..]
    }

    /// Takes note of a read; whether it filled all the room there was.
    fn received(&mut self, length: usize) -> bool {
        self.end += length;
        self.end == self.bytes.len()
    }

    fn pending(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Sees to it that a message of so many bytes, begun at `start`, fits.
    fn make_room_for(&mut self, bytes: usize) {
        if self.start + bytes > self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if bytes > self.bytes.len() {
                self.bytes.resize(bytes.next_power_of_two(), 0);
            }
        }
    }
}
