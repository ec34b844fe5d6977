//! The tables of a run in Markdown.

use super::drawings::Drawing;
use crate::record::{PeerRecord, Phase, Placement, Run, Sample, WorkloadRecord};
use crate::statistics::Summary;
use std::fmt::Write;

/// Whose figures the others' are divided by.
const OURS: &str = "atelier";
/// The share of peak rate that latency is told at.
const RATE_SHARE: f64 = 0.7;

/// The whole report.
#[must_use]
pub fn report(run: &Run, drawings: &[Drawing]) -> String {
    let mut text = format!("# Atelier beside other servers, {}\n\n{}", run.date, conditions(run));
    for void in run.voids() {
        let _ = writeln!(text, "- **Void**: {}", void.replace('|', "\\|"));
    }
    for placement in &run.placements {
        text.push_str(&main_tables(run, *placement));
        text.push_str(&latency(run, *placement));
        text.push_str(&details(run, *placement));
    }
    for Drawing { file, title } in drawings {
        let _ = write!(text, "\n![{title}]({file})\n");
    }
    text
}

/// What stands in `bench/README.md`.
#[must_use]
pub fn summary(run: &Run, folder: &str) -> String {
    let Run { date, commit, .. } = run;
    let mut text =
        format!("\nThe run of {date} at `{commit}`; all of it, with its drawings, is in\n");
    let _ = writeln!(text, "[{folder}]({folder}/README.md).");
    for placement in &run.placements {
        text.push_str(&main_tables(run, *placement));
    }
    text.push('\n');
    text
}

/// Machine, versions, settings.
fn conditions(run: &Run) -> String {
    let machine = &run.machine;
    let kind = if machine.is_virtual { ", virtual" } else { "" };
    let mut text = format!(
        "`{}` at commit `{}`: {} products, {} rounds of {} s after {} s to warm up, {} \
         connections.\nWhat the words mean, and whom the method favours: \
         [bench/README.md](../../README.md).\n\n",
        run.command,
        run.commit,
        run.products,
        run.rounds,
        run.seconds,
        run.warm_seconds,
        run.connections
    );
    let _ = writeln!(
        text,
        "- Machine: {}, {} cores{kind}, {} MiB, {}",
        machine.cpu, machine.cores, machine.memory_mib, machine.kernel
    );
    let versions: Vec<String> =
        run.versions.iter().map(|(name, version)| format!("{name}: {version}")).collect();
    let _ = writeln!(text, "- Versions: {}", versions.join("; "));
    let settings = run.postgres_settings.iter().map(|(name, value)| format!("`{name}={value}`"));
    let _ = writeln!(text, "- PostgreSQL: {}", settings.collect::<Vec<_>>().join(" "));
    for peer in run.peers.iter().filter(|it| it.void.is_empty()) {
        let _ = writeln!(text, "- `{}`: {} ({})", peer.name, peer.title, peer.stack);
    }
    text
}

fn placement_text(placement: Placement) -> &'static str {
    match placement {
        Placement::Free => "nothing pinned",
        Placement::Pinned => "server on core 0, PostgreSQL and driver on core 1",
    }
}

fn main_tables(run: &Run, placement: Placement) -> String {
    let mut text = format!("\n## Peak rate, {}\n\n", placement_text(placement));
    text.push_str("Requests a second, median of the rounds:\n\n");
    text.push_str(&table(run, placement, |workload, peer| {
        let rate = run.summary(placement, workload, peer, |it| it.rps)?;
        Some(format!("{:.0}", rate.median))
    }));
    text.push_str("\nCPU microseconds a request, server + PostgreSQL (+ Redis):\n\n");
    text.push_str(&table(run, placement, |workload, peer| {
        let server = run.summary(placement, workload, peer, |it| it.server_us)?;
        let postgres = run.summary(placement, workload, peer, |it| it.postgres_us)?;
        let redis = run.summary(placement, workload, peer, |it| it.redis_us)?;
        let more =
            if redis.median > 0.0 { format!(" + {:.1}", redis.median) } else { String::new() };
        Some(format!("{:.1} + {:.1}{more}", server.median, postgres.median))
    }));
    if run.peers.iter().filter(|it| it.void.is_empty()).count() > 1 {
        text.push_str("\nRequests a second of Atelier over those of the other:\n\n");
        text.push_str(&table(run, placement, |workload, peer| {
            let ours = run.summary(placement, workload, OURS, |it| it.rps)?;
            let theirs = run.summary(placement, workload, peer, |it| it.rps)?;
            Some(format!("{:.1}", ours.median / theirs.median))
        }));
        text.push_str(
            "\nCPU of Atelier, all its processes, over the other's in the same round:\n\n",
        );
        text.push_str(&table(run, placement, |workload, peer| {
            let Summary { median, min, max, .. } =
                run.cpu_share(placement, workload, OURS, peer)?;
            Some(format!("{median:.2} [{min:.2}–{max:.2}]"))
        }));
    }
    text
}

