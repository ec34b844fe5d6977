//! One connection's life: read a request, have it answered, write the reply, again.
//!
//! It runs as a coroutine on the worker that its socket belongs to. While it waits for a first
//! byte it holds no buffers. All complete requests of a read are answered before the replies
//! leave in one write, except that nothing already answered waits for a client to send more.

use super::Service;
use super::body::ChunkDecoder;
use super::counters::Counters;
use super::edge::Edge;
use super::head::{Framing, Head, Method, Refusal};
use super::listener::Shared;
use super::reply::{Reply, Status};
use super::timer::{Watch, ticks};
use crate::polled::Polled;
use std::io::ErrorKind;
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Replies are written once so many bytes of them wait, also when more requests are at hand.
const FLUSH_BYTES: usize = 64 << 10;
/// The most a connection's input buffer grows to, in bodies: a chunked body is longer on the wire
/// than decoded, one byte a chunk six times so. What is cut finer than a fourth is refused.
const INPUT_BODIES_MAX: usize = 4;
/// After a refusal the client may still be sending; so much of it is read and dropped, so that
/// the reply is not torn up by a reset.
const LINGER_BYTES_MAX: usize = 1 << 20;
/// And for no longer than this.
const LINGER: Duration = Duration::from_secs(2);

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
    /// Bytes read; those in `start..end` are not answered yet. No buffer at all while idle.
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// Replies not yet written.
    output: Vec<u8>,
    /// Whether a read may tell something new. A read that fills less than its buffer has emptied
    /// the socket, and the event loop reports each arrival after it: one read a request.
    readable: bool,
    served_any: bool,
}

impl<S: Service> Connection<S> {
    pub fn new(stream: Polled<TcpStream>, service: Rc<S>, shared: Arc<Shared>) -> Option<Self> {
        let edge = Edge::of_this_worker();
        let watch = edge.timer.watch(stream.waker()?);
        Some(Self {
            stream,
            service,
            edge,
            shared,
            watch,
            input: Vec::new(),
            start: 0,
            end: 0,
            output: Vec::new(),
            readable: true,
            served_any: false,
        })
    }

    /// Serves until either side ends it.
    pub fn serve(mut self) {
        if matches!(self.serve_requests(), End::Linger) {
            self.linger();
        }
        self.watch.clear();
        self.edge.give_input(std::mem::take(&mut self.input));
        self.edge.give_output(std::mem::take(&mut self.output));
    }

