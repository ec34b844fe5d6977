//! A whole run: which peers and workloads, in which order, and what is kept of it.

use crate::arguments::{Options, Part, Workloads};
use crate::compare::Reference;
use crate::machine::{self, Machine};
use crate::peer::Peer;
use crate::postgres::{self, Copied};
use crate::record::{LEFT_OUT, PeerRecord, Placement, Run, Sample, SystemCalls, WorkloadRecord};
use crate::session::{Caches, Session};
use crate::workload::{Kind, Workload};
use crate::{PACKAGE, process, report};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Whose replies are the right ones, and whose variants are always measured.
const OURS: &str = "atelier";
/// What latency is measured of, at these shares of the peer's own peak rate.
const RATE_WORKLOADS: [&str; 3] = ["meta", "reviews", "page"];
const RATE_SHARES: [f64; 6] = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9];
/// What is measured over few and over many connections.
const CONNECTIONS_WORKLOAD: &str = "reviews";
const CONNECTIONS: [u32; 6] = [1, 4, 16, 64, 256, 1024];
/// Seeds of what is compared.
const COMPARE_SEED: u64 = 5;

/// What a run works on.
struct Plan<'p> {
    options: &'p Options,
    peers: Vec<Peer>,
    workloads: Vec<Workload>,
    run: Run,
    out: PathBuf,
}

/// Measures, and writes what came of it. Gives whether nothing was void.
///
/// # Errors
/// It cannot be measured.
pub fn run(options: &Options) -> Result<bool> {
    machine::check_programs()?;
    machine::raise_files();
    let mut plan = Plan::new(options)?;
    plan.build();
    println!("{}", plan.outlook());
    println!("copying the database");
    let copied = Copied::new(&options.database, options.postgres_bin.as_deref())?;
    for (number, placement) in options.placements.iter().enumerate() {
        plan.reads(&copied, *placement, number == 0)?;
    }
    if options.parts.contains(&Part::Writes) && plan.workloads.iter().any(Workload::writes) {
        for placement in &options.placements {
            plan.writes(&copied, *placement)?;
        }
    }
    plan.keep()?;
    for void in plan.run.voids() {
        println!("void: {void}");
    }
    println!("the report: {}", plan.out.join("README.md").display());
    Ok(plan.run.voids().is_empty())
}

