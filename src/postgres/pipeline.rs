//! Requests of many coroutines in flight on one connection.
//!
//! A request is encoded straight into the connection's output and its coroutine parks. The
//! connection's own coroutine (in `link`) runs after all coroutines that this turn of the
//! event loop made ready, so everything they asked leaves in one write; rows are decoded where
//! they were received, into the buffer that the waiting request lent. Each request ends at its
//! own Sync: an error is its own, and nobody else's. Reads that may share a statement wait at
//! a `gate` in front of their pipelines instead.
//!
//! A pipeline belongs to one worker and is never touched from another thread.

use super::batch::{Batch, Key, Member};
use super::claim::{Claim, Decode, Done, Waiter};
use super::clock::{self, TICK};
use super::error::Error;
use super::gate::Gate;
use super::link;
use super::pending::{Pending, Repeats};
use super::row::{BadRow, Row};
use super::statement::Statement;
use super::url::Target;
use super::wire::{self, Bind};
use may::io::WaitIoWaker;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Requests in flight or waiting on one connection; the next is refused. At the 200 us that a write
/// costs PostgreSQL, the last of them waits 400 ms.
const QUEUE_REQUESTS_MAX: usize = 2048;
/// Bytes encoded and not yet taken by the socket.
const OUTPUT_BYTES_MAX: usize = 8 << 20;
/// What an emptied output keeps of its room, after a time when the server did not read.
const OUTPUT_BYTES_KEPT: usize = 256 << 10;
/// The server's own `statement_timeout` ends each request within the deadline from when it comes
/// to it. A connection that has not answered the oldest by then and for so long on top is taken
/// for dead.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// Looks, a millisecond apart, that may meet the same statement before others step in: where
/// nothing has come since the look before, and where rows come. A full statement takes 1 ms, and
/// as long again where others are on the core. At one look for both kinds, others stepped in though
/// nothing was slow: the page mix then took 19.4 us of CPU a request instead of 18.6.
const SILENT_LOOKS_MAX: u8 = 1;
const ANSWERING_LOOKS_MAX: u8 = 5;

/// What a pipeline connects to and asks.
#[derive(Clone)]
pub struct Options {
    /// In logs and thread names: `reads`, `writes`.
    pub name: &'static str,
    pub target: Target,
    /// Prepared on each connection before it is used.
    pub statements: &'static [&'static Statement],
    /// How long a request may take, from being asked to its last row.
    pub deadline: Duration,
    /// The worker that the pipeline belongs to, and how many there are.
    pub worker: usize,
    pub workers: usize,
}

/// What is known of a pipeline outside its worker.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Whether it is connected with everything prepared.
    pub ready: AtomicBool,
    /// Statements in flight now.
    pub depth: AtomicUsize,
    /// Requests sent; several of them may have shared a statement.
    pub requests: AtomicU64,
    /// Statements sent.
    pub statements: AtomicU64,
    /// Keys asked in them; fewer than requests where the same one was wanted at the same time.
    pub keys: AtomicU64,
    /// Statements asked again, alone, after the one they shared had failed.
    pub repeats: AtomicU64,
    /// Writes to the socket: fewer than statements where they shared one.
    pub flushes: AtomicU64,
    /// Connections made, the first included.
    pub connects: AtomicU64,
    /// Attempts to connect that failed.
    pub connect_failures: AtomicU64,
    /// Requests that ran into their deadline.
    pub late: AtomicU64,
    /// Requests refused because the queue was full.
    pub refused: AtomicU64,
}

pub(super) struct State {
    /// Encoded statements not yet taken by the socket, the first `sent` bytes of them gone.
    pub output: Vec<u8>,
    pub sent: usize,
    pub queue: VecDeque<Pending>,
    /// Wakes the connection's coroutine; `None` while there is no connection.
    waker: Option<WaitIoWaker>,
    /// Whether that coroutine was woken and has not run since.
    woken: bool,
    /// Whether it is at one statement for too long, or at one that is known to be long: others may
    /// step in.
    pub is_held_up: bool,
    /// Looks that have met the statement that is at the front now.
    looks: u8,
    /// Whether anything was received since the last of them.
    pub has_received: bool,
    /// Set when the connection is to be given up.
    doomed: bool,
    /// When the connection was made, and when a request was last answered on it.
    connected_tick: u64,
    answered_tick: u64,
    /// When to try to connect again, where not even trying was possible.
    connect_tick: Option<u64>,
}

pub struct Pipeline {
    pub(super) options: Options,
    pub(super) gauges: Arc<Gauges>,
    pub(super) state: RefCell<State>,
    /// Where its requests wait, if not in its own output.
    pub(super) gate: Weak<Gate>,
}

impl Pipeline {
    /// Begins to connect, in the background, for as long as it takes; to be called on the worker.
    #[must_use]
    pub fn open(options: Options) -> Rc<Self> {
        Self::open_at(options, Weak::new())
    }

