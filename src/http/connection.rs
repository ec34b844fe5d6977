//! One connection's life: read a request, have it answered, write the reply, again.
//!
//! It runs as a coroutine on the worker that its socket belongs to. While it waits for a first
//! byte it holds no buffers. All complete requests of a read are answered before the replies
//! leave in one write, except that nothing already answered waits for a client to send more.

mod output;

use super::Service;
use super::body::{ChunkDecoder, TRAILER_BYTES_MAX};
use super::counters::Counters;
use super::edge::Edge;
use super::head::{Framing, Head, Method, has_empty_line};
use super::input::Input;
use super::listener::{Place, Shared};
use super::refusal::Refusal;
use super::reply::{Reply, Status};
use super::timer::{Watch, ticks};
use crate::polled::Polled;
use std::io::ErrorKind;
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Replies are written once so many bytes of them wait, also when more requests are at hand.
const FLUSH_BYTES: usize = 64 << 10;
/// What the input may hold besides a head and a body: an unfinished line between chunks.
const INPUT_BYTES_SPARE: usize = 2 * TRAILER_BYTES_MAX;
/// Reads and replies after which a connection that never waits lets the others run: about 0.3 ms.
const TURN_STEPS_MAX: u32 = 256;
/// After a refusal the client may still be sending; so much of it is read and dropped, so that
/// the reply is not torn up by a reset.
const LINGER_BYTES_MAX: usize = 1 << 20;
/// And for no longer than this.
const LINGER: Duration = Duration::from_secs(2);

/// When stopping: for a connection that has asked nothing yet to send its next bytes.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// How a connection ends.
enum End {
    /// Nothing more to say.
    Close,
    /// The last reply is written, but the client may still be sending.
    Linger,
}

pub struct Connection<S> {
    stream: Polled<TcpStream>,
    service: Rc<S>,
    edge: Rc<Edge>,
    shared: Arc<Shared>,
    watch: Rc<Watch>,
    input: Input,
    /// Replies not yet written.
    output: Vec<u8>,
    /// Whether a read may tell something new. A read that fills less than its buffer has emptied
    /// the socket, and the event loop reports each arrival after it: one read a request.
    readable: bool,
    served_any: bool,
    /// Reads and replies since the last wait.
    turn_steps: u32,
    /// Given up last, after the socket.
    _place: Place,
}

impl<S: Service> Connection<S> {
    pub fn new(
        stream: Polled<TcpStream>,
        service: Rc<S>,
        shared: Arc<Shared>,
        place: Place,
    ) -> Option<Self> {
        let edge = Edge::of_this_worker();
        let watch = edge.timer.watch(stream.waker()?);
        Some(Self {
            stream,
            service,
            shared,
            watch,
            input: Input::new(Rc::clone(&edge)),
            edge,
            output: Vec::new(),
            readable: true,
            served_any: false,
            turn_steps: 0,
            _place: place,
        })
    }

    /// Serves until either side ends it.
    pub fn serve(mut self) {
        if matches!(self.serve_requests(), End::Linger) {
            self.linger();
        }
    }

