//! What a run works on: peers, workloads, and what is known of them so far.

use crate::arguments::{Options, Part, Workloads};
use crate::machine::{self, Machine};
use crate::peer::Peer;
use crate::postgres;
use crate::record::{LEFT_OUT, PeerRecord, Run, WorkloadRecord};
use crate::workload::{Kind, Workload};
use crate::{PACKAGE, report};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Whose replies are the right ones, and whose variants are always measured.
pub const OURS: &str = "atelier";
/// What latency is measured of, at these shares of the peer's own peak rate.
pub const RATE_WORKLOADS: [&str; 2] = ["reviews", "page"];
pub const RATE_SHARES: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
/// What is measured over few and over many connections.
pub const CONNECTIONS_WORKLOAD: &str = "reviews";
pub const CONNECTIONS: [u32; 6] = [1, 4, 16, 64, 256, 1024];
/// What a run works on.
pub struct Plan<'p> {
    pub options: &'p Options,
    pub peers: Vec<Peer>,
    pub workloads: Vec<Workload>,
    pub run: Run,
    pub out: PathBuf,
}

impl<'p> Plan<'p> {
    pub fn new(options: &'p Options) -> Result<Self> {
        let package = Path::new(PACKAGE);
        let mut peers = Peer::all(&package.join("peers"))?;
        if let Some(names) = &options.peers {
            check_names("peer", names, peers.iter().map(|it| it.name.as_str()))?;
            peers.retain(|it| names.contains(&it.name));
        }
        let mut workloads = Workload::all(&package.join("workloads"))?;
        if let Workloads::Named(names) = &options.workloads {
            check_names("workload", names, workloads.iter().map(|it| it.name.as_str()))?;
            workloads.retain(|it| names.contains(&it.name));
        }
        let date = machine::today();
        let out = package.join("runs").join(format!("{date}-peers"));
        let out = options.out.clone().unwrap_or(out);
        let run = Run {
            date,
            commit: machine::commit(),
            command: command(std::env::args().skip(1)),
            products: 0,
            rounds: options.rounds,
            seconds: options.seconds,
            warm_seconds: options.warm_seconds,
            connections: options.connections,
            placements: options.placements.clone(),
            machine: Machine::this(),
            versions: BTreeMap::new(),
            postgres_settings: postgres::settings(&options.postgres_set),
            peers: Vec::new(),
            workloads: workloads.iter().map(WorkloadRecord::of).collect(),
            samples: Vec::new(),
            system_calls: Vec::new(),
        };
        Ok(Self { options, peers, workloads, run, out })
    }

    /// Builds peers, and leaves out those that cannot be.
    pub fn build(&mut self) {
        for peer in std::mem::take(&mut self.peers) {
            let mut void = match peer.missing() {
                Some(program) => format!("{LEFT_OUT}{program} is not installed"),
                None if peer.kind == Kind::Floor => format!("{LEFT_OUT}it speaks no HTTP"),
                None => String::new(),
            };
            if void.is_empty() && !peer.has_no_build() {
                println!("building {}", peer.name);
                if let Err(error) = peer.build() {
                    void = format!("it cannot be built: {error:#}");
                }
            }
            self.run.peers.push(PeerRecord::of(&peer, void.clone()));
            if void.is_empty() {
                for program in peer.programs() {
                    let version = machine::version(program);
                    self.run.versions.insert(program.to_owned(), version);
                }
                self.peers.push(peer);
            } else {
                println!("{}: {void}", peer.name);
            }
        }
    }

    /// What is to come, and how long it takes.
    pub fn outlook(&self) -> String {
        let seconds = self.options.seconds + self.options.warm_seconds + 0.6;
        let (mut count, parts) = (0, &self.options.parts);
        for peer in &self.peers {
            let measured = |it: &&Workload| self.is_measured(peer, it);
            let all: Vec<&Workload> = self.workloads.iter().filter(measured).collect();
            let has = |name: &str| usize::from(all.iter().any(|it| it.name == name));
            if parts.contains(&Part::Peak) {
                count += all.len() * usize::try_from(self.options.rounds).unwrap_or(1);
            }
            if peer.curves && parts.contains(&Part::Rate) {
                count += RATE_WORKLOADS.iter().map(|it| has(it)).sum::<usize>() * RATE_SHARES.len();
            }
            if peer.curves && parts.contains(&Part::Connections) {
                count += has(CONNECTIONS_WORKLOAD) * CONNECTIONS.len();
            }
        }
        let count = count * self.options.placements.len();
        let minutes = (seconds * u32::try_from(count).map_or(0.0, f64::from) / 60.0).ceil();
        format!("{} peers, {count} measurements, about {minutes} minutes", self.peers.len())
    }

    /// Whether a peer is measured with a workload.
    pub fn is_measured(&self, peer: &Peer, workload: &Workload) -> bool {
        let is_plain = self.options.workloads == Workloads::Plain;
        peer.serves(workload) && !(is_plain && workload.is_variant && peer.name != OURS)
    }

    /// The peers that are also measured at rates and by connections.
    pub fn with_curves(&self) -> Vec<Peer> {
        self.peers.iter().filter(|peer| peer.curves).cloned().collect()
    }

    pub fn leave_out(&mut self, peer: &Peer, error: &anyhow::Error) {
        println!("{} is void: {error:#}", peer.name);
        self.peers.retain(|it| it.name != peer.name);
        for record in self.run.peers.iter_mut().filter(|it| it.name == peer.name) {
            record.void = format!("{error:#}");
        }
    }

    pub fn keep(&self) -> Result<()> {
        self.run.write(&self.out)?;
        report::write(&self.run, &self.out)
    }
}

/// The command line without its paths, which mean nothing on another machine.
pub fn command(mut arguments: impl Iterator<Item = String>) -> String {
    let mut command = "atelier-bench".to_owned();
    while let Some(argument) = arguments.next() {
        let _ = write!(command, " {argument}");
        if ["--database", "--out", "--postgres-bin"].contains(&argument.as_str()) {
            arguments.next();
            command.push_str(" …");
        }
    }
    command
}

fn check_names<'n>(
    what: &str,
    names: &[String],
    known: impl Iterator<Item = &'n str>,
) -> Result<()> {
    let known: Vec<&str> = known.collect();
    match names.iter().find(|it| !known.contains(&it.as_str())) {
        Some(name) => bail!("no {what} is called {name}; there are {}", known.join(", ")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_kept_without_its_paths() {
        let line = "run --database /a/b --quick --out /c";
        let arguments = line.split(' ').map(str::to_owned);
        assert_eq!(command(arguments), "atelier-bench run --database … --quick --out …");
    }

    #[test]
    fn a_name_that_nobody_has_is_refused() {
        let names = ["a".to_owned(), "b".to_owned()];
        assert!(check_names("peer", &names, ["a", "b", "c"].into_iter()).is_ok());
        assert!(check_names("peer", &names, ["a", "c"].into_iter()).is_err());
    }
}
