//! One request in flight: the coroutine that waits for it, the buffer that it lent for the rows,
//! and what has come of it so far. Does not know how requests are sent.

use super::error::Error;
use super::row::{BadRow, Row};
use super::wire;
use may::coroutine::Coroutine;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Bytes of rows written into one request's buffer; the rows that follow are left out.
const REPLY_BYTES_MAX: usize = 8 << 20;
/// What a buffer keeps of its room once its rows are given up.
const BUFFER_BYTES_KEPT: usize = 64 << 10;

/// Writes one row into the buffer lent by the request, whose earlier rows were as many as the
/// second argument says. It may remember what it needs of the rows before; one that has nothing to
/// remember takes no memory in its box.
pub type Decode = Box<dyn FnMut(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow>>;

/// What a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Rows decoded.
    pub rows: u64,
    /// Rows touched, as the command's tag has it.
    pub affected: u64,
    /// Whether rows were left out, because the buffer held 8 MiB of them.
    pub cut: bool,
}

/// One coroutine waiting for its rows.
pub struct Waiter {
    coroutine: Coroutine,
    /// The request's own buffer, lent until the outcome is there.
    buffer: RefCell<Vec<u8>>,
    outcome: RefCell<Option<Result<Done, Error>>>,
}

/// One request sent or to be sent, in the order of the connection.
pub struct Pending {
    /// `None` once it was told that it is late; its rows are then skipped.
    waiter: Option<Rc<Waiter>>,
    decode: Decode,
    pub deadline_tick: u64,
    rows: u64,
    affected: u64,
    cut: bool,
    buffer_start: usize,
    failure: Option<Error>,
}

impl Waiter {
    pub fn new(coroutine: Coroutine, buffer: Vec<u8>) -> Rc<Self> {
        Rc::new(Self { coroutine, buffer: RefCell::new(buffer), outcome: RefCell::new(None) })
    }

    /// The outcome, if it is there, with the buffer that was lent.
    pub fn outcome(&self) -> Option<(Result<Done, Error>, Vec<u8>)> {
        let outcome = self.outcome.take()?;
        Some((outcome, self.buffer.take()))
    }

    fn finish(&self, outcome: Result<Done, Error>) {
        self.outcome.replace(Some(outcome));
        self.coroutine.unpark();
    }
}

impl Pending {
    pub fn new(waiter: Rc<Waiter>, decode: Decode, deadline_tick: u64) -> Self {
        let buffer_start = waiter.buffer.borrow().len();
        Self {
            waiter: Some(waiter),
            decode,
            deadline_tick,
            rows: 0,
            affected: 0,
            cut: false,
            buffer_start,
            failure: None,
        }
    }

    /// Decodes a row for whoever waits.
    pub fn row(&mut self, body: &[u8]) {
        let idle = self.failure.is_some() || self.cut;
        let Some(waiter) = self.waiter.as_ref().filter(|_| !idle) else { return };
        let mut buffer = waiter.buffer.borrow_mut();
        let row_start = buffer.len();
        // A panic ends its own request here, and not the connection with all that wait on it.
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            Row::new(body).and_then(|mut row| (self.decode)(&mut row, self.rows, &mut buffer))
        }));
        self.failure = match decoded {
            Ok(Ok(())) if buffer.len().saturating_sub(self.buffer_start) <= REPLY_BYTES_MAX => None,
            Ok(Ok(())) => {
                buffer.truncate(row_start);
                self.cut = true;
                return;
            }
            Ok(Err(BadRow)) => {
                Some(Error::Refused("a row is not what its statement promises".into()))
            }
            Err(_) => Some(Error::Refused("the decoding of a row panicked".into())),
        };
        if self.failure.is_some() {
            // Until the last of its rows has passed nobody needs what there is of them.
            buffer.truncate(self.buffer_start);
            buffer.shrink_to(BUFFER_BYTES_KEPT);
        }
        self.rows += 1;
    }

    pub fn completed(&mut self, tag: &[u8]) {
        self.affected = wire::rows_of_tag(tag);
    }

    pub fn failed(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    /// All that belongs to the request has come.
    pub fn answered(self) {
        if let Some(waiter) = self.waiter {
            let done = Done { rows: self.rows, affected: self.affected, cut: self.cut };
            waiter.finish(self.failure.map_or(Ok(done), Err));
        }
    }

    /// The connection is gone.
    pub fn lost(self) {
        if let Some(waiter) = self.waiter {
            waiter.finish(Err(self.failure.unwrap_or(Error::ConnectionLost)));
        }
    }

    /// Whoever waits is told `error` and waits no longer, while the request stays in its place;
    /// whether there was somebody.
    pub fn give_up(&mut self, error: Error) -> bool {
        let waiter = self.waiter.take();
        if let Some(waiter) = &waiter {
            waiter.finish(Err(error));
        }
        waiter.is_some()
    }
}
