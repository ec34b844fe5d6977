//! The tables of a run in Markdown.

use super::QUERY_MS_MAX;
use crate::micro::record::{BALANCER, DATABASE, LATENCY_MS_MAX, Range, Run, SERVER, Sample, Used};
use std::fmt::Write;

/// The rates asked of the same machines.
#[derive(Debug)]
pub struct Ladder<'r> {
    pub title: String,
    pub samples: Vec<&'r Sample>,
}

fn range(range: Range) -> &'static str {
    if range == Range::Last10 { "last tenth" } else { "whole set" }
}

fn percent(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// Figures of server and database, each the sum or the most of its machines.
fn pair(sample: &Sample, of: impl Fn(&Sample, &str) -> String) -> String {
    format!("{} + {}", of(sample, SERVER), of(sample, DATABASE))
}

/// One node as fast as it goes, each of the machines with a share of a core.
pub fn peaks(run: &Run, share: f64) -> String {
    let is_all = share > 0.99;
    let mut text =
        "| asked for | ids | requests/s | p50, p99, most ms | errors | CPU µs, server + \
                    database | of a core | held up | reads a request | MiB | limit |"
            .to_owned();
    text += if is_all { " without the driver |\n" } else { "\n" };
    text += "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|";
    text += if is_all { "---:|\n" } else { "\n" };
    let mut seen = Vec::new();
    for sample in &run.samples {
        let about = (sample.workload.as_str(), sample.range, sample.reads_max);
        let is_it = sample.rate.is_none()
            && !sample.is_crowded()
            && !sample.has_balancer()
            && (sample.share - share).abs() < 1e-9
            && !seen.contains(&about);
        if is_it {
            seen.push(about);
            text += &peak(sample, is_all);
        }
    }
    text
}

fn peak(sample: &Sample, is_all: bool) -> String {
    let held = sample.reads_max.map(|it| format!(", {it} reads/s")).unwrap_or_default();
    let most = |of: fn(&Used) -> f64| {
        move |sample: &Sample, name: &str| sample.of(name).map(of).fold(0.0, f64::max)
    };
    let mut line = format!(
        "| {} | {}{held} | {:.0} | {:.1}, {:.0}, {:.0} | {} | {} | {} | {} | {:.2} | {} | {} |",
        sample.workload,
        range(sample.range),
        sample.rps,
        sample.p50_ms,
        sample.p99_ms,
        sample.max_ms,
        sample.errors,
        pair(sample, |it, name| format!("{:.1}", it.cpu_us(name))),
        pair(sample, |it, name| percent(most(|it| it.cores)(it, name))),
        pair(sample, |it, name| percent(most(|it| it.throttled)(it, name))),
        sample.reads(),
        pair(sample, |it, name| format!("{:.0}", most(|it| it.memory_peak_mib)(it, name))),
        sample.limit(),
    );
    if is_all {
        let us = sample.cpu_us(SERVER).max(sample.cpu_us(DATABASE));
        let by_cpu = if sample.reads() > 0.1 { String::new() } else { format!("{:.0}", 1e6 / us) };
        let _ = write!(line, " {by_cpu} |");
    }
    line + "\n"
}

/// All that was asked at rates.
pub fn ladders(run: &Run) -> Vec<Ladder<'_>> {
    let mut ladders: Vec<Ladder<'_>> = Vec::new();
    for sample in run.samples.iter().filter(|it| it.rate.is_some()) {
        let held = sample.reads_max.map(|it| format!(", {it} reads/s")).unwrap_or_default();
        let nodes = match sample.nodes {
            count if sample.has_balancer() => format!(", nginx and {count}"),
            _ => String::new(),
        };
        let share = percent(sample.share);
        let title = format!("{share}, {}{held}{nodes}", range(sample.range));
        match ladders.iter_mut().find(|it| it.title == title) {
            Some(ladder) => ladder.samples.push(sample),
            None => ladders.push(Ladder { title, samples: vec![sample] }),
        }
    }
    ladders
}

/// The highest rate of a ladder up to which all were kept, and by so much.
fn highest(ladder: &Ladder<'_>, p99_ms_max: f64) -> String {
    let is_kept = |it: &&&Sample| it.is_kept() && it.p99_ms < p99_ms_max;
    let last = ladder.samples.iter().take_while(is_kept).last();
    last.map_or("none".to_owned(), |it| format!("{:.0}", it.rate.unwrap_or(0.0)))
}

