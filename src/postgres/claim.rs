//! What one coroutine has in a statement: the buffer that it lent for its rows, how they are
//! written there, and what has come of it so far. Does not know how statements are sent.

use super::error::Error;
use super::row::{BadRow, Row};
use may::coroutine::{self, Coroutine};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Bytes of rows written into one request's buffer; the rows that follow are left out.
const REPLY_BYTES_MAX: usize = 8 << 20;
/// What a buffer keeps of its room once its rows are given up.
const BUFFER_BYTES_KEPT: usize = 64 << 10;

/// Writes one row to the end of the buffer lent by the request, whose earlier rows were as many as
/// the second argument says. It remembers nothing of them, because a read that shared its
/// statement with others may be asked again from its first row.
pub type Decode = Box<dyn Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow>>;

/// What a request came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Rows decoded.
    pub rows: u64,
    /// Rows touched, as the command's tag has it; of a read that shared its statement with others,
    /// those of all.
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

/// A coroutine's claim on the rows of a statement.
pub struct Claim {
    /// `None` once it has its outcome; what still comes is then skipped.
    waiter: Option<Rc<Waiter>>,
    decode: Decode,
    deadline_tick: u64,
    buffer_start: usize,
    done: Done,
    failure: Option<Error>,
}

impl Waiter {
    /// Parks until the outcome is there, and takes back the buffer.
    pub fn wait(&self, buffer: &mut Vec<u8>) -> Result<Done, Error> {
        loop {
            // Wakes without a cause happen.
            coroutine::park();
            if let Some(outcome) = self.outcome.take() {
                *buffer = self.buffer.take();
                return outcome;
            }
        }
    }

    fn finish(&self, outcome: Result<Done, Error>) {
        self.outcome.replace(Some(outcome));
        self.coroutine.unpark();
    }
}

impl Claim {
    /// The claim of the coroutine that this is called in, which is to wait with the waiter.
    pub fn new(buffer: &mut Vec<u8>, decode: Decode, deadline_tick: u64) -> (Self, Rc<Waiter>) {
        let waiter = Rc::new(Waiter {
            coroutine: coroutine::current(),
            buffer: RefCell::new(std::mem::take(buffer)),
            outcome: RefCell::new(None),
        });
        let claim = Self {
            buffer_start: waiter.buffer.borrow().len(),
            waiter: Some(Rc::clone(&waiter)),
            decode,
            deadline_tick,
            done: Done::default(),
            failure: None,
        };
        (claim, waiter)
    }

    /// Whether somebody waits.
    pub fn is_open(&self) -> bool {
        self.waiter.is_some()
    }

    /// Whether it is to be asked again when its statement fails: whose rows could not be decoded
    /// would fare no better.
    pub fn can_be_repeated(&self) -> bool {
        self.is_open() && self.failure.is_none()
    }

    /// Forgets the rows that came, because they will come again.
    pub fn repeat(&mut self) {
        if let Some(waiter) = &self.waiter {
            waiter.buffer.borrow_mut().truncate(self.buffer_start);
        }
        self.done = Done::default();
    }

    /// Decodes a row for whoever waits.
    pub fn row(&mut self, row: &Row<'_>) {
        let idle = self.failure.is_some() || self.done.cut;
        let Some(waiter) = self.waiter.as_ref().filter(|_| !idle) else { return };
        let mut buffer = waiter.buffer.borrow_mut();
        let row_start = buffer.len();
        // A panic ends its own request here, and not the connection with all that wait on it.
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            (self.decode)(&mut row.clone(), self.done.rows, &mut buffer)
        }));
        self.failure = match decoded {
            Ok(Ok(())) if buffer.len().saturating_sub(self.buffer_start) <= REPLY_BYTES_MAX => None,
            Ok(Ok(())) => {
                buffer.truncate(row_start);
                self.done.cut = true;
                return;
            }
            Ok(Err(BadRow)) => Some(Error::bad_row()),
            Err(_) => Some(Error::Refused("the decoding of a row panicked".into())),
        };
        if self.failure.is_some() {
            // Until the last of its rows has passed nobody needs what there is of them.
            buffer.truncate(self.buffer_start);
            buffer.shrink_to(BUFFER_BYTES_KEPT);
        }
        self.done.rows += 1;
    }

    /// All its rows have come; `affected` is what its command's tag says.
    pub fn answer(&mut self, affected: u64) {
        if let Some(waiter) = self.waiter.take() {
            let done = Done { affected, ..self.done };
            waiter.finish(self.failure.take().map_or(Ok(done), Err));
        }
    }

    /// Nothing more will come of it, because of `error` or of what went wrong before; whether
    /// there was somebody to tell.
    pub fn fail(&mut self, error: &Error) -> bool {
        let waiter = self.waiter.take();
        if let Some(waiter) = &waiter {
            waiter.finish(Err(self.failure.take().unwrap_or_else(|| error.clone())));
        }
        waiter.is_some()
    }

    /// Tells whoever waits that it is late, if it is by `now`; whether it was.
    pub fn expire(&mut self, now: u64) -> bool {
        self.deadline_tick <= now && {
            self.failure = None;
            self.fail(&Error::Late)
        }
    }
}

/// Nobody waits for a claim that is gone, whatever became of its statement.
impl Drop for Claim {
    fn drop(&mut self) {
        self.fail(&Error::ConnectionLost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use may::go;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_claim_that_is_dropped_tells_who_waits() {
        let (sender, outcomes) = mpsc::channel();
        let wait = move || {
            let mut buffer = b"lent".to_vec();
            let (claim, waiter) = Claim::new(&mut buffer, Box::new(|_, _, _| Ok(())), u64::MAX);
            drop(claim);
            sender.send((waiter.wait(&mut buffer), buffer)).unwrap();
        };
        go!(wait);
        let (outcome, buffer) = outcomes.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(outcome, Err(Error::ConnectionLost)));
        assert_eq!(buffer, b"lent");
    }
}