    /// As [`Pipeline::open`], behind `gate`.
    pub(super) fn open_at(options: Options, gate: Weak<Gate>) -> Rc<Self> {
        let state = State {
            output: Vec::new(),
            sent: 0,
            queue: VecDeque::new(),
            waker: None,
            woken: false,
            is_held_up: false,
            looks: 0,
            has_received: false,
            doomed: false,
            connected_tick: 0,
            answered_tick: 0,
            connect_tick: None,
        };
        let pipeline =
            Rc::new(Self { options, gauges: Arc::default(), state: RefCell::new(state), gate });
        let index = clock::keep_pipeline(&pipeline);
        link::connect(&pipeline, index, Duration::ZERO);
        pipeline
    }

    #[must_use]
    pub fn gauges(&self) -> Arc<Gauges> {
        Arc::clone(&self.gauges)
    }

    /// Whether requests are taken now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state.borrow().waker.is_some()
    }

    /// Statements in flight, for choosing the least busy of several pipelines.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.state.borrow().queue.len()
    }

    /// Asks `statement` with what `parameters` writes, and parks until it is answered or late.
    /// Each row goes through `decode` to the end of `buffer`, which is lent meanwhile. After an
    /// error the buffer may hold some rows of it.
    ///
    /// # Errors
    /// [`Error`]; it is within the deadline whatever the database does.
    pub fn query(
        &self,
        statement: &Statement,
        parameters: impl FnOnce(&mut Bind<'_>),
        buffer: &mut Vec<u8>,
        decode: impl Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Result<Done, Error> {
        self.submit(statement, parameters, buffer, Box::new(decode))?.wait(buffer)
    }

    fn submit(
        &self,
        statement: &Statement,
        parameters: impl FnOnce(&mut Bind<'_>),
        buffer: &mut Vec<u8>,
        decode: Decode,
    ) -> Result<Rc<Waiter>, Error> {
        let mut state = self.state.borrow_mut();
        if state.waker.is_none() {
            return Err(Error::Unavailable);
        }
        let unsent_bytes = state.output.len() - state.sent;
        if state.queue.len() >= QUEUE_REQUESTS_MAX || unsent_bytes >= OUTPUT_BYTES_MAX {
            self.gauges.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Error::Overloaded);
        }
        if !wire::encode_request(&mut state.output, statement, parameters) {
            return Err(Error::unfit());
        }
        wire::encode_sync(&mut state.output);
        let (claim, waiter) = Claim::new(buffer, decode, self.deadline_tick());
        let member = Member::new(Key::default(), claim);
        self.push(&mut state, Pending::alone(member, self.deadline_tick()));
        state.wake();
        Ok(waiter)
    }

    /// When what is asked now is late.
    pub(super) fn deadline_tick(&self) -> u64 {
        clock::tick_after(self.options.deadline)
    }

    /// Takes note of a statement whose bytes are in the output.
    pub(super) fn push(&self, state: &mut State, pending: Pending) {
        self.gauges.requests.fetch_add(pending.claim_count() as u64, Ordering::Relaxed);
        self.gauges.keys.fetch_add(pending.key_count() as u64, Ordering::Relaxed);
        self.gauges.statements.fetch_add(1, Ordering::Relaxed);
        state.queue.push_back(pending);
        self.gauges.depth.store(state.queue.len(), Ordering::Relaxed);
    }

    /// Moves a batch to the output; `ends`: with a Sync after it.
    pub(super) fn send_batch(&self, state: &mut State, mut batch: Batch, ends: bool) {
        if !batch.encode(&mut state.output) {
            batch.members.drain(..).for_each(|mut member| member.fail(&Error::unfit()));
            if !ends {
                return;
            }
        }
        if ends {
            wire::encode_sync(&mut state.output);
        }
        self.push(state, Pending::of_batch(batch, ends, self.deadline_tick()));
    }

    /// Whether it is connected with nothing in flight.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.state.borrow();
        state.waker.is_some() && state.queue.is_empty()
    }

    /// Wakes its coroutine, if it is idle; whether it is.
    pub(super) fn wake_if_idle(&self) -> bool {
        let mut state = self.state.borrow_mut();
        let idle = state.waker.is_some() && state.queue.is_empty();
        if idle {
            state.wake();
        }
        idle
    }

    /// Whether it has something in flight, and is not held up by it.
    pub(super) fn is_at_work(&self) -> bool {
        let state = self.state.borrow();
        !state.queue.is_empty() && !state.is_held_up
    }

    /// Sees whether it is still at the statement that earlier looks met.
    pub(super) fn look(&self) {
        let state = &mut *self.state.borrow_mut();
        if state.queue.is_empty() {
            return;
        }
        let looks_max = if state.has_received { ANSWERING_LOOKS_MAX } else { SILENT_LOOKS_MAX };
        state.looks = state.looks.saturating_add(1);
        state.is_held_up |= state.looks > looks_max;
        state.has_received = false;
    }

    /// Takes what waits at the gate, if it is idle; whether that was anything.
    pub(super) fn pull(&self) -> bool {
        self.gate.upgrade().is_some_and(|gate| gate.pull(self))
    }

    /// A tick has passed.
    pub(super) fn tick(self: &Rc<Self>, index: usize, now: u64) {
        self.expire(now);
        if self.state.borrow_mut().connect_tick.take_if(|due| *due <= now).is_some() {
            link::connect(self, index, Duration::ZERO);
        }
    }

    /// Tells those whose deadline has passed.
    fn expire(&self, now: u64) {
        let mut state = self.state.borrow_mut();
        let late: usize = state.queue.iter_mut().map(|pending| pending.expire(now)).sum();
        self.gauges.late.fetch_add(late as u64, Ordering::Relaxed);
        let answer_tick = state.answered_tick + clock::ticks(self.options.deadline);
        let silent = state.queue.front().is_some_and(|oldest| {
            oldest.deadline_tick.max(answer_tick) + clock::ticks(SILENCE_MAX) <= now
        });
        if let (true, Some(waker)) = (silent, &state.waker) {
            waker.wakeup();
            state.doomed = true;
        }
    }

    /// A connection stands: requests are taken from now on.
    pub(super) fn connected(&self, waker: WaitIoWaker) {
        let mut state = self.state.borrow_mut();
        state.waker = Some(waker);
        state.woken = false;
        state.doomed = false;
        state.connected_tick = clock::now();
        state.answered_tick = clock::now();
        self.gauges.connects.fetch_add(1, Ordering::Relaxed);
        self.gauges.ready.store(true, Ordering::Relaxed);
    }

    /// The connection's coroutine runs: whether it may go on.
    pub(super) fn awake(&self) -> bool {
        let mut state = self.state.borrow_mut();
        state.woken = false;
        !state.doomed
    }

    /// The connection is gone: all waiters are told at once, and requests are refused until the
    /// next one stands. Returns how long it has stood.
    pub(super) fn disconnected(&self) -> Duration {
        let mut state = self.state.borrow_mut();
        self.gauges.ready.store(false, Ordering::Relaxed);
        self.gauges.depth.store(0, Ordering::Relaxed);
        // It may not have come so far as to be used.
        let stood = state.waker.take().map_or(0, |_| clock::now() - state.connected_tick);
        (state.output, state.sent) = (Vec::new(), 0);
        (state.is_held_up, state.looks) = (false, 0);
        let repeats = state.queue.drain(..).flat_map(Pending::lost).collect();
        drop(state);
        if let Some(gate) = self.gate.upgrade() {
            gate.repeat(repeats);
        }
        TICK.saturating_mul(u32::try_from(stood).unwrap_or(u32::MAX))
    }

    /// Not even an attempt to connect can be made now: another follows after `pause`.
    pub(super) fn connect_later(&self, pause: Duration) {
        self.state.borrow_mut().connect_tick = Some(clock::now() + clock::ticks(pause));
    }

    /// The oldest statement is answered, with an error or without.
    pub(super) fn finish_front(&self, state: &mut State) -> Repeats {
        state.answered_tick = clock::now();
        (state.is_held_up, state.looks) = (false, 0);
        let repeats = state.queue.pop_front().map_or_else(Repeats::new, Pending::answered);
        self.gauges.depth.store(state.queue.len(), Ordering::Relaxed);
        repeats
    }

    /// The oldest statement has failed, and with it those up to the next Sync.
    pub(super) fn fail_front(&self, state: &mut State, error: Error) -> Repeats {
        if let Some(pending) = state.queue.front_mut() {
            pending.failed(error);
        }
        let mut repeats = Repeats::new();
        while state.queue.front().is_some_and(|pending| !pending.ends) {
            repeats.extend(self.finish_front(state));
            if let Some(pending) = state.queue.front_mut() {
                pending.skip();
            }
        }
        repeats
    }
}

impl State {
    /// Has the connection's coroutine run in this turn.
    fn wake(&mut self) {
        if let (false, Some(waker)) = (self.woken, &self.waker) {
            waker.wakeup();
            self.woken = true;
        }
    }

    /// The socket has taken more of the output: forgets it, at a cost that stays in proportion
    /// when the server reads a little at a time.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.sent += bytes;
        if self.sent == self.output.len() {
            self.output.clear();
            self.output.shrink_to(OUTPUT_BYTES_KEPT);
            self.sent = 0;
        } else if self.sent > self.output.len() / 2 {
            self.output.drain(..self.sent);
            self.sent = 0;
        }
    }
}