    fn serve_requests(&mut self) -> End {
        loop {
            let step = self.next_head().and_then(|head| {
                let (body, length) = self.read_body(&head)?;
                let close = self.answer(&head, body);
                self.start += length;
                self.served_any = true;
                if close {
                    self.flush()?;
                    return Err(if self.start < self.end { End::Linger } else { End::Close });
                }
                if self.output.len() >= FLUSH_BYTES { self.flush() } else { Ok(()) }
            });
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// The next head, waited for as long as the limits allow.
    fn next_head(&mut self) -> Result<Head, End> {
        let limits = self.shared.limits;
        let mut deadline = None;
        // A head that was not complete is looked at again only when its end has come, so that a
        // client sending single bytes cannot have the whole of it parsed for each.
        let mut searched = 0;
        loop {
            let pending = &self.input[self.start..self.end];
            let ended = searched == 0
                || memchr::memmem::find(&pending[searched.max(3) - 3..], b"\r\n\r\n").is_some();
            if !pending.is_empty() && ended {
                match Head::parse(pending) {
                    Ok(Some(head)) if head.length <= limits.head_bytes_max => return Ok(head),
                    Ok(Some(_)) => return Err(self.refuse(HEAD_TOO_LARGE)),
                    Ok(None) => {}
                    Err(refusal) => return Err(self.refuse(refusal)),
                }
            }
            if pending.len() >= limits.head_bytes_max {
                let one_line = memchr::memchr(b'\n', pending).is_none();
                return Err(self.refuse(if one_line { URI_TOO_LONG } else { HEAD_TOO_LARGE }));
            }
            searched = pending.len();
            self.flush()?;
            let now = self.edge.timer.now();
            if self.start == self.end && self.served_any {
                self.receive(now + ticks(limits.idle_deadline))?;
            } else {
                let deadline = *deadline.get_or_insert(now + ticks(limits.head_deadline));
                self.receive(deadline)?;
            }
        }
    }

    /// The body that follows `head`: where it lies in the input, and the bytes of the whole
    /// request, head included.
    fn read_body(&mut self, head: &Head) -> Result<(Range<usize>, usize), End> {
        let limits = self.shared.limits;
        let mut decoder = match head.framing {
            Framing::Length(0) => return Ok((0..0, head.length)),
            Framing::Length(length) if length > limits.body_bytes_max => {
                return Err(self.refuse(BODY_TOO_LARGE));
            }
            Framing::Length(_) => None,
            Framing::Chunked => Some(ChunkDecoder::new(limits.body_bytes_max)),
        };
        let deadline = self.edge.timer.now() + ticks(limits.body_deadline);
        let mut continue_owed = head.expects_continue;
        loop {
            let body_start = self.start + head.length;
            let here = self.end - body_start;
            match (&mut decoder, head.framing) {
                (Some(decoder), _) => match decoder.decode(&mut self.input[body_start..self.end]) {
                    Ok(true) => {
                        let body = body_start..body_start + decoder.decoded;
                        return Ok((body, head.length + decoder.consumed));
                    }
                    Ok(false) => {}
                    Err(refusal) => return Err(self.refuse(refusal)),
                },
                (None, Framing::Length(length)) if here >= length => {
                    return Ok((body_start..body_start + length, head.length + length));
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
    fn answer(&mut self, head: &Head, body: Range<usize>) -> bool {
        if self.output.capacity() == 0 {
            self.output = self.edge.take_output();
        }
        let head_bytes = &self.input[self.start..self.start + head.length];
        let request = head.request(head_bytes, &self.input[body]);
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
        if self.edge.unsent_bytes.get() > self.shared.limits.unsent_bytes_max {
            Counters::add(&self.shared.counters.requests_shed);
            reply.text(Status::SERVICE_UNAVAILABLE, "Too many replies wait to be read.");
        } else {
            let call = AssertUnwindSafe(|| self.service.call(&request, &mut reply));
            if catch_unwind(call).is_err() {
                Counters::add(&self.shared.counters.panics);
                reply.close_connection();
                reply.text(Status::INTERNAL_SERVER_ERROR, self.shared.limits.error_text);
            }
        }
        let close = reply.close;
        self.output = reply.finish().0;
        close
    }

    /// Reads at least one byte to the end of the input, waiting until the tick `deadline`.
    fn receive(&mut self, deadline: u64) -> Result<(), End> {
        loop {
            if self.readable {
                self.make_room()?;
                match self.stream.read(&mut self.input[self.end..]) {
                    Ok(0) => return Err(End::Close),
                    Ok(length) => {
                        self.end += length;
                        self.readable = self.end == self.input.len();
                        self.watch.clear();
                        return Ok(());
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => return Err(End::Close),
                }
            }
            let idle = self.start == self.end;
            if idle {
                self.edge.give_input(std::mem::take(&mut self.input));
                (self.start, self.end) = (0, 0);
                if self.shared.stopping() {
                    return Err(End::Close);
                }
            }
            if deadline <= self.edge.timer.now() {
                Counters::add(&self.shared.counters.timeouts);
                return Err(if idle { End::Close } else { self.refuse(TOO_SLOW) });
            }
            self.edge.timer.set_at(&self.watch, deadline);
            self.readable = self.stream.wait();
        }
    }

    /// Sees to it that the input has room behind `end`.
    fn make_room(&mut self) -> Result<(), End> {
        if self.input.is_empty() {
            self.input = self.edge.take_input();
        } else if self.end == self.input.len() {
            let limits = self.shared.limits;
            let bytes_max = limits.head_bytes_max + INPUT_BODIES_MAX * limits.body_bytes_max;
            if self.start > 0 {
                self.input.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            } else if self.input.len() >= bytes_max {
                return Err(self.refuse(BODY_TOO_LARGE));
            } else {
                self.input.resize((2 * self.input.len()).min(bytes_max), 0);
            }
        }
        Ok(())
    }

    /// Writes what waits to be written.
    fn flush(&mut self) -> Result<(), End> {
        if self.output.is_empty() {
            return Ok(());
        }
        let mut sent = 0;
        let mut counted = 0;
        let ended = loop {
            match self.stream.write(&self.output[sent..]) {
                Ok(0) => break Err(End::Close),
                Ok(length) => {
                    sent += length;
                    self.watch.clear();
                    if sent == self.output.len() {
                        break Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.edge.unsent_bytes.update(|bytes| bytes - counted);
                    counted = self.output.len() - sent;
                    self.edge.unsent_bytes.update(|bytes| bytes + counted);
                    if !self.wait_until_writable() {
                        break Err(End::Close);
                    }
                }
                Err(_) => break Err(End::Close),
            }
        };
        self.edge.unsent_bytes.update(|bytes| bytes - counted);
        self.edge.give_output(std::mem::take(&mut self.output));
        ended
    }

    /// Parks until the socket may take more; false when the client took nothing for too long.
    fn wait_until_writable(&mut self) -> bool {
        let now = self.edge.timer.now();
        if self.watch.expired(now) {
            Counters::add(&self.shared.counters.timeouts);
            return false;
        }
        if !self.watch.is_set() {
            self.edge.timer.set(&self.watch, self.shared.limits.write_deadline);
        }
        // An arrival reported now would not be reported again: remember it for the next read.
        self.readable |= self.stream.wait();
        true
    }

    /// Answers with `refusal` and ends the connection.
    fn refuse(&mut self, refusal: Refusal) -> End {
        Counters::add(&self.shared.counters.requests_refused);
        let output = std::mem::take(&mut self.output);
        let mut reply = Reply::new(output, self.edge.date(), self.shared.common_headers);
        reply.close_connection();
        reply.text(refusal.status, refusal.reason);
        self.output = reply.finish().0;
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
        if self.input.is_empty() {
            self.input = self.edge.take_input();
        }
        let deadline = self.edge.timer.now() + ticks(LINGER);
        let mut dropped = 0;
        while dropped < LINGER_BYTES_MAX && !self.shared.stopping() {
            match self.stream.read(&mut self.input) {
                Ok(0) => return,
                Ok(length) => dropped += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if deadline <= self.edge.timer.now() {
                        return;
                    }
                    self.edge.timer.set_at(&self.watch, deadline);
                    self.stream.wait();
                }
                Err(_) => return,
            }
        }
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.shared.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}

const HEAD_TOO_LARGE: Refusal =
    Refusal { status: Status::HEADERS_TOO_LARGE, reason: "The head is too large." };
const URI_TOO_LONG: Refusal =
    Refusal { status: Status::URI_TOO_LONG, reason: "The request's target is too long." };
const BODY_TOO_LARGE: Refusal =
    Refusal { status: Status::CONTENT_TOO_LARGE, reason: "The body is too large." };
const TOO_SLOW: Refusal =
    Refusal { status: Status::REQUEST_TIMEOUT, reason: "The request took too long to arrive." };
