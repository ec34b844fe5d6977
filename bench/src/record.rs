//! What a run leaves behind: `run.json`, and its samples as `samples.csv`.

use crate::machine::Machine;
use crate::peer::Peer;
use crate::statistics::Summary;
use crate::workload::Workload;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// Begins why a peer has no figures where that is nobody's fault.
pub const LEFT_OUT: &str = "left out: ";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// As fast as it goes.
    Peak,
    /// At a rate.
    Rate,
    /// As fast as it goes with few and with many connections.
    Connections,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// The scheduler decides.
    Free,
    /// The server on core 0; `PostgreSQL`, Redis and the driver on core 1.
    Pinned,
}

impl Placement {
    #[must_use]
    pub fn server_core(self) -> Option<usize> {
        (self == Self::Pinned).then_some(0)
    }

    #[must_use]
    pub fn other_core(self) -> Option<usize> {
        (self == Self::Pinned).then_some(1)
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if *self == Self::Free { "free" } else { "pinned" })
    }
}

/// One measurement. All that is named `_us` is microseconds; of CPU, context switches and system
/// calls it is how much a request took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    pub phase: Phase,
    pub placement: Placement,
    pub round: u32,
    pub peer: String,
    pub workload: String,
    pub connections: u32,
    /// The rate that was asked for.
    pub rate: Option<f64>,
    pub requests: u64,
    pub seconds: f64,
    pub rps: f64,
    pub p50_us: f64,
    pub p90_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
    pub max_us: f64,
    pub errors: u64,
    /// Replies that were looked at, status and body.
    pub checked: u64,
    pub server_us: f64,
    pub postgres_us: f64,
    pub redis_us: f64,
    /// The share of reads that Redis had.
    pub redis_hits: Option<f64>,
    pub server_switches: f64,
    pub server_switches_forced: f64,
    pub postgres_switches: f64,
    pub resident_mib: f64,
    pub proportional_mib: f64,
    /// Why it does not count; empty: it does.
    pub void: String,
}

impl Sample {
    #[must_use]
    pub fn cpu_us(&self) -> f64 {
        self.server_us + self.postgres_us + self.redis_us
    }

    /// It in one line, for who watches.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { placement, round, peer, workload, connections, rps, .. } = self;
        let Self { server_us, postgres_us, redis_us, void, .. } = self;
        let rate = self.rate.map(|it| format!(" of {it:.0}")).unwrap_or_default();
        let redis =
            if *redis_us > 0.0 { format!(" redis {redis_us:.1} us") } else { String::new() };
        let (p50, p99) = (self.p50_us / 1000.0, self.p99_us / 1000.0);
        let void = if void.is_empty() { String::new() } else { format!("  VOID: {void}") };
        format!(
            "{placement} {round} {peer:<16} {workload:<18} {connections:>4} c {rps:>7.0} rps{rate} \
             server {server_us:.1} us postgres {postgres_us:.1} us{redis}  \
             p50 {p50:.2} p99 {p99:.2} ms{void}"
        )
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeerRecord {
    pub name: String,
    pub title: String,
    pub stack: String,
    /// Why there are no figures of it; empty: there are.
    pub void: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkloadRecord {
    pub name: String,
    pub title: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SystemCalls {
    pub placement: Placement,
    pub peer: String,
    pub workload: String,
    pub per_request: f64,
}

/// All of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub date: String,
    pub commit: String,
    pub command: String,
    pub products: u32,
    pub rounds: u32,
    pub seconds: f64,
    pub warm_seconds: f64,
    pub connections: u32,
    pub placements: Vec<Placement>,
    pub machine: Machine,
    pub versions: BTreeMap<String, String>,
    pub postgres_settings: Vec<(String, String)>,
    pub peers: Vec<PeerRecord>,
    pub workloads: Vec<WorkloadRecord>,
    pub samples: Vec<Sample>,
    pub system_calls: Vec<SystemCalls>,
}

impl PeerRecord {
    #[must_use]
    pub fn of(peer: &Peer, void: String) -> Self {
        let (name, title) = (peer.name.clone(), peer.title.clone());
        Self { name, title, stack: peer.stack.clone(), void }
    }
}

impl WorkloadRecord {
    #[must_use]
    pub fn of(workload: &Workload) -> Self {
        Self { name: workload.name.clone(), title: workload.title.clone() }
    }
}

impl Run {
    /// # Errors
    /// There is no run in the folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("run.json");
        let text = fs::read(&path)
            .with_context(|| format!("no run in {}: no run.json", folder.display()))?;
        serde_json::from_slice(&text).with_context(|| path.display().to_string())
    }

    /// # Errors
    /// The files cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        fs::write(folder.join("run.json"), serde_json::to_string_pretty(self)? + "\n")?;
        let mut csv = csv::Writer::from_path(folder.join("samples.csv"))?;
        for sample in &self.samples {
            csv.serialize(sample)?;
        }
        csv.flush()?;
        Ok(())
    }

