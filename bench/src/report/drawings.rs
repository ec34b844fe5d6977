//! Which drawings a run has, and what is in them.

use crate::plot::{self, Bar, Facet, Line, Words};
use crate::record::{Phase, Placement, Run, Sample};
use anyhow::Result;
use std::path::Path;

/// A drawing's file and what it shows.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub file: String,
    pub title: String,
}

/// Draws all that there are figures for.
///
/// # Errors
/// A file cannot be written.
pub fn write(run: &Run, folder: &Path) -> Result<Vec<Drawing>> {
    let mut drawings = Vec::new();
    for placement in &run.placements {
        let rates = |sample: &Sample| (vec![sample.rps], format!("{:.0}", sample.rps));
        let title = format!("Requests a second ({placement})");
        bars(run, *placement, &title, ("throughput", folder), &mut drawings, rates)?;
        let title = format!(
            "CPU microseconds a request: server (dark), PostgreSQL, Redis (light) ({placement})"
        );
        bars(run, *placement, &title, ("cpu", folder), &mut drawings, |sample| {
            let Sample { server_us, postgres_us, redis_us, .. } = sample;
            let redis = if *redis_us > 0.0 { format!(" + {redis_us:.1}") } else { String::new() };
            let text = format!("{server_us:.1} + {postgres_us:.1}{redis}");
            (vec![*server_us, *postgres_us, *redis_us], text)
        })?;
        for workload in &run.workloads {
            let title = format!("{}: latency by rate ({placement})", workload.title);
            let words = Words {
                title: &title,
                x: "requests a second asked for",
                y: "99th percentile, milliseconds",
            };
            let file = format!("latency-{}-{placement}.svg", workload.name);
            let at = (Phase::Rate, *placement, workload.name.as_str());
            curves(run, at, (words, &file, folder), &mut drawings, |it| {
                (it.rate.unwrap_or(it.rps), it.p99_us / 1000.0)
            })?;
            let title = format!("{}: growth with connections ({placement})", workload.title);
            let words = Words { title: &title, x: "connections", y: "requests a second" };
            let file = format!("connections-{}-{placement}.svg", workload.name);
            let at = (Phase::Connections, *placement, workload.name.as_str());
            let point = |it: &Sample| (f64::from(it.connections), it.rps);
            curves(run, at, (words, &file, folder), &mut drawings, point)?;
        }
    }
    Ok(drawings)
}

fn bars(
    run: &Run,
    placement: Placement,
    title: &str,
    (name, folder): (&str, &Path),
    drawings: &mut Vec<Drawing>,
    figures: impl Fn(&Sample) -> (Vec<f64>, String),
) -> Result<()> {
    let mut facets = Vec::new();
    for workload in &run.workloads {
        let mut bars = Vec::new();
        for (colour, peer) in run.peers.iter().enumerate() {
            let samples = run.peaks(placement, &workload.name, &peer.name);
            if let Some(sample) = middle(samples.collect()) {
                let (parts, text) = figures(sample);
                bars.push(Bar { label: peer.name.clone(), colour, parts, text });
            }
        }
        if !bars.is_empty() {
            facets.push(Facet { title: workload.title.clone(), bars });
        }
    }
    if !facets.is_empty() {
        let file = format!("{name}-{placement}.svg");
        plot::bars(&folder.join(&file), title, &facets)?;
        drawings.push(Drawing { file, title: title.to_owned() });
    }
    Ok(())
}

/// The sample of the middle round, by its rate.
fn middle(mut samples: Vec<&Sample>) -> Option<&Sample> {
    samples.sort_by(|left, right| left.rps.total_cmp(&right.rps));
    samples.get(samples.len() / 2).copied()
}

fn curves(
    run: &Run,
    (phase, placement, workload): (Phase, Placement, &str),
    (words, file, folder): (Words<'_>, &str, &Path),
    drawings: &mut Vec<Drawing>,
    point: impl Fn(&Sample) -> (f64, f64),
) -> Result<()> {
    let mut lines = Vec::new();
    for (colour, peer) in run.peers.iter().enumerate() {
        let samples = run.valid(phase, placement);
        let samples = samples.filter(|it| it.peer == peer.name && it.workload == workload);
        let points: Vec<(f64, f64)> = samples.map(&point).collect();
        if !points.is_empty() {
            lines.push(Line { label: peer.name.clone(), colour, points });
        }
    }
    if !lines.is_empty() {
        plot::lines(&folder.join(file), words, &lines)?;
        drawings.push(Drawing { file: file.to_owned(), title: words.title.to_owned() });
    }
    Ok(())
}
