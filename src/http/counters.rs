//! What the edge counts by itself, before and beside any service.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counters of one server, added to by all its workers.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections open now.
    pub open: AtomicUsize,
    /// Connections accepted, those refused included.
    pub accepted: AtomicU64,
    /// Connections answered with 503 because [`super::Limits::connections_max`] were open.
    pub refused: AtomicU64,
    /// Times that accepting failed for want of descriptors or memory.
    pub accept_failures: AtomicU64,
    /// Requests answered by the edge itself with a 4xx or 5xx: malformed, too large, too slow.
    pub requests_refused: AtomicU64,
    /// Replies dropped, with their connections, because too many bytes wait for slow readers.
    pub replies_dropped: AtomicU64,
    /// Waits that ran into their deadline, idle connections included.
    pub timeouts: AtomicU64,
    /// Panics caught in a service.
    pub panics: AtomicU64,
}

impl Counters {
    /// Adds one; relaxed, because nothing is ordered by a count.
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
