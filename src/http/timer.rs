//! Deadlines of waiting connections: a wheel of ticks, one a worker.
//!
//! Nothing here reads a clock; the worker's timer says when a tick has passed. A deadline that
//! moves later costs one store: its entry is moved on when the wheel comes by. No watch has more
//! than one entry, and none has any once it ends: the wheel is never larger than what it serves.

use may::io::WaitIoWaker;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How often the wheel turns; deadlines are kept to this precision.
pub const TICK: Duration = Duration::from_millis(100);

/// Ticks a deadline can lie ahead without being visited on the way: 51.2 s.
const SLOTS: u64 = 512;

/// One coroutine's deadline while it waits on its socket.
pub struct Watch {
    waker: WaitIoWaker,
    /// The tick at which the wait ends, `NEVER` while nothing is waited for.
    deadline: Cell<u64>,
    /// The tick of its entry in the wheel, `NEVER` while it has none.
    scheduled: Cell<u64>,
    /// Where in its slot the entry is.
    place: Cell<usize>,
}

const NEVER: u64 = u64::MAX;

/// The wheel of one worker.
pub struct Timer {
    now: Cell<u64>,
    slots: RefCell<Vec<Vec<Rc<Watch>>>>,
}

impl Timer {
    pub fn new() -> Self {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Self { now: Cell::new(0), slots: RefCell::new(slots) }
    }

    /// The tick that is now.
    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// Watches the waits that `waker` ends, until [`Timer::unwatch`].
    pub fn watch(&self, waker: WaitIoWaker) -> Rc<Watch> {
        let (deadline, scheduled) = (Cell::new(NEVER), Cell::new(NEVER));
        Rc::new(Watch { waker, deadline, scheduled, place: Cell::new(0) })
    }

    /// The coroutine ends: nothing of it stays in the wheel.
    pub fn unwatch(&self, watch: &Watch) {
        watch.clear();
        self.remove(watch);
    }

    /// Has the coroutine behind `watch` woken no sooner than `wait` from now.
    pub fn set(&self, watch: &Rc<Watch>, wait: Duration) {
        self.set_at(watch, self.now() + ticks(wait));
    }

    /// As [`Timer::set`], at a given tick.
    pub fn set_at(&self, watch: &Rc<Watch>, deadline: u64) {
        watch.deadline.set(deadline);
        if watch.scheduled.get() > deadline {
            self.remove(watch);
            self.insert(Rc::clone(watch), deadline);
        }
    }

    /// Turns the wheel by one tick and wakes those whose deadline has come.
    pub fn tick(&self) {
        let now = self.now() + 1;
        self.now.set(now);
        let due = std::mem::take(&mut self.slots.borrow_mut()[slot_of(now)]);
        for watch in due {
            let deadline = watch.deadline.get();
            watch.scheduled.set(NEVER);
            if deadline <= now {
                watch.waker.wakeup();
            } else if deadline != NEVER {
                self.insert(watch, deadline);
            }
        }
    }

    /// Wakes everyone who waits, whatever the deadline: the server is stopping.
    pub fn wake_all(&self) {
        for slot in self.slots.borrow().iter() {
            slot.iter().for_each(|watch| watch.waker.wakeup());
        }
    }

    fn insert(&self, watch: Rc<Watch>, deadline: u64) {
        let tick = deadline.clamp(self.now() + 1, self.now() + SLOTS - 1);
        let slot = &mut self.slots.borrow_mut()[slot_of(tick)];
        watch.scheduled.set(tick);
        watch.place.set(slot.len());
        slot.push(watch);
    }

    fn remove(&self, watch: &Watch) {
        let tick = watch.scheduled.replace(NEVER);
        if tick != NEVER {
            let slot = &mut self.slots.borrow_mut()[slot_of(tick)];
            slot.swap_remove(watch.place.get());
            if let Some(moved) = slot.get(watch.place.get()) {
                moved.place.set(watch.place.get());
            }
        }
    }
}

impl Watch {
    /// Whether the deadline has passed at tick `now`.
    pub fn expired(&self, now: u64) -> bool {
        self.deadline.get() <= now
    }

    /// Whether a deadline is set.
    pub fn is_set(&self) -> bool {
        self.deadline.get() != NEVER
    }

    /// Nothing is waited for. The entry stays: the next wait most likely ends later than it lies.
    pub fn clear(&self) {
        self.deadline.set(NEVER);
    }
}

/// Whole ticks in `wait`, rounded up and one more, because the running tick is partly over.
pub fn ticks(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(TICK.as_millis())).unwrap_or(NEVER / 2) + 1
}

fn slot_of(tick: u64) -> usize {
    usize::try_from(tick % SLOTS).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polled::Polled;
    use std::os::unix::net::UnixStream;

    /// The tick at which the wheel drops or fires a watch set `wait` ahead, from tick `start`.
    fn fired_after(timer: &Timer, watch: &Rc<Watch>) -> u64 {
        let start = timer.now();
        while watch.scheduled.get() != NEVER {
            timer.tick();
            assert!(timer.now() - start < 5 * SLOTS, "the wheel never met its entry");
        }
        timer.now() - start
    }

    fn watch(timer: &Timer) -> Rc<Watch> {
        let socket = Polled::new(UnixStream::pair().unwrap().0).unwrap();
        timer.watch(socket.waker().unwrap())
    }

    #[test]
    fn a_deadline_is_met_on_time_also_past_the_horizon_and_when_moved() {
        let timer = Timer::new();
        let watch = watch(&timer);
        timer.set(&watch, Duration::from_millis(300));
        assert_eq!(fired_after(&timer, &watch), 4);

        timer.set(&watch, Duration::from_secs(120));
        assert_eq!(fired_after(&timer, &watch), 1201);

        timer.set(&watch, Duration::from_secs(10));
        timer.set(&watch, Duration::from_secs(1));
        assert_eq!(fired_after(&timer, &watch), 11);

        timer.set(&watch, Duration::from_secs(1));
        timer.set(&watch, Duration::from_secs(10));
        assert_eq!(fired_after(&timer, &watch), 101);
    }

    #[test]
    fn a_cleared_watch_leaves_the_wheel() {
        let timer = Timer::new();
        let watch = watch(&timer);
        timer.set(&watch, Duration::from_secs(1));
        watch.clear();
        fired_after(&timer, &watch);
        assert_eq!(Rc::strong_count(&watch), 1);
    }

    #[test]
    fn an_ended_watch_leaves_nothing_behind_and_takes_no_other_with_it() {
        let timer = Timer::new();
        let watches: Vec<_> = (0..5).map(|_| watch(&timer)).collect();
        watches.iter().for_each(|watch| timer.set(watch, Duration::from_secs(1)));
        timer.unwatch(&watches[1]);
        // Moved earlier: one entry still.
        timer.set(&watches[4], Duration::from_millis(500));
        let counts: Vec<_> = watches.iter().map(Rc::strong_count).collect();
        assert_eq!(counts, [2, 1, 2, 2, 2]);
        timer.unwatch(&watches[4]);
        for _ in 0..11 {
            timer.tick();
        }
        assert!(watches.iter().all(|watch| Rc::strong_count(watch) == 1));
    }
}
