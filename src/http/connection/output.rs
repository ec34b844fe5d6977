//! The writing half of a connection: replies leave as the client takes them, and wait for it only
//! within bounds.

use super::{Connection, Counters, End};
use crate::http::Service;
use crate::http::timer::ticks;
use std::io::ErrorKind;

impl<S: Service> Connection<S> {
    /// Writes what waits to be written.
    pub(super) fn flush(&mut self) -> Result<(), End> {
        if self.output.is_empty() {
            return Ok(());
        }
        self.watch.clear();
        let begun = self.edge.timer.now();
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
                    if !self.wait_until_writable(begun) {
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

    /// Parks until the socket may take more of what is written since the tick `begun`; false when
    /// the client took nothing for too long.
    fn wait_until_writable(&mut self, begun: u64) -> bool {
        let now = self.edge.timer.now();
        let limits = self.shared.limits;
        // Small replies fit into the socket and are never counted: those who do not read large
        // ones lose them, and nobody else anything.
        let unsent_bytes = self.edge.unsent_bytes.get();
        if unsent_bytes > limits.unsent_bytes_max {
            Counters::add(&self.shared.counters.replies_dropped);
            return false;
        }
        // Each bit that is taken renews the deadline, but not where memory is half full of such.
        let crowded = unsent_bytes > limits.unsent_bytes_max / 2;
        let overstayed = crowded && begun + ticks(limits.write_deadline) <= now;
        if overstayed || self.watch.expired(now) {
            Counters::add(&self.shared.counters.timeouts);
            return false;
        }
        if !self.watch.is_set() {
            self.edge.timer.set(&self.watch, limits.write_deadline);
        }
        self.turn_steps = 0;
        // An arrival reported now would not be reported again: remember it for the next read.
        self.readable |= self.stream.wait();
        true
    }
}
