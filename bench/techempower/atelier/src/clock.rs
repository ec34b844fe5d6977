//! The worker's time: what `http` and `postgres` need to keep their deadlines.

use anyhow::{Context, Result};
use atelier::polled::Polled;
use atelier::{http, postgres};
use may::coroutine::Builder;
use may::go;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::process;

/// Starts the worker, which does nothing yet but keep time.
///
/// # Errors
/// When the runtime does not start it.
pub fn start() -> Result<()> {
    let tick = || {
        if let Err(error) = tick_forever() {
            // Without a tick no deadline is kept: better to end than to hang.
            log::error!("the worker's timer failed: {error}");
            process::exit(1);
        }
    };
    go!(Builder::new().name("tick".to_owned()).id(0), tick).context("cannot start the worker")?;
    Ok(())
}

fn tick_forever() -> io::Result<()> {
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    let interval = Expiration::Interval(TimeSpec::from_duration(http::TICK));
    timer.set(interval, TimerSetTimeFlags::empty())?;
    // With one worker every descriptor is its own.
    let timer = Polled::new(File::from(OwnedFd::from(timer)))?;
    loop {
        if timer.read(&mut [0; 8]).is_ok() {
            http::tick(false);
            postgres::tick();
        }
        timer.wait();
    }
}
