//! A whole run: what is measured, and in which order.

use crate::arguments::{Options, Part};
use crate::compare::Reference;
use crate::machine;
use crate::peer::Peer;
use crate::plan::{CONNECTIONS, CONNECTIONS_WORKLOAD, OURS, Plan, RATE_SHARES, RATE_WORKLOADS};
use crate::postgres::Copied;
use crate::record::{Placement, Sample, SystemCalls};
use crate::scratch::Scratch;
use crate::session::{Caches, Live, Session};
use crate::workload::{Kind, Workload};
use crate::{PACKAGE, process, scratch};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Seeds of what is compared.
const COMPARE_SEED: u64 = 5;

/// Measures, and writes what came of it. Gives whether nothing was void.
///
/// # Errors
/// It cannot be measured.
pub fn run(options: &Options) -> Result<bool> {
    machine::check_programs()?;
    machine::raise_files();
    scratch::end_by_signal()?;
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

impl Plan<'_> {
    /// All that leaves the database as it is.
    fn reads(&mut self, copied: &Copied, placement: Placement, is_first: bool) -> Result<()> {
        let folder = Scratch::new(&std::env::temp_dir())?;
        let options = self.options;
        let core = placement.other_core();
        let cluster = copied.start(options.port + 50, core, Vec::new(), &options.postgres_set)?;
        cluster.warm()?;
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
        let folder = Scratch::new(&std::env::temp_dir())?;
        let options = self.options;
        let core = placement.other_core();
        let cluster = copied.start(options.port + 50, core, Vec::new(), &options.postgres_set)?;
        cluster.warm()?;
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
        for peer in self.with_curves() {
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
        for peer in self.with_curves() {
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
        work: impl FnOnce(&mut Session<'_>, &Live, &mut Vec<Sample>) -> Result<()>,
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
}

/// Prints a sample's line.
fn show(sample: Sample) -> Sample {
    println!("{}", sample.line());
    sample
}
