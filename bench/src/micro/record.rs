//! What a run leaves behind: `micro.json`.

use crate::machine::Machine;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The workload that is asked at rates and behind a balancer.
pub const MIX: &str = "page";
pub const FILE: &str = "micro.json";
/// The names of the machines; several servers have the same.
pub const DATABASE: &str = "database";
pub const SERVER: &str = "server";
pub const BALANCER: &str = "balancer";

/// Errors of a rate that is kept: the course's goal.
const ERRORS_MAX: f64 = 0.01;
/// Likewise its latency.
pub const LATENCY_MS_MAX: f64 = 2000.0;
/// How much of a rate is answered where it is kept.
const ANSWERED_MIN: f64 = 0.95;
/// A machine's CPU counts as used up from this part of its share on, or if it was held up in so
/// many of its periods: machines that wait for each other leave something of their shares.
const FULL: f64 = 0.93;
const HELD_UP: f64 = 0.5;
/// So many clients at once are a crowd.
const CROWD: u32 = 1000;

/// Which products are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Range {
    Last10,
    All,
}

/// What one machine used during a measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Used {
    pub name: String,
    /// Of all requests, whoever served them.
    pub cpu_us_per_request: f64,
    pub cores: f64,
    /// The share of its periods in which it was held up.
    pub throttled: f64,
    pub reads_per_request: f64,
    pub read_kib_per_request: f64,
    /// The most memory that it had, with its files' pages.
    pub memory_peak_mib: f64,
    /// The memory of its processes at the end.
    pub memory_own_mib: f64,
    pub killed_for_memory: u64,
}

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    pub nodes: usize,
    pub workload: String,
    pub range: Range,
    /// Of a core, for each machine.
    pub share: f64,
    /// Reads a second that the database's disk was held to.
    pub reads_max: Option<u64>,
    /// The rate that was asked for; none: as fast as it goes.
    pub rate: Option<f64>,
    pub connections: u32,
    pub requests: u64,
    pub seconds: f64,
    pub rps: f64,
    pub errors: u64,
    /// Of these, the replies of the wrong status; of a late reply there are several errors.
    pub refused: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub machines: Vec<Used>,
    /// What the witness said of a wrong reply; empty: all were right.
    pub wrong: String,
}

/// All of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub date: String,
    pub commit: String,
    pub command: String,
    pub products: u32,
    pub seconds: f64,
    pub machine: Machine,
    pub versions: BTreeMap<String, String>,
    pub postgres_settings: Vec<(String, String)>,
    pub samples: Vec<Sample>,
}

impl Sample {
    /// Whether there were more clients than time for them: a reply of 503 is a right one then.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.rate.is_none() && self.connections >= CROWD
    }

    #[must_use]
    pub fn has_balancer(&self) -> bool {
        self.of(BALANCER).next().is_some()
    }

    /// Whether it is the page mix of the last tenth, as fast as it goes.
    #[must_use]
    pub fn is_mix_in_memory(&self) -> bool {
        self.workload == MIX && self.range == Range::Last10 && self.rate.is_none()
    }

    /// Whether the rate was answered, by the course's goals.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.error_share() < ERRORS_MAX
            && self.p99_ms < LATENCY_MS_MAX
            && self.rate.is_none_or(|rate| self.rps > rate * ANSWERED_MIN)
    }

    #[must_use]
    #[expect(clippy::cast_precision_loss)]
    pub fn error_share(&self) -> f64 {
        self.errors as f64 / self.requests.max(1) as f64
    }

    /// All machines of a name.
    pub fn of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Used> {
        self.machines.iter().filter(move |it| it.name == name)
    }

    /// CPU of all machines of a name, microseconds a request.
    #[must_use]
    pub fn cpu_us(&self, name: &str) -> f64 {
        self.of(name).map(|it| it.cpu_us_per_request).sum()
    }

    /// Reads of the database's disk a request.
    #[must_use]
    pub fn reads(&self) -> f64 {
        self.of(DATABASE).map(|it| it.reads_per_request).sum()
    }

    /// What keeps it from being faster.
    #[must_use]
    pub fn limit(&self) -> String {
        let full = self
            .machines
            .iter()
            .filter(|it| it.cores > self.share * FULL || it.throttled > HELD_UP);
        let mut full: Vec<&str> = full.map(|it| it.name.as_str()).collect();
        full.dedup();
        let reads = self.reads();
        match () {
            () if !full.is_empty() => format!("CPU of {}", full.join(" and ")),
            () if reads * self.rps > self.reads_max.map_or(f64::INFINITY, |it| it as f64 * 0.9) => {
                "reads of the disk".to_owned()
            }
            () if reads > 0.1 => "waiting for the disk".to_owned(),
            () => "the driver beside it".to_owned(),
        }
    }

    /// It in one line, for who watches.
    #[must_use]
    pub fn line(&self) -> String {
        let rate = self.rate.map(|it| format!(" of {it:.0}")).unwrap_or_default();
        let mut line = format!(
            "{} nodes {:<9} {:?} {:>3.0} % {:>6.0} rps{rate} p50 {:.1} p99 {:.1} max {:.0} ms, {} \
             errors;",
            self.nodes,
            self.workload,
            self.range,
            self.share * 100.0,
            self.rps,
            self.p50_ms,
            self.p99_ms,
            self.max_ms,
            self.errors
        );
        for used in &self.machines {
            line += &format!(
                " {} {:.1} us {:.1} % held up {:.0} % reads {:.2} {:.0} MiB;",
                used.name,
                used.cpu_us_per_request,
                used.cores * 100.0,
                used.throttled * 100.0,
                used.reads_per_request,
                used.memory_peak_mib
            );
        }
        format!("{line} {} {}", self.limit(), self.wrong)
    }
}

