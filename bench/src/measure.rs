//! One measurement: a driver runs, and what everybody uses meanwhile is counted.

use crate::driver::{self, Load, Prepared};
use crate::process::{Running, Start};
use crate::record::{Phase, Placement, Sample};
use crate::usage::{Members, Memory, Usage};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at the memory of a server.
const MEMORY_PAUSE: Duration = Duration::from_millis(400);

/// Whose use is counted.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub port: u16,
    pub server: Members,
    pub postgres: Members,
    pub redis: Option<Members>,
}

/// What is measured, for the record.
#[derive(Clone, Debug)]
pub struct About {
    pub phase: Phase,
    pub placement: Placement,
    pub round: u32,
    pub peer: String,
    pub workload: String,
    pub connections: u32,
    pub rate: Option<f64>,
}

impl Measured {
    fn usage(&self) -> [Usage; 3] {
        let redis = self.redis.map(Members::usage).unwrap_or_default();
        [self.server.usage(), self.postgres.usage(), redis]
    }

    /// Runs a driver beside a witness. A wrong reply voids the sample; it is no error.
    ///
    /// # Errors
    /// The driver cannot be run.
    pub fn sample(
        &self,
        about: &About,
        prepared: &Prepared,
        drive: impl FnOnce() -> Result<Load>,
    ) -> Result<Sample> {
        let is_over = AtomicBool::new(false);
        let before = self.usage();
        // The driver is started by this thread: it ends with the thread that started it.
        let (load, witnessed, memory) = thread::scope(|scope| {
            let witness = scope.spawn(|| driver::witness(&prepared.requests, self.port, &is_over));
            let memory = scope.spawn(|| memory_peak(self.server, &is_over));
            let load = drive();
            is_over.store(true, Ordering::Relaxed);
            (load, witness.join(), memory.join().unwrap_or_default())
        });
        let after = self.usage();
        let load = load?;
        let used = [0, 1, 2].map(|it| after[it] - before[it]);
        let (checked, mut void) = match witnessed {
            Ok(Ok(checked)) => (checked, String::new()),
            Ok(Err(error)) => (0, format!("{error:#}")),
            Err(_) => (0, "the witness failed".to_owned()),
        };
        if load.errors > 0 {
            void = format!("{} requests failed. {void}", load.errors).trim().to_owned();
        }
        if load.requests == 0 {
            "no request was answered".clone_into(&mut void);
        }
        Ok(sample(about, &load, &used, memory, checked, void))
    }
}

#[expect(clippy::cast_precision_loss)]
fn sample(
    about: &About,
    load: &Load,
    used: &[Usage; 3],
    memory: Memory,
    checked: u64,
    void: String,
) -> Sample {
    let [server, postgres, redis] = used;
    let each = |count: u64| count as f64 / (load.requests.max(1) as f64);
    let us = |usage: &Usage| round(each(usage.cpu_ns) / 1000.0);
    let About { phase, placement, round: number, peer, workload, connections, rate } =
        about.clone();
    Sample {
        phase,
        placement,
        round: number,
        peer,
        workload,
        connections,
        rate: rate.map(round),
        requests: load.requests,
        seconds: load.seconds,
        rps: round(load.requests as f64 / load.seconds),
        p50_us: load.p50_us,
        p90_us: load.p90_us,
        p99_us: load.p99_us,
        p999_us: load.p999_us,
        max_us: load.max_us,
        errors: load.errors,
        checked,
        server_us: us(server),
        postgres_us: us(postgres),
        redis_us: us(redis),
        redis_hits: None,
        server_switches: round(each(server.switches_voluntary)),
        server_switches_forced: round(each(server.switches_forced)),
        postgres_switches: round(each(postgres.switches_voluntary + postgres.switches_forced)),
        resident_mib: round(memory.resident_kib as f64 / 1024.0),
        proportional_mib: round(memory.proportional_kib as f64 / 1024.0),
        void,
    }
}

/// To three digits: more would be noise in what is committed.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn memory_peak(server: Members, is_over: &AtomicBool) -> Memory {
    let mut peak = Memory::default();
    let mut last = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(20));
        if last.elapsed() >= MEMORY_PAUSE {
            let memory = server.memory();
            peak.resident_kib = peak.resident_kib.max(memory.resident_kib);
            peak.proportional_kib = peak.proportional_kib.max(memory.proportional_kib);
            last = Instant::now();
        }
    }
    peak
}

/// System calls of the server a request, by `perf`, which makes them slower: a run of its own.
///
/// # Errors
/// `perf` is not there, or may not.
#[expect(clippy::cast_precision_loss)]
pub fn system_calls(
    server: Members,
    folder: &Path,
    drive: impl FnOnce() -> Result<Load>,
) -> Result<f64> {
    let ids: Vec<String> = server.ids().iter().map(u32::to_string).collect();
    let counts = folder.join("perf.csv");
    let command =
        format!("exec perf stat -x, -e raw_syscalls:sys_enter -o perf.csv -p {}", ids.join(","));
    let mut start = Start::shell("perf", &command, folder, folder.join("perf.log"));
    start.stop = Signal::SIGINT;
    let mut perf = Running::new(&start)?;
    // It has no other way to say that it counts.
    thread::sleep(Duration::from_millis(500));
    let load = drive()?;
    perf.stop()?;
    let text = fs::read_to_string(counts).context("perf cannot count")?;
    Ok(round(count_of(&text)? as f64 / load.requests.max(1) as f64))
}

/// The count in the output of `perf stat -x,`.
fn count_of(text: &str) -> Result<u64> {
    let line = text.lines().find(|it| it.contains("raw_syscalls:sys_enter"));
    let count = line.and_then(|it| it.split(',').next());
    count.context("perf has no count")?.parse().context("perf may not count system calls here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_perf_is_read() {
        let text = "# started on x\n\n75889,,raw_syscalls:sys_enter,243628044,100.00,,\n";
        assert_eq!(count_of(text).unwrap(), 75889);
        assert!(count_of("<not supported>,,raw_syscalls:sys_enter,0,100.00,,").is_err());
        assert!(count_of("").is_err());
    }
}
