//! The timer by which a gate notices that a connection is held up.
//!
//! It runs only while requests wait behind a connection at work: then the gate looks once a
//! millisecond whether it is still at the same statement. Under load that is a thousand wake-ups a
//! second, 0.3 % of a core, so that a slow key holds up who does not share its write for two
//! milliseconds, or six where rows come. Without it nobody would look when nobody asks, as when all
//! clients wait.

use super::clock;
use super::pipeline::Options;
use crate::polled::{self, Polled};
use may::coroutine::Builder;
use may::go;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// A gate's timer.
pub struct Relief {
    timer: TimerFd,
    armed: Cell<bool>,
}

impl Relief {
    /// A timer for the gate of `index`; to be called on the worker. Without one, which takes a
    /// process at its limit of descriptors, connections do not wait for each other.
    pub fn start(options: &Options, index: usize) -> Option<Self> {
        let started = Self::try_start(options, index);
        started.inspect_err(|error| log::warn!("no timer for {}: {error}", options.name)).ok()
    }

    fn try_start(options: &Options, index: usize) -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        let waited = timer.as_fd().try_clone_to_owned()?;
        let waited = polled::on_worker(waited, options.worker, options.workers)?;
        let waited = Polled::new(File::from(waited))?;
        let builder = Builder::new().name("relief".to_owned()).id(options.worker);
        go!(builder, move || look(&waited, index))?;
        Ok(Self { timer, armed: Cell::new(false) })
    }

    /// Has the gate look after the next interval, if it is not to look already.
    pub fn arm(&self) {
        if !self.armed.replace(true) {
            let once = Expiration::OneShot(TimeSpec::from_duration(LOOK_INTERVAL));
            if self.timer.set(once, TimerSetTimeFlags::empty()).is_err() {
                self.armed.set(false);
            }
        }
    }

    /// The timer has run out.
    pub fn ran_out(&self) {
        self.armed.set(false);
    }
}

/// The coroutine that waits for the timer.
fn look(timer: &Polled<File>, index: usize) {
    loop {
        if timer.read(&mut [0; 8]).is_ok()
            && let Some(gate) = clock::gate_of_this_worker(index)
        {
            gate.relieve();
        }
        timer.wait();
    }
}
