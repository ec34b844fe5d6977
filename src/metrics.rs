//! What the workers count, and how it reads to Prometheus.
//!
//! Each worker adds to a block of its own; a scrape sums them.

use crate::database::NamedGauges;
use crate::http::{Counters, Status};
use crate::route::{NAMES, Route};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the latency buckets, in microseconds; above the last there is one more.
const BUCKETS_US: [u64; 12] =
    [100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_000_000];

/// One worker's counts.
#[derive(Debug)]
pub struct WorkerMetrics {
    requests: [[AtomicU64; Status::ALL.len()]; NAMES.len()],
    latency: [[AtomicU64; BUCKETS_US.len() + 1]; NAMES.len()],
    latency_us_sum: [AtomicU64; NAMES.len()],
}

impl Default for WorkerMetrics {
    fn default() -> Self {
        let zeros = || std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            requests: std::array::from_fn(|_| zeros()),
            latency: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
            latency_us_sum: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

impl WorkerMetrics {
    /// Counts one answered request.
    pub fn answered(&self, route: Route, status: Status, took: Duration) {
        let route = route.index();
        if let Some(status) = Status::ALL.iter().position(|&known| known == status) {
            self.requests[route][status].fetch_add(1, Ordering::Relaxed);
        }
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS_US.iter().position(|&bound| took_us <= bound);
        self.latency[route][bucket.unwrap_or(BUCKETS_US.len())].fetch_add(1, Ordering::Relaxed);
        self.latency_us_sum[route].fetch_add(took_us, Ordering::Relaxed);
    }
}

/// The whole page of metrics, in Prometheus' text format.
pub fn render(
    output: &mut String,
    workers: &[Arc<WorkerMetrics>],
    edge: &Counters,
    pipelines: &[NamedGauges],
) {
    render_requests(output, workers);
    render_latency(output, workers);
    render_edge(output, edge);
    render_pipelines(output, pipelines);
}

fn sum(workers: &[Arc<WorkerMetrics>], counter: impl Fn(&WorkerMetrics) -> &AtomicU64) -> u64 {
    workers.iter().map(|worker| counter(worker).load(Ordering::Relaxed)).sum()
}

fn render_requests(output: &mut String, workers: &[Arc<WorkerMetrics>]) {
    head(output, "atelier_requests_total", "counter", "Requests answered, by route and status.");
    for (route, name) in NAMES.iter().enumerate() {
        for (index, status) in Status::ALL.iter().enumerate() {
            let count = sum(workers, |worker| &worker.requests[route][index]);
            if count > 0 {
                let code = status.code();
                let labels = format!("route=\"{name}\",status=\"{code}\"");
                sample(output, "atelier_requests_total", &labels, count);
            }
        }
    }
}

fn render_latency(output: &mut String, workers: &[Arc<WorkerMetrics>]) {
    let name = "atelier_request_seconds";
    head(output, name, "histogram", "From a whole request to its whole reply, by route.");
    for (route, route_name) in NAMES.iter().enumerate() {
        let mut total = 0;
        let bounds = BUCKETS_US.iter().map(|&bound| seconds(bound)).chain(["+Inf".to_owned()]);
        let mut lines = String::new();
        for (bucket, bound) in bounds.enumerate() {
            total += sum(workers, |worker| &worker.latency[route][bucket]);
            let labels = format!("route=\"{route_name}\",le=\"{bound}\"");
            sample(&mut lines, &format!("{name}_bucket"), &labels, total);
        }
        if total > 0 {
            output.push_str(&lines);
            let labels = format!("route=\"{route_name}\"");
            let sum_us = sum(workers, |worker| &worker.latency_us_sum[route]);
            let _ = writeln!(output, "{name}_sum{{{labels}}} {}", seconds(sum_us));
            sample(output, &format!("{name}_count"), &labels, total);
        }
    }
}

fn render_edge(output: &mut String, edge: &Counters) {
    let open = u64::try_from(edge.open.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
    head(output, "atelier_connections", "gauge", "Client connections open.");
    sample(output, "atelier_connections", "", open);
    let counters = [
        ("connections_accepted", "Client connections accepted.", &edge.accepted),
        ("connections_refused", "Client connections turned away at the limit.", &edge.refused),
        ("accept_failures", "Times that accepting failed.", &edge.accept_failures),
        ("requests_refused", "Requests malformed, too large or too slow.", &edge.requests_refused),
        ("replies_dropped", "Replies dropped as unread ones pile up.", &edge.replies_dropped),
        ("timeouts", "Waits for a client that ran into their deadline.", &edge.timeouts),
        ("panics", "Panics caught while answering.", &edge.panics),
    ];
    for (name, help, counter) in counters {
        let name = format!("atelier_{name}_total");
        head(output, &name, "counter", help);
        sample(output, &name, "", counter.load(Ordering::Relaxed));
    }
}

fn render_pipelines(output: &mut String, pipelines: &[NamedGauges]) {
    type Read = fn(&crate::postgres::pipeline::Gauges) -> u64;
    let rows: [(&str, &str, &str, Read); 11] = [
        ("pipeline_ready", "gauge", "Whether a connection stands, prepared.", |gauges| {
            u64::from(gauges.ready.load(Ordering::Relaxed))
        }),
        ("pipeline_depth", "gauge", "Statements in flight.", |gauges| {
            u64::try_from(gauges.depth.load(Ordering::Relaxed)).unwrap_or(u64::MAX)
        }),
        ("pipeline_requests_total", "counter", "Requests sent to the database.", |gauges| {
            gauges.requests.load(Ordering::Relaxed)
        }),
        ("pipeline_keys_total", "counter", "Keys asked for them: equal ones once.", |gauges| {
            gauges.keys.load(Ordering::Relaxed)
        }),
        ("pipeline_statements_total", "counter", "Statements that asked for these.", |gauges| {
            gauges.statements.load(Ordering::Relaxed)
        }),
        ("pipeline_repeats_total", "counter", "Keys asked again after an error.", |gauges| {
            gauges.repeats.load(Ordering::Relaxed)
        }),
        ("pipeline_flushes_total", "counter", "Writes that carried them.", |gauges| {
            gauges.flushes.load(Ordering::Relaxed)
        }),
        ("pipeline_reconnects_total", "counter", "Connections after the first.", |gauges| {
            gauges.connects.load(Ordering::Relaxed).saturating_sub(1)
        }),
        ("pipeline_connect_failures_total", "counter", "Failed attempts to connect.", |gauges| {
            gauges.connect_failures.load(Ordering::Relaxed)
        }),
        ("pipeline_late_total", "counter", "Requests past their deadline.", |gauges| {
            gauges.late.load(Ordering::Relaxed)
        }),
        (
            "pipeline_refused_total",
            "counter",
            "Requests refused, the queue being full.",
            |gauges| gauges.refused.load(Ordering::Relaxed),
        ),
    ];
    for (name, kind, help, read) in rows {
        let name = format!("atelier_{name}");
        head(output, &name, kind, help);
        for (index, (class, gauges)) in pipelines.iter().enumerate() {
            let labels = format!("class=\"{class}\",connection=\"{index}\"");
            sample(output, &name, &labels, read(gauges));
        }
    }
}

fn head(output: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(output, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn sample(output: &mut String, name: &str, labels: &str, value: u64) {
    let _ = if labels.is_empty() {
        writeln!(output, "{name} {value}")
    } else {
        writeln!(output, "{name}{{{labels}}} {value}")
    };
}

/// Microseconds as decimal seconds, without floating point.
fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_summed_and_buckets_are_cumulative() {
        let workers = [Arc::<WorkerMetrics>::default(), Arc::default()];
        workers[0].answered(Route::ReviewMeta, Status::OK, Duration::from_micros(90));
        workers[1].answered(Route::ReviewMeta, Status::OK, Duration::from_micros(300));
        workers[1].answered(Route::ReviewMeta, Status::SERVICE_UNAVAILABLE, Duration::from_secs(9));
        let mut text = String::new();
        render(&mut text, &workers, &Counters::default(), &[]);
        for line in [
            "atelier_requests_total{route=\"review_meta\",status=\"200\"} 2",
            "atelier_requests_total{route=\"review_meta\",status=\"503\"} 1",
            "atelier_request_seconds_bucket{route=\"review_meta\",le=\"0.000100\"} 1",
            "atelier_request_seconds_bucket{route=\"review_meta\",le=\"0.000500\"} 2",
            "atelier_request_seconds_bucket{route=\"review_meta\",le=\"2.000000\"} 2",
            "atelier_request_seconds_bucket{route=\"review_meta\",le=\"+Inf\"} 3",
            "atelier_request_seconds_sum{route=\"review_meta\"} 9.000390",
            "atelier_request_seconds_count{route=\"review_meta\"} 3",
            "atelier_connections 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
