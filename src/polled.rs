//! A socket on the event loop of the worker that its descriptor belongs to: reads and writes
//! that never block the thread, waits that park the coroutine.
//!
//! The one thing that `http` and `postgres` share.

use may::coroutine::Builder;
use may::go;
use may::io::{CoIo, WaitIo, WaitIoWaker};
use nix::libc::{EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLRDHUP};
use std::cell::Cell;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::catch_unwind;

/// Events that mean that a read will tell something new: data, the peer's end, an error.
const READABLE: i32 = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/// Events after which the peer sends nothing new: its end, or an error.
const ENDED: i32 = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/// Descriptors held at once while one of the right residue is looked for. Neighbouring numbers are
/// free as a rule, so that it takes as many as there are workers.
const DESCRIPTORS_TRIED_MAX: usize = 1024;

/// The descriptor under a number n with n % workers == worker: by that residue the event loops
/// share the descriptors out.
///
/// # Errors
/// When no descriptor can be had.
pub fn on_worker(descriptor: OwnedFd, worker: usize, workers: usize) -> io::Result<OwnedFd> {
    // Those that do not fit are held meanwhile, so that the next duplicate has another number.
    let mut misfits = Vec::new();
    let mut candidate = descriptor;
    while usize::try_from(candidate.as_raw_fd()).map_err(io::Error::other)? % workers != worker {
        if misfits.len() == DESCRIPTORS_TRIED_MAX {
            return Err(io::Error::other("no descriptor of the worker is free"));
        }
        let next = candidate.try_clone()?;
        misfits.push(std::mem::replace(&mut candidate, next));
    }
    Ok(candidate)
}

/// A socket, or anything with a descriptor, that a coroutine waits on.
pub struct Polled<S: AsRawFd> {
    /// Empty only while dropped.
    inner: Option<CoIo<S>>,
    ended: Cell<bool>,
}

impl<S: AsRawFd> Polled<S> {
    /// Makes `source` non-blocking and registers it with its worker's event loop.
    ///
    /// # Errors
    /// When the event loop does not take the descriptor.
    pub fn new(source: S) -> io::Result<Self> {
        let inner = CoIo::new(source).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { inner: Some(inner), ended: Cell::new(false) })
    }

    /// Parks until something happens to the socket or its waker is used; whether a read
    /// may now tell something new. Wakes without a cause happen.
    pub fn wait(&self) -> bool {
        let happened = self.inner.as_ref().map_or(0, WaitIo::wait_io);
        let is = |events: i32| happened & events.cast_unsigned() as usize != 0;
        if is(ENDED) {
            self.ended.set(true);
        }
        is(READABLE)
    }

    /// Whether a wait has told of the peer's end or an error. It is told once, maybe together with
    /// the last data: from then on one is to read until that end, and never to wait for it.
    pub fn has_ended(&self) -> bool {
        self.ended.get()
    }

    /// Has everything else on the worker run, events of other sockets included, before the caller
    /// goes on. Who never waits, because its socket always has more, must call it now and then.
    /// (A plain yield would not do: the event loop looks at its sockets only when nothing else is
    /// left to run.)
    pub fn pass_turn(&self) {
        let descriptor = self.source().map_or(0, S::as_raw_fd);
        // What is spawned is first met after a look at the sockets.
        let builder = Builder::new().id(usize::try_from(descriptor).unwrap_or(0));
        // The runtime panics where it cannot map a stack: then the caller keeps its turn.
        if let Ok(Ok(turn)) = catch_unwind(|| go!(builder, || ())) {
            let _ = turn.join();
        }
    }

    /// Something that ends a wait, this one or the next, and outlives the socket harmlessly. To be
    /// used on the socket's own worker, because the coroutine goes on where its waker ran.
    pub fn waker(&self) -> Option<WaitIoWaker> {
        self.inner.as_ref().map(WaitIo::waker)
    }

    /// The socket itself.
    pub fn source(&self) -> Option<&S> {
        self.inner.as_ref().map(CoIo::inner)
    }
}

impl<S: AsRawFd> Polled<S>
where
    for<'a> &'a S: Read + Write,
{
    /// Reads what is there, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is, and whatever the socket reports.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source().map_or(Ok(0), |mut source| source.read(buffer))
    }

    /// Writes what fits, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits, and whatever the socket reports.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.source().map_or(Ok(0), |mut source| source.write(bytes))
    }
}

impl<S: AsRawFd> Drop for Polled<S> {
    fn drop(&mut self) {
        // `CoIo` would close the descriptor before it leaves the event loop. With several workers
        // another could be handed the same number in between, and lose its registration.
        if let Some(inner) = self.inner.take() {
            drop(inner.into_inner());
        }
    }
}