impl<'p> Plan<'p> {
    fn new(options: &'p Options) -> Result<Self> {
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
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let run = Run {
            date,
            commit: machine::commit(),
            command: format!("atelier-bench {}", arguments.join(" ")),
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
    fn build(&mut self) {
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
    fn outlook(&self) -> String {
        let seconds = self.options.seconds + self.options.warm_seconds + 0.6;
        let (mut count, parts) = (0, &self.options.parts);
        for peer in &self.peers {
            let measured = |it: &&Workload| self.is_measured(peer, it);
            let all: Vec<&Workload> = self.workloads.iter().filter(measured).collect();
            let has = |name: &str| usize::from(all.iter().any(|it| it.name == name));
            if parts.contains(&Part::Peak) {
                count += all.len() * usize::try_from(self.options.rounds).unwrap_or(1);
            }
            if parts.contains(&Part::Rate) {
                count += RATE_WORKLOADS.iter().map(|it| has(it)).sum::<usize>() * RATE_SHARES.len();
            }
            if parts.contains(&Part::Connections) {
                count += has(CONNECTIONS_WORKLOAD) * CONNECTIONS.len();
            }
        }
        let count = count * self.options.placements.len();
        let minutes = (seconds * u32::try_from(count).map_or(0.0, f64::from) / 60.0).ceil();
        format!("{} peers, {count} measurements, about {minutes} minutes", self.peers.len())
    }

    /// Whether a peer is measured with a workload.
    fn is_measured(&self, peer: &Peer, workload: &Workload) -> bool {
        let is_plain = self.options.workloads == Workloads::Plain;
        peer.serves(workload) && !(is_plain && workload.is_variant && peer.name != OURS)
    }

    /// All that leaves the database as it is.
    fn reads(&mut self, copied: &Copied, placement: Placement, is_first: bool) -> Result<()> {
        let folder = tempfile::Builder::new().prefix("atelier-bench-").tempdir()?;
        let options = self.options;
        let core = placement.other_core();
        let cluster = copied.start(options.port + 50, core, &options.postgres_set)?;
        let shop = cluster.shop()?;
        let mut session = Session {
            options,
            placement,
            cluster: &cluster,
            shop,
            folder: folder.path(),
            caches: Caches::new(),
        };
        if is_first {
            self.run.products = shop.products;
            self.run.versions.insert("postgres".to_owned(), cluster.version()?);
            self.run.versions.insert("wrk".to_owned(), machine::version("wrk"));
            self.compare(&mut session)?;
        }
        let has = |part: Part| options.parts.contains(&part);
        let has_oha = process::is_on_path("oha");
        if has(Part::Peak) {
            self.peaks(&mut session, false)?;
        }
        if has(Part::Rate) && has_oha {
            self.run.versions.insert("oha".to_owned(), machine::version("oha"));
            self.rates(&mut session)?;
        } else if has(Part::Rate) {
            println!("no latency at a rate: oha is missing: cargo install --locked oha");
        }
        if has(Part::Connections) {
            self.growth(&mut session)?;
        }
        if has(Part::Calls) {
            self.calls(&mut session)?;
        }
        Ok(())
    }

    /// All that changes it, at the end: it would make what comes after another database.
    fn writes(&mut self, copied: &Copied, placement: Placement) -> Result<()> {
        let folder = tempfile::Builder::new().prefix("atelier-bench-").tempdir()?;
        let options = self.options;
        let core = placement.other_core();
        let cluster = copied.start(options.port + 50, core, &options.postgres_set)?;
        let mut session = Session {
            options,
            placement,
            cluster: &cluster,
            shop: cluster.shop()?,
            folder: folder.path(),
            caches: Caches::new(),
        };
        self.peaks(&mut session, true)
    }

    /// Holds the replies of all peers against ours; those that differ are not measured.
    fn compare(&mut self, session: &mut Session<'_>) -> Result<()> {
        let all = Peer::all(&Path::new(PACKAGE).join("peers"))?;
        let ours = all.iter().find(|it| it.name == OURS).context("no peer atelier")?;
        let live = session.start(ours, 0)?;
        let reference = Reference::new(live.port(), session.shop, COMPARE_SEED)?;
        live.stop()?;
        for peer in self.peers.clone() {
            if peer.kind != Kind::Shop || peer.name == OURS {
                continue;
            }
            let checked = session.start(&peer, 0).and_then(|live| {
                let count = reference.check(live.port(), &peer)?;
                live.stop()?;
                Ok(count)
            });
            match checked {
                Ok(count) => println!("{}: {count} replies are the same", peer.name),
                Err(error) => self.leave_out(&peer, &error),
            }
        }
        ensure!(!self.peers.is_empty(), "nothing is left to measure");
        Ok(())
    }

    fn leave_out(&mut self, peer: &Peer, error: &anyhow::Error) {
        println!("{} is void: {error:#}", peer.name);
        self.peers.retain(|it| it.name != peer.name);
        for record in self.run.peers.iter_mut().filter(|it| it.name == peer.name) {
            record.void = format!("{error:#}");
        }
    }

    /// Rounds of all peers in turns, each round beginning with another one.
    fn peaks(&mut self, session: &mut Session<'_>, is_writing: bool) -> Result<()> {
        for round in 1..=self.options.rounds {
            let mut peers = self.peers.clone();
            let turn = usize::try_from(round)? % peers.len().max(1);
            peers.rotate_left(turn);
            for peer in peers {
                let measured =
                    |it: &&Workload| self.is_measured(&peer, it) && it.writes() == is_writing;
                let workloads: Vec<Workload> =
                    self.workloads.iter().filter(measured).cloned().collect();
                self.each(session, &peer, |session, live, samples| {
                    for workload in &workloads {
                        samples.push(show(session.peak(live, workload, round)?));
                    }
                    Ok(())
                });
            }
            self.keep()?;
        }
        Ok(())
    }

    /// Latency at shares of the peak rate.
    fn rates(&mut self, session: &mut Session<'_>) -> Result<()> {
        for peer in self.peers.clone() {
            let placement = session.placement;
            let rates: Vec<(Workload, f64)> = self
                .workloads
                .iter()
                .filter(|it| RATE_WORKLOADS.contains(&it.name.as_str()))
                .filter_map(|it| {
                    let peak = self.run.summary(placement, &it.name, &peer.name, |it| it.rps)?;
                    Some((it.clone(), peak.median))
                })
                .collect();
            self.each(session, &peer, |session, live, samples| {
                for (workload, peak) in &rates {
                    for share in RATE_SHARES {
                        let rate = (peak * share).max(1.0).round();
                        samples.push(show(session.rate(live, workload, rate)?));
                    }
                }
                Ok(())
            });
        }
        self.keep()
    }

    /// Few and many connections.
    fn growth(&mut self, session: &mut Session<'_>) -> Result<()> {
        let Some(workload) = self.workload(CONNECTIONS_WORKLOAD) else { return Ok(()) };
        for peer in self.peers.clone() {
            if peer.serves(&workload) {
                self.each(session, &peer, |session, live, samples| {
                    for connections in CONNECTIONS {
                        let sample = session.connections(live, &workload, connections)?;
                        samples.push(show(sample));
                    }
                    Ok(())
                });
            }
        }
        self.keep()
    }

    /// System calls, at the end: counting them makes everything slower.
    fn calls(&mut self, session: &mut Session<'_>) -> Result<()> {
        let mut calls = Vec::new();
        for peer in self.peers.clone() {
            let measured = |it: &&Workload| peer.serves(it) && !it.is_variant && !it.writes();
            let workloads: Vec<Workload> =
                self.workloads.iter().filter(measured).cloned().collect();
            let placement = session.placement;
            self.each(session, &peer, |session, live, _| {
                for workload in &workloads {
                    match session.system_calls(live, workload) {
                        Ok(per_request) => calls.push(SystemCalls {
                            placement,
                            peer: peer.name.clone(),
                            workload: workload.name.clone(),
                            per_request,
                        }),
                        Err(error) => {
                            println!("no system calls: {error:#}");
                            break;
                        }
                    }
                }
                Ok(())
            });
        }
        self.run.system_calls.extend(calls);
        self.keep()
    }

    fn workload(&self, name: &str) -> Option<Workload> {
        self.workloads.iter().find(|it| it.name == name).cloned()
    }

    /// Starts a peer and measures; one that fails is left out from then on.
    fn each(
        &mut self,
        session: &mut Session<'_>,
        peer: &Peer,
        work: impl FnOnce(&mut Session<'_>, &crate::session::Live, &mut Vec<Sample>) -> Result<()>,
    ) {
        let mut samples = Vec::new();
        let done = session.start(peer, 0).and_then(|live| {
            work(session, &live, &mut samples)?;
            live.stop()
        });
        self.run.samples.append(&mut samples);
        if let Err(error) = done {
            self.leave_out(peer, &error);
        }
    }

    fn keep(&self) -> Result<()> {
        self.run.write(&self.out)?;
        report::write(&self.run, &self.out)
    }
}

/// Prints a sample's line.
fn show(sample: Sample) -> Sample {
    println!("{}", sample.line());
    sample
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
