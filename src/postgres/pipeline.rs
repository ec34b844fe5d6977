//! Requests of many coroutines in flight on one connection.
//!
//! A request is encoded straight into the connection's output and its coroutine parks. The
//! connection's own coroutine (in `link`) runs after all coroutines that this turn of the
//! event loop made ready, so everything they asked leaves in one write; rows are decoded where
//! they were received, into the buffer that the waiting request lent. Each request ends at its
//! own Sync: an error is its own, and nobody else's.
//!
//! A pipeline belongs to one worker and is never touched from another thread. What the coalescing
//! of equal statements will need is all here: requests queue in `State::queue`, unsent ones lie
//! in `State::output`.

use super::error::Error;
use super::link;
use super::pending::{Decode, Done, Pending, Waiter};
use super::row::{BadRow, Row};
use super::statement::Statement;
use super::url::Target;
use super::wire::{self, Bind};
use may::coroutine;
use may::io::WaitIoWaker;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How often [`tick`] is to be called; deadlines are kept to this precision.
pub const TICK: Duration = Duration::from_millis(100);

/// Requests in flight or waiting on one connection; the next is refused. At the 30 us that a list
/// of reviews costs Postgres, the last of them waits 60 ms.
const QUEUE_REQUESTS_MAX: usize = 2048;
/// Bytes encoded and not yet taken by the socket.
const OUTPUT_BYTES_MAX: usize = 8 << 20;
/// What an emptied output keeps of its room, after a time when the server did not read.
const OUTPUT_BYTES_KEPT: usize = 256 << 10;
/// The server's own `statement_timeout` ends each request within the deadline from when it comes
/// to it. A connection that has not answered the oldest by then and for so long on top is taken
/// for dead.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// What a pipeline connects to and asks.
#[derive(Clone)]
pub struct Options {
    /// In logs and thread names: `lists`, `writes`.
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
    /// Requests in flight now.
    pub depth: AtomicUsize,
    /// Requests sent.
    pub requests: AtomicU64,
    /// Writes to the socket: fewer than requests where they shared one.
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
    /// Encoded requests not yet taken by the socket, the first `sent` bytes of them gone.
    pub output: Vec<u8>,
    pub sent: usize,
    pub queue: VecDeque<Pending>,
    /// Wakes the connection's coroutine; `None` while there is no connection.
    waker: Option<WaitIoWaker>,
    /// Whether that coroutine was woken and has not run since.
    woken: bool,
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
}

thread_local! {
    /// The pipelines of this worker, by index.
    static PIPELINES: RefCell<Vec<Rc<Pipeline>>> = const { RefCell::new(Vec::new()) };
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// One tick of the worker's time: to be called every [`TICK`] on the worker.
pub fn tick() {
    NOW.set(NOW.get() + 1);
    let pipelines = PIPELINES.with_borrow(Clone::clone);
    for (index, pipeline) in pipelines.iter().enumerate() {
        pipeline.expire(NOW.get());
        if pipeline.state.borrow_mut().connect_tick.take_if(|due| *due <= NOW.get()).is_some() {
            link::connect(pipeline, index, Duration::ZERO);
        }
    }
}

/// The pipeline of that index on this worker.
pub(super) fn of_this_worker(index: usize) -> Option<Rc<Pipeline>> {
    PIPELINES.with_borrow(|pipelines| pipelines.get(index).cloned())
}

fn ticks(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX / 2) + 1
}

impl Pipeline {
    /// Begins to connect, in the background, for as long as it takes; to be called on the worker.
    #[must_use]
    pub fn open(options: Options) -> Rc<Self> {
        let state = State {
            output: Vec::new(),
            sent: 0,
            queue: VecDeque::new(),
            waker: None,
            woken: false,
            doomed: false,
            connected_tick: 0,
            answered_tick: 0,
            connect_tick: None,
        };
        let pipeline =
            Rc::new(Self { options, gauges: Arc::default(), state: RefCell::new(state) });
        let index = PIPELINES.with_borrow_mut(|pipelines| {
            pipelines.push(Rc::clone(&pipeline));
            pipelines.len() - 1
        });
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

    /// Requests in flight, for choosing the least busy of several pipelines.
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
        decode: impl FnMut(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Result<Done, Error> {
        let waiter = self.submit(statement, parameters, buffer, Box::new(decode))?;
        loop {
            coroutine::park();
            if let Some((outcome, lent)) = waiter.outcome() {
                *buffer = lent;
                return outcome;
            }
        }
    }

    fn submit(
        &self,
        statement: &Statement,
        parameters: impl FnOnce(&mut Bind<'_>),
        buffer: &mut Vec<u8>,
        decode: Decode,
    ) -> Result<Rc<Waiter>, Error> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Some(waker) = &state.waker else { return Err(Error::Unavailable) };
        let unsent_bytes = state.output.len() - state.sent;
        if state.queue.len() >= QUEUE_REQUESTS_MAX || unsent_bytes >= OUTPUT_BYTES_MAX {
            self.gauges.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Error::Overloaded);
        }
        let coroutine = coroutine::current();
        if !wire::encode_request(&mut state.output, statement, parameters) {
            return Err(Error::Refused("parameters do not fit their statement".into()));
        }
        let waiter = Waiter::new(coroutine, std::mem::take(buffer));
        let deadline_tick = NOW.get() + ticks(self.options.deadline);
        state.queue.push_back(Pending::new(Rc::clone(&waiter), decode, deadline_tick));
        self.gauges.depth.store(state.queue.len(), Ordering::Relaxed);
        self.gauges.requests.fetch_add(1, Ordering::Relaxed);
        if !state.woken {
            state.woken = true;
            waker.wakeup();
        }
        Ok(waiter)
    }

    /// Tells those whose deadline has passed. Deadlines come in the queue's order, because every
    /// request has the same time.
    fn expire(&self, now: u64) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        for pending in state.queue.iter_mut().take_while(|pending| pending.deadline_tick <= now) {
            if pending.give_up(Error::Late) {
                self.gauges.late.fetch_add(1, Ordering::Relaxed);
            }
        }
        let answer_tick = state.answered_tick + ticks(self.options.deadline);
        let silent = state.queue.front().is_some_and(|oldest| {
            oldest.deadline_tick.max(answer_tick) + ticks(SILENCE_MAX) <= now
        });
        if let (true, Some(waker)) = (silent, &state.waker) {
            state.doomed = true;
            waker.wakeup();
        }
    }

    /// A connection stands: requests are taken from now on.
    pub(super) fn connected(&self, waker: WaitIoWaker) {
        let mut state = self.state.borrow_mut();
        state.waker = Some(waker);
        state.woken = false;
        state.doomed = false;
        state.connected_tick = NOW.get();
        state.answered_tick = NOW.get();
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
        let stood = state.waker.take().map_or(0, |_| NOW.get() - state.connected_tick);
        (state.output, state.sent) = (Vec::new(), 0);
        for pending in state.queue.drain(..) {
            pending.lost();
        }
        TICK.saturating_mul(u32::try_from(stood).unwrap_or(u32::MAX))
    }

    /// Not even an attempt to connect can be made now: another follows after `pause`.
    pub(super) fn connect_later(&self, pause: Duration) {
        self.state.borrow_mut().connect_tick = Some(NOW.get() + ticks(pause));
    }

    /// The oldest request is answered.
    pub(super) fn finish_front(&self, state: &mut State) {
        state.answered_tick = NOW.get();
        if let Some(pending) = state.queue.pop_front() {
            pending.answered();
        }
        self.gauges.depth.store(state.queue.len(), Ordering::Relaxed);
    }
}

impl State {
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