/// The highest rates that were kept, and every step.
pub fn rates(run: &Run) -> String {
    let mut text = format!(
        "A product's page by `oha` over 256 connections, latency counted from when a request was \
         due.\nThe highest rates that were answered with under 1 % of errors (of those tried, in \
         the order of the rates):\n\n\
         | | p99 under {QUERY_MS_MAX:.0} ms | under {LATENCY_MS_MAX:.0} ms | the last tried |\n\
         |---|---:|---:|---|\n"
    );
    for ladder in ladders(run) {
        let last = ladder.samples.last().map_or(String::new(), |it| {
            format!(
                "{:.0} of {:.0}, p99 {:.0} ms, most {:.0} ms, {} errors",
                it.rps,
                it.rate.unwrap_or(0.0),
                it.p99_ms,
                it.max_ms,
                it.errors
            )
        });
        let quick = highest(&ladder, QUERY_MS_MAX);
        let slow = highest(&ladder, LATENCY_MS_MAX);
        let _ = writeln!(text, "| {} | {quick} | {slow} | {last} |", ladder.title);
    }
    text
}

/// Many clients at once.
pub fn crowds(run: &Run) -> String {
    let mut text = "A page of the whole set at 10 % of a core each, asked by `wrk`, which asks \
                    again at once when it is refused:\n\n\
                    | clients | answered/s | refused/s | p50, p99, most ms | MiB of the server |\n\
                    |---:|---:|---:|---:|---:|\n"
        .to_owned();
    for sample in run.samples.iter().filter(|it| it.is_crowded()) {
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.0} | {:.0}, {:.0}, {:.0} | {:.0} |",
            sample.connections,
            (sample.requests - sample.refused) as f64 / sample.seconds,
            sample.refused as f64 / sample.seconds,
            sample.p50_ms,
            sample.p99_ms,
            sample.max_ms,
            sample.of(SERVER).map(|it| it.memory_peak_mib).fold(0.0, f64::max)
        );
    }
    text
}

/// Whether rates grow with shares.
pub fn shares(run: &Run) -> String {
    let mut text =
        "| share of a core | requests/s | per 1 % | CPU µs, server + database | limit |\n\
                    |---:|---:|---:|---:|---|\n"
            .to_owned();
    // Of a share that was measured twice, the later belongs to this row of shares.
    let mut rows: Vec<&Sample> = Vec::new();
    for sample in &run.samples {
        let is_it = sample.is_mix_in_memory() && sample.share < 0.99 && !sample.has_balancer();
        if is_it {
            rows.retain(|it| (it.share - sample.share).abs() > 1e-9);
            rows.push(sample);
        }
    }
    for sample in rows {
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.0} | {} | {} |",
            percent(sample.share),
            sample.rps,
            sample.rps / sample.share / 100.0,
            pair(sample, |it, name| format!("{:.1}", it.cpu_us(name))),
            sample.limit()
        );
    }
    text
}

/// Set-ups behind a balancer.
pub fn setups(run: &Run) -> String {
    let mut text = "Over 256 connections; nginx and the nodes share core 0.\n\n\
                    | nodes | share of a core, each | requests/s | p50, p99, most ms | errors | \
                    CPU µs: balancer, servers, database | limit |\n\
                    |---:|---:|---:|---:|---:|---:|---|\n"
        .to_owned();
    for sample in run.samples.iter().filter(|it| it.has_balancer() && it.rate.is_none()) {
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} | {:.1}, {:.0}, {:.0} | {} | {:.1}, {:.1}, {:.1} | {} |",
            sample.nodes,
            percent(sample.share),
            sample.rps,
            sample.p50_ms,
            sample.p99_ms,
            sample.max_ms,
            sample.errors,
            sample.cpu_us(BALANCER),
            sample.cpu_us(SERVER),
            sample.cpu_us(DATABASE),
            sample.limit()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::micro::record::tests::sample;

    #[test]
    fn the_highest_rate_is_the_last_before_the_first_that_was_not_kept() {
        let of =
            |rate: f64, p99_ms: f64| Sample { rate: Some(rate), rps: rate, p99_ms, ..sample() };
        let samples = [of(1.0, 1.0), of(2.0, 60.0), of(3.0, 1.0), of(4.0, 3000.0)];
        let ladder = Ladder { title: String::new(), samples: samples.iter().collect() };
        assert_eq!(highest(&ladder, 50.0), "1");
        assert_eq!(highest(&ladder, 2000.0), "3");
        let ladder = Ladder { title: String::new(), samples: Vec::new() };
        assert_eq!(highest(&ladder, 50.0), "none");
    }
}