    /// The samples that count.
    pub fn valid(&self, phase: Phase, placement: Placement) -> impl Iterator<Item = &Sample> {
        let is_it = move |it: &&Sample| {
            it.phase == phase && it.placement == placement && it.void.is_empty()
        };
        self.samples.iter().filter(is_it)
    }

    /// The samples at peak rate of a workload and a peer that count.
    pub fn peaks<'r>(
        &'r self,
        placement: Placement,
        workload: &'r str,
        peer: &'r str,
    ) -> impl Iterator<Item = &'r Sample> {
        let samples = self.valid(Phase::Peak, placement);
        samples.filter(move |it| it.workload == workload && it.peer == peer)
    }

    /// The summary of a figure over the rounds of a workload and a peer.
    #[must_use]
    pub fn summary(
        &self,
        placement: Placement,
        workload: &str,
        peer: &str,
        figure: impl Fn(&Sample) -> f64,
    ) -> Option<Summary> {
        Summary::of(self.peaks(placement, workload, peer).map(figure))
    }

    /// What a peer takes of CPU, all its processes, in shares of another's in the same round.
    #[must_use]
    pub fn cpu_share(
        &self,
        placement: Placement,
        workload: &str,
        peer: &str,
        other: &str,
    ) -> Option<Summary> {
        let theirs: Vec<&Sample> = self.peaks(placement, workload, other).collect();
        let share = |ours: &Sample| {
            let same_round = theirs.iter().find(|it| it.round == ours.round)?;
            Some(ours.cpu_us() / same_round.cpu_us())
        };
        Summary::of(self.peaks(placement, workload, peer).filter_map(share))
    }

    /// Everything that was found wrong.
    #[must_use]
    pub fn voids(&self) -> Vec<String> {
        let is_void = |it: &&PeerRecord| !it.void.is_empty() && !it.void.starts_with(LEFT_OUT);
        let peers = self.peers.iter().filter(is_void);
        let peers = peers.map(|it| format!("{}: {}", it.name, it.void));
        let samples = self.samples.iter().filter(|it| !it.void.is_empty());
        let samples = samples.map(|it| {
            let Sample { peer, workload, placement, round, void, .. } = it;
            format!("{peer}, {workload}, {placement}, round {round}: {void}")
        });
        peers.chain(samples).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PACKAGE;

    #[test]
    fn a_share_is_that_of_the_same_round() {
        let folder = Path::new(PACKAGE).join("runs/2026-11-25-coalesced");
        let mut run = Run::read(&folder).unwrap();
        let share = |run: &Run, peer| {
            run.cpu_share(Placement::Free, "meta", peer, "axum-pipelined").unwrap()
        };
        let own = share(&run, "axum-pipelined");
        assert_eq!([own.min, own.max], [1.0, 1.0]);
        let before = share(&run, "atelier");
        // Twice the CPU of all in one round changes no share.
        run.samples.iter_mut().filter(|it| it.round == 1).for_each(|it| {
            (it.server_us, it.postgres_us) = (2.0 * it.server_us, 2.0 * it.postgres_us);
        });
        let after = share(&run, "atelier");
        assert_eq!([after.min, after.max], [before.min, before.max]);
    }
}
