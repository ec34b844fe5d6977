//! A worker inside the test program, as the server has them: the runtime with one event loop, its
//! tick, and pipelines on it. Tests stay on their own threads and never block the worker, which
//! they all share.

use crate::common::{PATIENCE, wait_until};
use atelier::polled::{self, Polled};
use atelier::postgres::pipeline::{Gauges, Options};
use atelier::postgres::{self, BadRow, Done, Error, Gate, Pipeline, Row, Statement, Target};
use may::coroutine::Builder;
use may::go;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::cell::RefCell;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

thread_local! {
    /// The pipelines opened by tests, in order; on the worker only.
    static OPENED: RefCell<Vec<Rc<Pipeline>>> = const { RefCell::new(Vec::new()) };
    /// The gates, likewise.
    static GATES: RefCell<Vec<Rc<Gate>>> = const { RefCell::new(Vec::new()) };
}

/// What comes of coroutines on the worker.
pub struct Outcomes<T>(mpsc::Receiver<thread::Result<T>>);

impl<T> Outcomes<T> {
    /// The outcome of the next coroutine that ends; its panic is the test's.
    pub fn next(&self) -> T {
        let outcome = self.0.recv_timeout(PATIENCE);
        outcome.expect("a coroutine hangs").unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Runs each of `tasks` as a coroutine, all started in the same turn of the event loop.
pub fn on_worker<T, F>(tasks: impl IntoIterator<Item = F>) -> Outcomes<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    start_runtime();
    let (sender, receiver) = mpsc::channel();
    let tasks: Vec<F> = tasks.into_iter().collect();
    let start = move || {
        for task in tasks {
            let sender = sender.clone();
            let run = move || {
                // A test that has failed waits for no outcome any more.
                let _ = sender.send(catch_unwind(AssertUnwindSafe(task)));
            };
            go!(Builder::new().id(0), run).unwrap();
        }
    };
    go!(Builder::new().id(0), start).unwrap();
    Outcomes(receiver)
}

fn start_runtime() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        atelier::worker::configure_runtime(1);
        let turn = || {
            let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC).unwrap();
            let interval = Expiration::Interval(TimeSpec::from_duration(postgres::TICK));
            timer.set(interval, TimerSetTimeFlags::empty()).unwrap();
            let timer = polled::on_worker(OwnedFd::from(timer), 0, 1).unwrap();
            let timer = Polled::new(File::from(timer)).unwrap();
            loop {
                if timer.read(&mut [0; 8]).is_ok() {
                    postgres::tick();
                }
                timer.wait();
            }
        };
        go!(Builder::new().id(0), turn).unwrap();
    });
}

fn options(
    target: &Target,
    statements: &'static [&'static Statement],
    deadline: Duration,
) -> Options {
    let target = target.clone();
    Options { name: "test", target, statements, deadline, worker: 0, workers: 1 }
}

/// A gate on the worker with its connections, asked from a test's thread.
#[derive(Clone)]
pub struct GateClient {
    index: usize,
    pub gauges: Vec<Arc<Gauges>>,
}

impl GateClient {
    /// Opens a gate and waits until all its connections stand.
    pub fn open(
        target: &Target,
        statements: &'static [&'static Statement],
        deadline: Duration,
        connections: usize,
    ) -> Self {
        let options = options(target, statements, deadline);
        let open = move || {
            let gate = Gate::open(&options, connections);
            let gauges = gate.pipelines().iter().map(|pipeline| pipeline.gauges()).collect();
            GATES.with_borrow_mut(|gates| {
                gates.push(gate);
                Self { index: gates.len() - 1, gauges }
            })
        };
        let client = on_worker([open]).next();
        client.wait_until_ready();
        client
    }

    pub fn wait_until_ready(&self) {
        wait_until("the gate is connected", || {
            self.gauges.iter().all(|gauges| gauges.ready.load(Ordering::Relaxed))
        });
    }

    /// Has each of `tasks` ask at the gate, all begun in the same turn.
    pub fn each<T, F>(&self, tasks: impl IntoIterator<Item = F>) -> Outcomes<T>
    where
        T: Send + 'static,
        F: FnOnce(&Gate) -> T + Send + 'static,
    {
        on_worker(tasks.into_iter().map(|task| {
            let index = self.index;
            move || {
                let gate = GATES.with_borrow(|gates| Rc::clone(&gates[index]));
                task(&gate)
            }
        }))
    }

    /// Of all its connections.
    pub fn count(&self, of: impl Fn(&Gauges) -> &AtomicU64) -> u64 {
        self.gauges.iter().map(|gauges| of(gauges).load(Ordering::Relaxed)).sum()
    }
}