impl Run {
    /// # Errors
    /// There is no run in the folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read(&path).with_context(|| format!("no {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| path.display().to_string())
    }

    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        fs::write(folder.join(FILE), serde_json::to_string_pretty(self)? + "\n")?;
        Ok(())
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    fn used(name: &str, cores: f64, throttled: f64, reads_per_request: f64) -> Used {
        Used {
            name: name.to_owned(),
            cpu_us_per_request: 10.0,
            cores,
            throttled,
            reads_per_request,
            read_kib_per_request: 0.0,
            memory_peak_mib: 1.0,
            memory_own_mib: 1.0,
            killed_for_memory: 0,
        }
    }

    /// A rate of 1,000 that was answered at once.
    pub fn sample() -> Sample {
        Sample {
            nodes: 1,
            workload: MIX.to_owned(),
            range: Range::Last10,
            share: 0.1,
            reads_max: None,
            rate: Some(1000.0),
            connections: 64,
            requests: 1000,
            seconds: 1.0,
            rps: 1000.0,
            errors: 0,
            refused: 0,
            p50_ms: 1.0,
            p99_ms: 10.0,
            max_ms: 20.0,
            machines: vec![used(DATABASE, 0.05, 0.0, 0.0), used(SERVER, 0.05, 0.0, 0.0)],
            wrong: String::new(),
        }
    }

    #[test]
    fn a_rate_is_kept_by_the_goals() {
        assert!(sample().is_kept());
        assert!(!Sample { errors: 10, ..sample() }.is_kept());
        assert!(!Sample { p99_ms: 2000.0, ..sample() }.is_kept());
        assert!(!Sample { rps: 900.0, ..sample() }.is_kept());
        assert!(Sample { rps: 900.0, rate: None, ..sample() }.is_kept());
    }

    #[test]
    fn what_limits_is_what_is_used_up() {
        let limit = |database, server| {
            Sample { machines: vec![database, server], reads_max: Some(3000), ..sample() }.limit()
        };
        let idle = || used(SERVER, 0.05, 0.0, 0.0);
        assert_eq!(limit(used(DATABASE, 0.05, 0.9, 0.0), idle()), "CPU of database");
        assert_eq!(
            limit(used(DATABASE, 0.1, 0.0, 0.0), used(SERVER, 0.1, 0.0, 0.0)),
            "CPU of database and server"
        );
        assert_eq!(limit(used(DATABASE, 0.05, 0.0, 2.9), idle()), "reads of the disk");
        assert_eq!(limit(used(DATABASE, 0.05, 0.0, 1.0), idle()), "waiting for the disk");
        assert_eq!(limit(used(DATABASE, 0.05, 0.0, 0.0), idle()), "the driver beside it");
    }
}
