//! Requests of many coroutines in flight on one connection.
//!
//! A request is encoded straight into the connection's output and its coroutine parks. The
//! connection's own coroutine ([`super::link`]) runs after all coroutines that this turn of the
//! event loop made ready, so everything they asked leaves in one write; rows are decoded where
//! they were received, into the buffer that the waiting request lent. Each request ends at its
//! own Sync: an error is its own, and nobody else's.
//!
//! A pipeline belongs to one worker and is never touched from another thread. What the coalescing
//! of equal statements will need is all here: requests queue in [`State::queue`], unsent ones lie
//! in [`State::output`].

use super::error::Error;
use super::link;
use super::row::{BadRow, Row};
use super::statement::Statement;
use super::url::Target;
use super::wire::{self, Bind};
use may::coroutine::{self, Coroutine};
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
/// Bytes of rows written into one request's buffer.
pub(super) const REPLY_BYTES_MAX: usize = 32 << 20;
/// How long past its deadline the oldest request may still be unanswered before the connection is
/// taken for dead. The server's own `statement_timeout` should have answered long before.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// Writes one row into the buffer lent by the request, whose earlier rows were `row_index` many.
pub type Decode = fn(row: &mut Row<'_>, row_index: u64, output: &mut Vec<u8>) -> Result<(), BadRow>;

/// What a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Rows decoded.
    pub rows: u64,
    /// Rows touched, as the command's tag has it.
    pub affected: u64,
}

/// What a pipeline connects to and asks.
#[derive(Clone)]
pub struct Options {
    /// In logs, metrics and thread names: `reads`, `writes`.
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

/// One coroutine waiting for its rows.
struct Waiter {
    coroutine: Coroutine,
    /// The request's own buffer, lent until the outcome is there.
    buffer: RefCell<Vec<u8>>,
    outcome: RefCell<Option<Result<Done, Error>>>,
}

/// One request sent or to be sent, in the order of the connection.
pub(super) struct Pending {
    /// `None` once it was told that it is late; its rows are then skipped.
    waiter: Option<Rc<Waiter>>,
    decode: Decode,
    deadline_tick: u64,
    rows: u64,
    affected: u64,
    buffer_start: usize,
    failure: Option<Error>,
}

pub(super) struct State {
    /// Encoded requests not yet taken by the socket, the first `sent` bytes of them gone.
    pub output: Vec<u8>,
    pub queue: VecDeque<Pending>,
    /// Wakes the connection's coroutine; `None` while there is no connection.
    waker: Option<WaitIoWaker>,
    /// Whether that coroutine was woken and has not run since.
    woken: bool,
    /// Set when the connection is to be given up.
    doomed: bool,
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
    pipelines.iter().for_each(|pipeline| pipeline.expire(NOW.get()));
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
            queue: VecDeque::new(),
            waker: None,
            woken: false,
            doomed: false,
        };
        let pipeline =
            Rc::new(Self { options, gauges: Arc::default(), state: RefCell::new(state) });
        let index = PIPELINES.with_borrow_mut(|pipelines| {
            pipelines.push(Rc::clone(&pipeline));
            pipelines.len() - 1
        });
        link::connect(&pipeline, index);
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
        decode: Decode,
    ) -> Result<Done, Error> {
        let waiter = self.submit(statement, parameters, buffer, decode)?;
        loop {
            coroutine::park();
            if let Some(outcome) = waiter.outcome.take() {
                *buffer = waiter.buffer.take();
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
        if state.queue.len() >= QUEUE_REQUESTS_MAX || state.output.len() >= OUTPUT_BYTES_MAX {
            self.gauges.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Error::Overloaded);
        }
        if !wire::encode_request(&mut state.output, statement, parameters) {
            return Err(Error::Protocol("parameters do not fit their statement"));
        }
        let waiter = Rc::new(Waiter {
            coroutine: coroutine::current(),
            buffer: RefCell::new(std::mem::take(buffer)),
            outcome: RefCell::new(None),
        });
        state.queue.push_back(Pending {
            buffer_start: waiter.buffer.borrow().len(),
            waiter: Some(Rc::clone(&waiter)),
            decode,
            deadline_tick: NOW.get() + ticks(self.options.deadline),
            rows: 0,
            affected: 0,
            failure: None,
        });
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
            if let Some(waiter) = pending.waiter.take() {
                self.gauges.late.fetch_add(1, Ordering::Relaxed);
                waiter.finish(Err(Error::Late));
            }
        }
        let silent = |pending: &Pending| pending.deadline_tick + ticks(SILENCE_MAX) <= now;
        if state.queue.front().is_some_and(silent)
            && let Some(waker) = &state.waker
        {
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
    /// next one stands.
    pub(super) fn disconnected(&self) {
        let mut state = self.state.borrow_mut();
        self.gauges.ready.store(false, Ordering::Relaxed);
        self.gauges.depth.store(0, Ordering::Relaxed);
        state.waker = None;
        state.output = Vec::new();
        for pending in state.queue.drain(..) {
            if let Some(waiter) = pending.waiter {
                waiter.finish(Err(pending.failure.unwrap_or(Error::ConnectionLost)));
            }
        }
    }

    /// The oldest request is answered.
    pub(super) fn finish_front(&self, state: &mut State) {
        if let Some(pending) = state.queue.pop_front()
            && let Some(waiter) = pending.waiter
        {
            let done = Done { rows: pending.rows, affected: pending.affected };
            waiter.finish(pending.failure.map_or(Ok(done), Err));
        }
        self.gauges.depth.store(state.queue.len(), Ordering::Relaxed);
    }
}

impl Pending {
    /// Decodes a row for whoever waits.
    pub(super) fn row(&mut self, body: &[u8]) {
        let Some(waiter) = self.waiter.as_ref().filter(|_| self.failure.is_none()) else { return };
        let mut buffer = waiter.buffer.borrow_mut();
        let decoded =
            Row::new(body).and_then(|mut row| (self.decode)(&mut row, self.rows, &mut buffer));
        if decoded.is_err() {
            self.failure = Some(Error::Protocol("a row is not what its statement promises"));
        } else if buffer.len() - self.buffer_start.min(buffer.len()) > REPLY_BYTES_MAX {
            self.failure = Some(Error::Refused("the rows take more than 32 MiB".into()));
        }
        self.rows += 1;
    }

    pub(super) fn completed(&mut self, tag: &[u8]) {
        self.affected = wire::rows_of_tag(tag);
    }

    pub(super) fn failed(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }
}

impl Waiter {
    fn finish(&self, outcome: Result<Done, Error>) {
        self.outcome.replace(Some(outcome));
        self.coroutine.unpark();
    }
}
