//! The regression gate: two binaries in turns; a route that has become dearer fails it.

use crate::arguments::{Options, Workloads};
use crate::machine;
use crate::peer::Peer;
use crate::postgres::Copied;
use crate::record::Sample;
use crate::scratch::Scratch;
use crate::session::{Caches, Live, Session};
use crate::statistics::Summary;
use crate::workload::{Kind, Workload};
use crate::{PACKAGE, scratch};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// How much dearer a route may become beyond the spread of the rounds.
const GROWTH_MAX: f64 = 0.05;

/// A name, and what it is of a sample.
type Figure = (&'static str, fn(&Sample) -> f64);

/// What is compared.
const FIGURES: [Figure; 3] =
    [("server", |it| it.server_us), ("PostgreSQL", |it| it.postgres_us), ("both", Sample::cpu_us)];

/// Measures, and tells of every route how it has changed. Gives whether none has become dearer.
///
/// # Errors
/// It cannot be measured.
pub fn run(options: &Options) -> Result<bool> {
    machine::check_programs()?;
    machine::raise_files();
    scratch::end_by_signal()?;
    let (baseline, candidate) = peers(options)?;
    let workloads = workloads(options)?;
    let copied = Copied::new(&options.database, options.postgres_bin.as_deref())?;
    let mut is_good = true;
    for placement in &options.placements {
        let folder = Scratch::new(&std::env::temp_dir())?;
        let core = placement.other_core();
        let cluster = copied.start(options.port + 50, core, Vec::new(), &options.postgres_set)?;
        cluster.warm()?;
        let mut session = Session {
            options,
            placement: *placement,
            cluster: &cluster,
            shop: cluster.shop()?,
            folder: folder.path(),
            caches: Caches::new(),
        };
        // Both run all the time; the one that nobody asks costs nothing.
        let live = [session.start(&baseline, 0)?, session.start(&candidate, 1)?];
        for workload in &workloads {
            is_good &= route(&mut session, &live, workload)?;
        }
        for live in live {
            live.stop()?;
        }
    }
    println!("{}", if is_good { "no route has become dearer" } else { "the gate is shut" });
    Ok(is_good)
}

fn peers(options: &Options) -> Result<(Peer, Peer)> {
    let all = Peer::all(&Path::new(PACKAGE).join("peers"))?;
    let ours = all.iter().find(|it| it.name == "atelier").context("no peer atelier")?;
    let binary = |name: &str, path: Option<&Path>| {
        let path = path.with_context(|| format!("--{name} is missing"))?;
        let path = path.canonicalize().with_context(|| format!("no {}", path.display()))?;
        Ok::<_, anyhow::Error>(ours.with(name, "ATELIER_BINARY", &path))
    };
    Ok((
        binary("baseline", options.baseline.as_deref())?,
        binary("candidate", options.candidate.as_deref())?,
    ))
}

fn workloads(options: &Options) -> Result<Vec<Workload>> {
    let mut all = Workload::all(&Path::new(PACKAGE).join("workloads"))?;
    all.retain(|it| it.kind == Kind::Shop && !it.writes());
    match &options.workloads {
        Workloads::Plain => all.retain(|it| !it.is_variant),
        Workloads::All => {}
        Workloads::Named(names) => all.retain(|it| names.contains(&it.name)),
    }
    ensure!(!all.is_empty(), "none of these workloads is one that the gate can use");
    Ok(all)
}

/// Measures both in turns, and who began a round ends the next.
fn route(session: &mut Session<'_>, live: &[Live; 2], workload: &Workload) -> Result<bool> {
    let mut samples: [Vec<Sample>; 2] = [Vec::new(), Vec::new()];
    for round in 1..=session.options.rounds {
        let order = if round % 2 == 1 { [0, 1] } else { [1, 0] };
        for which in order {
            let sample = session.peak(&live[which], workload, round)?;
            let void = &sample.void;
            ensure!(void.is_empty(), "{}, {}: {void}", sample.peer, workload.name);
            samples[which].push(sample);
        }
    }
    let mut is_good = true;
    for (name, figure) in FIGURES {
        let of = |which: usize| Summary::of(samples[which].iter().map(figure));
        let (Some(baseline), Some(candidate)) = (of(0), of(1)) else { continue };
        let limit = limit(baseline, candidate);
        let is_dearer = candidate.median > limit;
        is_good &= !is_dearer;
        println!(
            "{} {:<14} {name:<10} {:6.2} us -> {:6.2} us  {:+6.1} %  at most {limit:.2} us{}",
            session.placement,
            workload.name,
            baseline.median,
            candidate.median,
            (candidate.median / baseline.median - 1.0) * 100.0,
            if is_dearer { "  DEARER" } else { "" }
        );
    }
    Ok(is_good)
}

/// The most that the candidate may cost: the spread is that of the rounds which scatter more.
fn limit(baseline: Summary, candidate: Summary) -> f64 {
    baseline.median * (1.0 + GROWTH_MAX) + baseline.deviation.max(candidate.deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_beyond_spread_and_share_is_dearer() {
        let quiet = Summary::of([10.0, 10.1, 9.9]).unwrap();
        let grown = Summary::of([10.8, 10.7, 10.9]).unwrap();
        assert!(grown.median > limit(quiet, grown));
        let noisy = Summary::of([9.0, 10.0, 11.0]).unwrap();
        assert!(grown.median <= limit(noisy, grown));
        assert!(noisy.median <= limit(quiet, noisy));
    }
}
