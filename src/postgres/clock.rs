//! A worker's time, its pipelines and its gates: who is told when a tick has passed.

use super::gate::Gate;
use super::pipeline::Pipeline;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

/// How often [`tick`] is to be called; deadlines are kept to this precision.
pub const TICK: Duration = Duration::from_millis(100);

thread_local! {
    /// The pipelines of this worker, by index.
    static PIPELINES: RefCell<Vec<Rc<Pipeline>>> = const { RefCell::new(Vec::new()) };
    /// The gates of this worker.
    static GATES: RefCell<Vec<Weak<Gate>>> = const { RefCell::new(Vec::new()) };
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// One tick of the worker's time: to be called every [`TICK`] on the worker.
pub fn tick() {
    NOW.set(NOW.get() + 1);
    let pipelines = PIPELINES.with_borrow(Clone::clone);
    for (index, pipeline) in pipelines.iter().enumerate() {
        pipeline.tick(index, NOW.get());
    }
    for gate in GATES.with_borrow(Clone::clone).iter().filter_map(Weak::upgrade) {
        gate.expire(NOW.get());
    }
}

/// Has every tick told to a gate; the index by which this worker knows it.
pub(super) fn keep_gate(gate: Weak<Gate>) -> usize {
    GATES.with_borrow_mut(|gates| {
        gates.push(gate);
        gates.len() - 1
    })
}

/// The gate of that index on this worker.
pub(super) fn gate_of_this_worker(index: usize) -> Option<Rc<Gate>> {
    GATES.with_borrow(|gates| gates.get(index).and_then(Weak::upgrade))
}

/// The tick by which a time has passed for sure.
pub(super) fn tick_after(wait: Duration) -> u64 {
    NOW.get() + ticks(wait)
}

/// The pipeline of that index on this worker.
pub(super) fn of_this_worker(index: usize) -> Option<Rc<Pipeline>> {
    PIPELINES.with_borrow(|pipelines| pipelines.get(index).cloned())
}

pub(super) fn ticks(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX / 2) + 1
}

/// The number of the present tick.
pub(super) fn now() -> u64 {
    NOW.get()
}

/// Has every tick told to a pipeline; the index by which this worker knows it.
pub(super) fn keep_pipeline(pipeline: &Rc<Pipeline>) -> usize {
    PIPELINES.with_borrow_mut(|pipelines| {
        pipelines.push(Rc::clone(pipeline));
        pipelines.len() - 1
    })
}