/// A pipeline on the worker, asked from a test's thread.
#[derive(Clone)]
pub struct Client {
    index: usize,
    pub gauges: Arc<Gauges>,
}

impl Client {
    /// Opens a pipeline without waiting for its connection.
    pub fn begin(
        target: &Target,
        statements: &'static [&'static Statement],
        deadline: Duration,
    ) -> Self {
        let options = options(target, statements, deadline);
        let open = move || {
            let pipeline = Pipeline::open(options);
            let gauges = pipeline.gauges();
            OPENED.with_borrow_mut(|opened| {
                opened.push(pipeline);
                Self { index: opened.len() - 1, gauges }
            })
        };
        on_worker([open]).next()
    }

    /// Opens a pipeline and waits until it takes requests.
    pub fn open(
        target: &Target,
        statements: &'static [&'static Statement],
        deadline: Duration,
    ) -> Self {
        let client = Self::begin(target, statements, deadline);
        client.wait_until_ready();
        client
    }

    pub fn wait_until_ready(&self) {
        wait_until("the pipeline is connected", || self.gauges.ready.load(Ordering::Relaxed));
    }

    /// The pipeline itself; on the worker only.
    pub fn pipeline(&self) -> Rc<Pipeline> {
        OPENED.with_borrow(|opened| Rc::clone(&opened[self.index]))
    }

    /// Has each of `tasks` ask the pipeline, all begun in the same turn.
    pub fn each<T, F>(&self, tasks: impl IntoIterator<Item = F>) -> Outcomes<T>
    where
        T: Send + 'static,
        F: FnOnce(&Pipeline) -> T + Send + 'static,
    {
        on_worker(tasks.into_iter().map(|task| {
            let client = self.clone();
            move || task(&client.pipeline())
        }))
    }

    /// Asks one thing and waits for what comes of it.
    pub fn ask<T: Send + 'static>(&self, task: impl FnOnce(&Pipeline) -> T + Send + 'static) -> T {
        self.each([task]).next()
    }

    pub fn count(&self, of: impl Fn(&Gauges) -> &AtomicU64) -> u64 {
        of(&self.gauges).load(Ordering::Relaxed)
    }
}

/// A query whose parameters are integers: what it came to, and its rows decoded.
pub fn query(
    pipeline: &Pipeline,
    statement: &Statement,
    parameters: &[i32],
    decode: fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow>,
) -> (Result<Done, Error>, String) {
    let mut buffer = b"kept:".to_vec();
    let bind = |bind: &mut postgres::Bind<'_>| parameters.iter().for_each(|&it| bind.int4(it));
    let outcome = pipeline.query(statement, bind, &mut buffer, decode);
    let rows = String::from_utf8(buffer).unwrap();
    (outcome, rows.strip_prefix("kept:").expect("what was in the buffer stays").to_owned())
}

/// Warnings that the client has logged, in any test.
pub fn warnings() -> Vec<String> {
    WARNINGS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Collector;

/// Begins to collect [`warnings`].
pub fn collect_warnings() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        log::set_logger(&Collector).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
}

impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.push(record.args().to_string());
    }

    fn flush(&self) {}
}