/// A table of workloads by peers; rows and columns without a figure are left out.
fn table(run: &Run, placement: Placement, cell: impl Fn(&str, &str) -> Option<String>) -> String {
    let has = |workload: &str, peer: &str| run.peaks(placement, workload, peer).next().is_some();
    let has_workload =
        |it: &&WorkloadRecord| run.peers.iter().any(|peer| has(&it.name, &peer.name));
    let has_peer = |it: &&PeerRecord| run.workloads.iter().any(|work| has(&work.name, &it.name));
    let peers: Vec<&PeerRecord> = run.peers.iter().filter(has_peer).collect();
    let names: Vec<&str> = peers.iter().map(|it| it.name.as_str()).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---:|".repeat(names.len()));
    for workload in run.workloads.iter().filter(has_workload) {
        let cells = names.iter().map(|peer| cell(&workload.name, peer).unwrap_or_default());
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "| {} | {} |", workload.title, cells.join(" | "));
    }
    text
}

/// Latency at a share of the peak rate.
fn latency(run: &Run, placement: Placement) -> String {
    let mut rows = String::new();
    for workload in &run.workloads {
        for peer in &run.peers {
            let peak = run.summary(placement, &workload.name, &peer.name, |it| it.rps);
            let Some(peak) = peak else { continue };
            let wanted = peak.median * RATE_SHARE;
            let distance = |it: &&Sample| (it.rate.unwrap_or(0.0) - wanted).abs();
            let sample = run
                .valid(Phase::Rate, placement)
                .filter(|it| it.peer == peer.name && it.workload == workload.name)
                .min_by(|left, right| distance(left).total_cmp(&distance(right)));
            let Some(sample) = sample else { continue };
            let _ = writeln!(
                rows,
                "| {} | {} | {:.0} | {:.0} | {} |",
                workload.title,
                peer.name,
                sample.rate.unwrap_or(0.0),
                sample.rps,
                milliseconds(sample)
            );
        }
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n## Latency at 70 % of peak rate, {}\n\nAt a constant rate, counted from when a request \
         was due. Milliseconds.\n\n\
         | | peer | asked for | answered a second | p50 | p90 | p99 | p99.9 | max |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|\n{rows}",
        placement_text(placement)
    )
}

fn milliseconds(sample: &Sample) -> String {
    let Sample { p50_us, p90_us, p99_us, p999_us, max_us, .. } = sample;
    [p50_us, p90_us, p99_us, p999_us, max_us].map(|it| latency_text(*it)).join(" | ")
}

/// Milliseconds; nothing where it was not measured.
fn latency_text(us: f64) -> String {
    if us > 0.0 { format!("{:.2}", us / 1000.0) } else { String::new() }
}

/// Everything that was counted at peak rate.
fn details(run: &Run, placement: Placement) -> String {
    let mut text = format!(
        "\n## Peak rate in full, {}\n\nMedians of the rounds, with the least and the most. \
         Latency in milliseconds as `wrk` sees it, which asks anew only when it is answered. \
         Context switches are those of the server, waits and forced.\n\n\
         | | peer | requests a second | p50 | p90 | p99 | p99.9 | max | errors | server µs | \
         PostgreSQL µs | Redis µs, hits | switches | system calls | RSS, PSS MiB |\n\
         |---|---|---|---:|---:|---:|---:|---:|---:|---|---|---|---|---:|---|\n",
        placement_text(placement)
    );
    for workload in &run.workloads {
        for peer in &run.peers {
            if let Some(row) = detail(run, placement, workload, peer) {
                let _ = writeln!(text, "| {} | {} | {row} |", workload.title, peer.name);
            }
        }
    }
    text
}

fn detail(
    run: &Run,
    placement: Placement,
    workload: &WorkloadRecord,
    peer: &PeerRecord,
) -> Option<String> {
    let of = |figure: &dyn Fn(&Sample) -> f64| {
        run.summary(placement, &workload.name, &peer.name, figure)
    };
    let spread = |it: Summary, digits: usize| {
        format!("{:.digits$} [{:.digits$}–{:.digits$}]", it.median, it.min, it.max)
    };
    let rate = spread(of(&|it| it.rps)?, 0);
    let latencies: [&dyn Fn(&Sample) -> f64; 5] =
        [&|it| it.p50_us, &|it| it.p90_us, &|it| it.p99_us, &|it| it.p999_us, &|it| it.max_us];
    let latencies: Option<Vec<String>> =
        latencies.iter().map(|it| Some(latency_text(of(it)?.median))).collect();
    let redis = match (of(&|it| it.redis_us)?.median, of(&|it| it.redis_hits.unwrap_or(0.0))?) {
        (us, hits) if us > 0.0 => format!("{us:.1}, {:.0} %", hits.median * 100.0),
        _ => String::new(),
    };
    #[expect(clippy::cast_precision_loss)]
    let errors = of(&|it| it.errors as f64)?.max;
    let calls = run.system_calls.iter().find(|it| {
        it.placement == placement && it.peer == peer.name && it.workload == workload.name
    });
    let calls = calls.map(|it| format!("{:.2}", it.per_request)).unwrap_or_default();
    Some(format!(
        "{rate} | {} | {errors:.0} | {} | {} | {redis} | {:.2}, {:.2} | {calls} | {:.0}, {:.0}",
        latencies?.join(" | "),
        spread(of(&|it| it.server_us)?, 1),
        spread(of(&|it| it.postgres_us)?, 1),
        of(&|it| it.server_switches)?.median,
        of(&|it| it.server_switches_forced)?.median,
        of(&|it| it.resident_mib)?.max,
        of(&|it| it.proportional_mib)?.max,
    ))
}
