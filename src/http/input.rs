//! What a connection has read and not yet answered: one buffer, and none while there is nothing
//! in it.
//!
//! It grows by doubling to what its user allows; all that the buffers of a worker have grown is
//! bounded too, because clients choose how many of them send large bodies at once.

use super::edge::{Edge, INPUT_BYTES};
use super::refusal::Refusal;
use std::ops::Range;
use std::rc::Rc;

pub struct Input {
    edge: Rc<Edge>,
    bytes: Vec<u8>,
    /// The bytes in `start..end` are not answered yet.
    start: usize,
    end: usize,
}

impl Input {
    pub fn new(edge: Rc<Edge>) -> Self {
        Self { edge, bytes: Vec::new(), start: 0, end: 0 }
    }

    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub fn pending_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Where the next read goes, at least one byte; `bytes_max` bounds what is pending.
    ///
    /// # Errors
    /// When so much is pending, or the worker's buffers have grown by `grown_bytes_max`.
    pub fn room(&mut self, bytes_max: usize, grown_bytes_max: usize) -> Result<&mut [u8], Refusal> {
        if self.bytes.is_empty() {
            self.bytes = self.edge.take_input();
        } else if self.end == self.bytes.len() && self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        } else if self.end == self.bytes.len() {
            let length = (2 * self.end).min(bytes_max);
            if length <= self.end {
                return Err(Refusal::BODY_TOO_LARGE);
            }
            let grown_bytes = self.edge.grown_bytes.get() + length - self.end;
            if grown_bytes > grown_bytes_max {
                return Err(Refusal::TOO_MANY_LARGE);
            }
            self.edge.grown_bytes.set(grown_bytes);
            self.bytes.resize(length, 0);
        }
        Ok(&mut self.bytes[self.end..])
    }

    /// Takes note of a read into the room; whether it filled it.
    pub fn received(&mut self, length: usize) -> bool {
        self.end += length;
        self.end == self.bytes.len()
    }

    /// The first `length` bytes are answered.
    pub fn consume(&mut self, length: usize) {
        self.start += length;
    }

    /// Removes bytes from the midst of what is pending.
    pub fn cut(&mut self, waste: Range<usize>) {
        self.bytes.copy_within(self.start + waste.end..self.end, self.start + waste.start);
        self.end -= waste.len();
    }

    /// Gives the buffer back, with all that is in it.
    pub fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        (self.start, self.end) = (0, 0);
        let grown_bytes = bytes.len().saturating_sub(INPUT_BYTES);
        self.edge.grown_bytes.update(|bytes| bytes - grown_bytes);
        self.edge.give_input(bytes);
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge() -> Rc<Edge> {
        Rc::new(Edge::new())
    }

    /// Reads `bytes` as a socket would give them.
    fn receive(input: &mut Input, mut bytes: &[u8], bytes_max: usize) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            let room = input.room(bytes_max, usize::MAX)?;
            let length = room.len().min(bytes.len());
            room[..length].copy_from_slice(&bytes[..length]);
            bytes = &bytes[length..];
            input.received(length);
        }
        Ok(())
    }

    #[test]
    fn what_is_read_is_pending_until_consumed_however_it_comes() {
        arbtest::arbtest(|random| {
            let mut input = Input::new(edge());
            let (mut sent, mut consumed) = (Vec::new(), 0);
            for _ in 0..random.int_in_range(1..=20)? {
                let piece: Vec<u8> = (0..random.int_in_range(0..=6000_u16)?)
                    .map(|at| (at % 251).try_into().unwrap_or(0))
                    .collect();
                if receive(&mut input, &piece, 64 << 10).is_err() {
                    return Ok(());
                }
                sent.extend_from_slice(&piece);
                let length = random.int_in_range(0..=sent.len() - consumed)?;
                input.consume(length);
                consumed += length;
                assert_eq!(input.pending(), &sent[consumed..]);
            }
            Ok(())
        });
    }

    #[test]
    fn a_cut_closes_the_gap() {
        let mut input = Input::new(edge());
        receive(&mut input, b"xabcdefg", 100).unwrap();
        input.consume(1);
        input.cut(2..5);
        assert_eq!(input.pending(), b"abfg");
    }

    #[test]
    fn growth_is_bounded_for_one_and_for_all_and_given_back() {
        let edge = edge();
        let mut input = Input::new(Rc::clone(&edge));
        receive(&mut input, &[1; 9000], 10_000).unwrap();
        assert_eq!(edge.grown_bytes.get(), 10_000 - INPUT_BYTES);
        assert_eq!(receive(&mut input, &[1; 1001], 10_000), Err(Refusal::BODY_TOO_LARGE));
        let mut other = Input::new(Rc::clone(&edge));
        receive(&mut other, &[1; INPUT_BYTES], 10_000).unwrap();
        assert_eq!(other.room(10_000, 9_999).err(), Some(Refusal::TOO_MANY_LARGE));
        drop(input);
        assert_eq!(edge.grown_bytes.get(), 0);
        assert!(other.room(10_000, 9_999).is_ok());
        other.release();
        assert!(other.is_empty() && edge.grown_bytes.get() == 0);
    }
}
