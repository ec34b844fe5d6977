//! A PostgreSQL of the tests' own, a database for each test, and a shop served from it.

mod client;
mod cluster;
pub mod fixture;
mod shop;

pub use client::{Raw, Response, exchange, exchange_as};
pub use cluster::{Database, cluster};
pub use shop::Shop;

use std::time::{Duration, Instant};

/// How long anything that is awaited may take before the test fails: generous, because the
/// machine may be busy, and never reached when things work.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `condition` holds, looking every 10 ms; panics with `what` past [`PATIENCE`].
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
