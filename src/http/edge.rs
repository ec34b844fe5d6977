//! What the connections of one worker share: the timer, spare buffers, the date.
//!
//! It lives in a thread-local and is fetched once by each coroutine as it starts on its worker;
//! connections never move between workers, so it needs no lock.

use super::timer::Timer;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::SystemTime;

/// Length of `Sun, 06 Nov 1994 08:49:37 GMT`.
pub const DATE_BYTES: usize = 29;

/// What a connection's input buffer begins with; nearly every request fits.
pub const INPUT_BYTES: usize = 4 << 10;

/// A spare buffer larger than this is freed instead of kept.
const SPARE_BYTES_MAX: usize = 64 << 10;
/// Spare buffers kept of each kind; with the sizes above at most 8 MiB of output and 512 KiB of
/// input a worker, in practice a few replies' worth.
const SPARE_BUFFERS_MAX: usize = 128;

/// The shared state of a worker's connections.
pub struct Edge {
    pub timer: Timer,
    /// Bytes of replies that wait for slow readers, over all connections of the worker.
    pub unsent_bytes: Cell<usize>,
    /// Bytes by which input buffers have grown beyond [`INPUT_BYTES`] each.
    pub grown_bytes: Cell<usize>,
    date: Cell<[u8; DATE_BYTES]>,
    inputs: RefCell<Vec<Vec<u8>>>,
    outputs: RefCell<Vec<Vec<u8>>>,
}

thread_local! {
    static EDGE: Rc<Edge> = Rc::new(Edge::new());
}

/// One tick of the worker's time: to be called every [`super::TICK`] from a coroutine or thread
/// that runs on the worker. `stopping` wakes every waiting connection, so that idle ones close.
pub fn tick(stopping: bool) {
    let edge = Edge::of_this_worker();
    edge.timer.tick();
    // Every tick: it costs 0.2 us, and the date is never a second behind.
    edge.date.set(date_now());
    if stopping {
        edge.timer.wake_all();
    }
}

impl Edge {
    pub(super) fn new() -> Self {
        Self {
            timer: Timer::new(),
            unsent_bytes: Cell::new(0),
            grown_bytes: Cell::new(0),
            date: Cell::new(date_now()),
            inputs: RefCell::default(),
            outputs: RefCell::default(),
        }
    }

    pub fn of_this_worker() -> Rc<Self> {
        EDGE.with(Rc::clone)
    }

    /// The time as HTTP writes it, at most a tick old.
    pub fn date(&self) -> [u8; DATE_BYTES] {
        self.date.get()
    }

    /// A buffer of [`INPUT_BYTES`] to read into.
    pub fn take_input(&self) -> Vec<u8> {
        self.inputs.borrow_mut().pop().unwrap_or_else(|| vec![0; INPUT_BYTES])
    }

    /// Gives a buffer from [`Edge::take_input`] back; one that has grown is freed.
    pub fn give_input(&self, input: Vec<u8>) {
        let mut spare = self.inputs.borrow_mut();
        if input.len() == INPUT_BYTES && spare.len() < SPARE_BUFFERS_MAX {
            spare.push(input);
        }
    }

    /// An empty buffer to write replies into.
    pub fn take_output(&self) -> Vec<u8> {
        self.outputs.borrow_mut().pop().unwrap_or_default()
    }

    /// Gives a buffer from [`Edge::take_output`] back.
    pub fn give_output(&self, mut output: Vec<u8>) {
        let mut spare = self.outputs.borrow_mut();
        if (1..=SPARE_BYTES_MAX).contains(&output.capacity()) && spare.len() < SPARE_BUFFERS_MAX {
            output.clear();
            spare.push(output);
        }
    }
}

fn date_now() -> [u8; DATE_BYTES] {
    let text = httpdate::fmt_http_date(SystemTime::now());
    let mut date = [b' '; DATE_BYTES];
    let bytes = text.as_bytes();
    let length = bytes.len().min(DATE_BYTES);
    date[..length].copy_from_slice(&bytes[..length]);
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spare_buffers_come_back_empty_and_large_ones_are_freed() {
        let edge = Edge::new();
        let mut output = edge.take_output();
        output.extend_from_slice(b"reply");
        edge.give_output(output);
        let output = edge.take_output();
        assert!(output.is_empty() && output.capacity() > 0);
        edge.give_output(Vec::with_capacity(SPARE_BYTES_MAX + 1));
        assert_eq!(edge.take_output().capacity(), 0);
    }

    #[test]
    fn a_grown_input_is_not_handed_to_the_next() {
        let edge = Edge::new();
        let mut input = edge.take_input();
        input.resize(2 * INPUT_BYTES, 0);
        edge.give_input(input);
        assert_eq!(edge.take_input().len(), INPUT_BYTES);
    }

    #[test]
    fn the_date_is_the_one_http_knows() {
        let date = date_now();
        let text = std::str::from_utf8(&date).unwrap();
        assert!(text.ends_with(" GMT") && httpdate::parse_http_date(text).is_ok());
    }
}
