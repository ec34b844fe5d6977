//! The HTTP/1.1 edge: bytes on sockets to requests, replies to bytes.
//!
//! It knows nothing of shops or databases. A [`Server`] accepts connections and gives each a
//! coroutine (`connection`) on the worker its descriptor belongs to; a [`Service`] answers one
//! request at a time, written straight into the reply's buffer. Everything a client can make grow
//! is bounded by a field of [`Limits`].

mod body;
mod connection;
mod counters;
mod edge;
mod head;
mod input;
mod listener;
mod refusal;
mod reply;
mod timer;

pub use counters::Counters;
pub use edge::tick;
pub use head::{Head, Method, Request};
pub use listener::{Limits, Server, raise_descriptor_limit};
pub use reply::{ContentType, Reply, Status};
pub use timer::TICK;

/// Answers requests. One value serves all the connections of a worker.
pub trait Service {
    /// Writes the one reply to `request` into `reply`. It may park the coroutine. A panic, or no
    /// reply at all, becomes a 500 and the connection is closed.
    fn call(&self, request: &Request<'_>, reply: &mut Reply);
}