    fn serve_requests(&mut self) -> End {
        loop {
            let step = self.next_head().and_then(|head| {
                let (body, length) = self.read_body(&head)?;
                let close = self.answer(&head, body)?;
                self.input.consume(length);
                self.served_any = true;
                self.step();
                if close {
                    self.flush()?;
                    let more = self.readable || !self.input.is_empty();
                    return Err(if more { End::Linger } else { End::Close });
                }
                if self.output.len() >= FLUSH_BYTES { self.flush() } else { Ok(()) }
            });
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Counts a read or a reply, and lets others run when it was many without a wait.
    fn step(&mut self) {
        self.turn_steps += 1;
        if self.turn_steps >= TURN_STEPS_MAX {
            self.turn_steps = 0;
            self.stream.pass_turn();
        }
    }

    /// The next head, waited for as long as the limits allow.
    fn next_head(&mut self) -> Result<Head, End> {
        let limits = self.shared.limits;
        let (mut idle_deadline, mut head_deadline) = (None, None);
        // A head that was not complete is looked at again only when its end has come, so that a
        // client sending single bytes cannot have the whole of it parsed for each.
        let mut searched = 0;
        loop {
            // Some clients send an empty line after a body. It is not the start of a request.
            while self.input.pending().starts_with(b"\r\n") {
                self.input.consume(2);
                searched = 0;
            }
            let pending = self.input.pending();
            let ended = searched == 0 || has_empty_line(&pending[searched.max(3) - 3..]);
            if !pending.is_empty() && ended {
                match Head::parse(pending) {
                    Ok(Some(head)) if head.length <= limits.head_bytes_max => return Ok(head),
                    Ok(Some(_)) => return Err(self.refuse(Refusal::HEAD_TOO_LARGE)),
                    Ok(None) => {}
                    Err(refusal) => return Err(self.refuse(refusal)),
                }
            }
            if pending.len() >= limits.head_bytes_max {
                return Err(self.refuse(match memchr::memchr(b'\n', pending) {
                    Some(_) => Refusal::HEAD_TOO_LARGE,
                    None => Refusal::TARGET_TOO_LONG,
                }));
            }
            searched = pending.len();
            self.flush()?;
            let now = self.edge.timer.now();
            let deadline = if searched == 0 && self.served_any {
                *idle_deadline.get_or_insert(now + ticks(limits.idle_deadline))
            } else {
                *head_deadline.get_or_insert(now + ticks(limits.head_deadline))
            };
            self.receive(deadline)?;
        }
    }

    /// The body that follows `head`: where it lies in the pending input, and the bytes of the
    /// whole request, head included.
    fn read_body(&mut self, head: &Head) -> Result<(Range<usize>, usize), End> {
        let limits = self.shared.limits;
        let mut decoder = match head.framing {
            Framing::Length(0) => return Ok((0..0, head.length)),
            Framing::Length(length) if length > limits.body_bytes_max => {
                return Err(self.refuse(Refusal::BODY_TOO_LARGE));
            }
            Framing::Length(_) => None,
            Framing::Chunked => Some(ChunkDecoder::new(limits.body_bytes_max)),
        };
        let deadline = self.edge.timer.now() + ticks(limits.body_deadline);
        let mut continue_owed = head.expects_continue;
        loop {
            let here = self.input.pending().len() - head.length;
            match (&mut decoder, head.framing) {
                (Some(decoder), _) => {
                    match decoder.decode(&mut self.input.pending_mut()[head.length..]) {
                        Ok(true) => {
                            let body = head.length..head.length + decoder.decoded;
                            return Ok((body, head.length + decoder.consumed));
                        }
                        Ok(false) => {
                            let waste = decoder.take_waste();
                            self.input.cut(head.length + waste.start..head.length + waste.end);
                        }
                        Err(refusal) => return Err(self.refuse(refusal)),
                    }
                }
                (None, Framing::Length(length)) if here >= length => {
                    let request = head.length + length;
                    return Ok((head.length..request, request));
                }
                (None, _) => {}
            }
            if std::mem::take(&mut continue_owed) && here == 0 {
                self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            self.flush()?;
            self.receive(deadline)?;
        }
    }

    /// Has the service answer; whether the connection is to be closed after the reply.
    fn answer(&mut self, head: &Head, body: Range<usize>) -> Result<bool, End> {
        if self.output.capacity() == 0 {
            self.output = self.edge.take_output();
        }
        let pending = self.input.pending();
        let request = head.request(&pending[..head.length], &pending[body]);
        let output = std::mem::take(&mut self.output);
        let mut reply = Reply::new(output, self.edge.date(), self.shared.common_headers);
        if !head.keep_alive || self.shared.stopping() {
            reply.close_connection();
        } else if head.version_1_0 {
            reply.announce_keep_alive();
        }
        if head.method == Method::Head {
            reply.without_body();
        }
        let call = AssertUnwindSafe(|| self.service.call(&request, &mut reply));
        if catch_unwind(call).is_err() {
            Counters::add(&self.shared.counters.panics);
            reply.close_connection();
            reply.text(Status::INTERNAL_SERVER_ERROR, self.shared.limits.error_text);
        }
        let close = reply.close;
        // Without the replies before it, this one would be taken for one of them.
        self.output = reply.finish().ok_or(End::Close)?;
        Ok(close)
    }

    /// Reads at least one byte to the end of the input, waiting until the tick `deadline`.
    fn receive(&mut self, deadline: u64) -> Result<(), End> {
        // Looked at here as well, for those who always have another byte to send.
        if deadline <= self.edge.timer.now() {
            return Err(self.late());
        }
        let limits = self.shared.limits;
        let bytes_max = limits.head_bytes_max + limits.body_bytes_max + INPUT_BYTES_SPARE;
        let mut stop_deadline = None;
        loop {
            // Closing when stopping must not lose a request that is here but not yet reported.
            if self.readable || self.shared.stopping() {
                let room = match self.input.room(bytes_max, limits.grown_bytes_max) {
                    Ok(room) => room,
                    Err(refusal) => return Err(self.refuse(refusal)),
                };
                match self.stream.read(room) {
                    Ok(0) => return Err(End::Close),
                    Ok(length) => {
                        let filled = self.input.received(length);
                        self.readable = filled || self.stream.has_ended();
                        self.watch.clear();
                        self.step();
                        return Ok(());
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => return Err(End::Close),
                }
            }
            let mut deadline = deadline;
            if self.input.is_empty() {
                self.input.release();
                if self.shared.stopping() {
                    if self.served_any {
                        return Err(End::Close);
                    }
                    // Who connected a moment before the stop is about to ask.
                    let grace = || self.edge.timer.now() + ticks(STOP_GRACE);
                    deadline = deadline.min(*stop_deadline.get_or_insert_with(grace));
                }
            }
            if deadline <= self.edge.timer.now() {
                return Err(self.late());
            }
            self.edge.timer.set_at(&self.watch, deadline);
            self.turn_steps = 0;
            self.readable = self.stream.wait();
        }
    }

    /// The deadline has passed: who has begun a request is told.
    fn late(&mut self) -> End {
        Counters::add(&self.shared.counters.timeouts);
        if self.input.is_empty() { End::Close } else { self.refuse(Refusal::TOO_SLOW) }
    }

    /// Answers with `refusal` and ends the connection.
    fn refuse(&mut self, refusal: Refusal) -> End {
        Counters::add(&self.shared.counters.requests_refused);
        let output = std::mem::take(&mut self.output);
        let mut reply = Reply::new(output, self.edge.date(), self.shared.common_headers);
        reply.close_connection();
        reply.text(refusal.status, refusal.reason);
        let Some(output) = reply.finish() else { return End::Close };
        self.output = output;
        match self.flush() {
            Ok(()) => End::Linger,
            Err(end) => end,
        }
    }

    /// Says that we are done, and drops what the client still sends, within bounds.
    fn linger(&mut self) {
        if let Some(socket) = self.stream.source() {
            let _ = socket.shutdown(Shutdown::Write);
        }
        self.input.release();
        let mut dropped = self.edge.take_input();
        let mut dropped_bytes = 0;
        let deadline = self.edge.timer.now() + ticks(LINGER);
        while dropped_bytes < LINGER_BYTES_MAX && deadline > self.edge.timer.now() {
            match self.stream.read(&mut dropped) {
                Ok(0) => break,
                Ok(length) => dropped_bytes += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.edge.timer.set_at(&self.watch, deadline);
                    self.stream.wait();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            self.step();
        }
        self.edge.give_input(dropped);
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.edge.timer.unwatch(&self.watch);
        self.edge.give_output(std::mem::take(&mut self.output));
    }
}
