//! The workers: event-loop threads, each with its own connections to the database, its own
//! metrics and its own tick. Nothing is shared between them but what they count.

use crate::app::{App, Doorway};
use crate::database::{Database, NamedGauges, connections_of_a_worker};
use crate::http;
use crate::metrics::WorkerMetrics;
use crate::polled::{self, Polled};
use crate::postgres::{self, Target};
use anyhow::Context;
use may::coroutine::Builder;
use may::go;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

/// A coroutine's stack, in machine words: 128 KiB of address space, of which only what is touched
/// takes memory. A panic with its backtrace needs 21 KiB.
const STACK_WORDS: usize = 0x4000;
/// Stacks kept for the next connections; each holds the two or three pages its last one touched.
const STACKS_KEPT: usize = 256;
/// Ticks of the edge and of the pipelines are one timer's.
const TICK: Duration = http::TICK;
const _: () = assert!(TICK.as_nanos() == postgres::TICK.as_nanos());
/// How long a worker may take to begin; it does nothing but open descriptors.
const START_DEADLINE: Duration = Duration::from_secs(10);

thread_local! {
    static APP: RefCell<Option<Rc<App>>> = const { RefCell::new(None) };
}

/// All workers, as the rest of the process sees them.
pub struct Workers {
    pub metrics: Vec<Arc<WorkerMetrics>>,
    /// Worker by worker, once they have a database.
    gauges: OnceLock<Vec<NamedGauges>>,
    stopping: Arc<AtomicBool>,
}

/// Sets the runtime up; to be called once, before anything uses it.
pub fn configure_runtime(workers: usize) {
    may::config()
        .set_workers(workers)
        .set_stack_size(STACK_WORDS)
        .set_pool_capacity(STACKS_KEPT)
        .set_worker_pin(workers > 1);
}

impl Workers {
    /// Starts the workers, which do nothing yet but keep time.
    ///
    /// # Errors
    /// When the runtime does not start them.
    pub fn start(count: usize) -> anyhow::Result<Arc<Self>> {
        let stopping = Arc::new(AtomicBool::new(false));
        for worker in 0..count {
            let stopping = Arc::clone(&stopping);
            let tick = move || {
                if let Err(error) = tick_forever(worker, count, &stopping) {
                    // Without a tick no deadline is kept: better to end than to hang.
                    log::error!("the timer of worker {worker} failed: {error}");
                    std::process::exit(1);
                }
            };
            let builder = Builder::new().name("tick".to_owned()).id(worker);
            go!(builder, tick).context("cannot start a worker")?;
        }
        let metrics = (0..count).map(|_| Arc::default()).collect();
        Ok(Arc::new(Self { metrics, gauges: OnceLock::new(), stopping }))
    }

    /// Gives each worker its service, which begins to connect to the database; to be called once,
    /// before the public port is served.
    ///
    /// # Errors
    /// When a worker does not take it.
    pub fn connect(
        &self,
        target: &Target,
        deadline: Duration,
        doorway: &Doorway,
    ) -> anyhow::Result<()> {
        let count = self.metrics.len();
        let (opened, databases) = mpsc::channel();
        for (worker, metrics) in self.metrics.iter().enumerate() {
            let (target, metrics, opened) = (target.clone(), Arc::clone(metrics), opened.clone());
            let doorway = doorway.clone();
            let open = move || {
                let database = Database::open(&target, deadline, worker, count);
                let _ = opened.send((worker, database.gauges()));
                APP.set(Some(Rc::new(App { database, metrics, doorway })));
            };
            let builder = Builder::new().name("open".to_owned()).id(worker);
            go!(builder, open).context("cannot start a worker")?;
        }
        let mut by_worker = BTreeMap::new();
        while by_worker.len() < count {
            let (worker, gauges) =
                databases.recv_timeout(START_DEADLINE).context("a worker did not start")?;
            by_worker.insert(worker, gauges);
        }
        let _ = self.gauges.set(by_worker.into_values().flatten().collect());
        Ok(())
    }

    /// The gauges of all connections, worker by worker; none before there is a database.
    #[must_use]
    pub fn gauges(&self) -> &[NamedGauges] {
        self.gauges.get().map_or(&[], Vec::as_slice)
    }

    /// Whether every worker has a connection of each class, with its statements prepared.
    #[must_use]
    pub fn ready(&self) -> bool {
        let stands = |(_, gauges): &&NamedGauges| gauges.ready.load(Ordering::Relaxed);
        let serves = |worker: &[NamedGauges]| {
            let standing: Vec<&str> = worker.iter().filter(stands).map(|(name, _)| *name).collect();
            worker.iter().all(|(name, _)| standing.contains(name))
        };
        !self.stopping.load(Ordering::Relaxed)
            && !self.gauges().is_empty()
            && self.gauges().chunks(connections_of_a_worker()).all(serves)
    }

    /// From the next tick on idle connections are closed.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The service of the worker that this is called on.
///
/// # Panics
/// Never on a worker: [`Workers::connect`] has given each its service before the public port is
/// served.
#[must_use]
pub fn app() -> Rc<App> {
    let app = APP.with_borrow(Clone::clone);
    #[expect(clippy::expect_used, reason = "see the doc comment")]
    app.expect("a worker has its service before it has connections")
}

/// Turns the worker's wheels every tick, on the worker: a runtime's own sleep would go on on
/// another thread.
fn tick_forever(worker: usize, workers: usize, stopping: &AtomicBool) -> std::io::Result<()> {
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    let interval = Expiration::Interval(TimeSpec::from_duration(TICK));
    timer.set(interval, TimerSetTimeFlags::empty())?;
    let timer = polled::on_worker(OwnedFd::from(timer), worker, workers)?;
    let timer = Polled::new(File::from(timer))?;
    loop {
        let mut expirations = [0; 8];
        let ticks = timer.read(&mut expirations).map_or(0, |_| u64::from_ne_bytes(expirations));
        // A worker that was held up catches up, but not for ever: after a suspended night all
        // deadlines have passed anyway.
        for _ in 0..ticks.min(600) {
            http::tick(stopping.load(Ordering::Relaxed));
            postgres::tick();
        }
        timer.wait();
    }
}
