//! What `oha` is given, and what it says.

use crate::driver::Load;
use crate::workload::Request;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What it calls a request that was under way when the time was up, which is nobody's fault.
const ABORTED: &str = "aborted due to deadline";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    summary: Summary,
    /// In seconds, by names such as `p99.9`; none of nothing.
    latency_percentiles: BTreeMap<String, Option<f64>>,
    status_code_distribution: BTreeMap<String, u64>,
    error_distribution: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    total: f64,
    slowest: Option<f64>,
    total_data: u64,
}

/// The addresses of requests, a line each.
///
/// # Errors
/// A request that is not a GET.
pub fn urls(requests: &[Request], port: u16) -> Result<String> {
    let mut urls = String::new();
    for request in requests {
        let line = request.bytes.split(|it| *it == b'\r').next().unwrap_or_default();
        let line = std::str::from_utf8(line)?;
        let path = line.strip_prefix("GET ").and_then(|it| it.strip_suffix(" HTTP/1.1"));
        let path = path.with_context(|| format!("only reads are asked at a rate: {line}"))?;
        writeln!(urls, "http://127.0.0.1:{port}{path}")?;
    }
    Ok(urls)
}

/// What came of it. Replies of another status are errors.
///
/// # Errors
/// It is not the output of `oha`.
pub fn load(text: &str, status: u16) -> Result<Load> {
    let output: Output = serde_json::from_str(text).context("oha says something else")?;
    let by_status = &output.status_code_distribution;
    let requests: u64 = by_status.values().sum();
    let right = by_status.get(&status.to_string()).copied().unwrap_or(0);
    let failed = output.error_distribution.iter().filter(|it| it.0 != ABORTED);
    let failed: u64 = failed.map(|it| it.1).sum();
    ensure!(requests > 0, "oha got no reply: {:?}", output.error_distribution);
    let at = |name: &str| {
        let seconds = output.latency_percentiles.get(name).copied().flatten();
        seconds.map(|it| (it * 1e6).round()).with_context(|| format!("oha gives no {name}"))
    };
    Ok(Load {
        requests,
        seconds: output.summary.total,
        bytes: output.summary.total_data,
        errors: requests - right + failed,
        refused: requests - right,
        p50_us: at("p50")?,
        p90_us: at("p90")?,
        p99_us: at("p99")?,
        p999_us: at("p99.9")?,
        max_us: (output.summary.slowest.unwrap_or(0.0) * 1e6).round(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Expected;
    use std::sync::Arc;

    #[test]
    fn an_output_is_read() {
        let text = r#"{"summary":{"successRate":1.0,"total":2.0,"slowest":0.0045,"totalData":9},
            "latencyPercentiles":{"p50":0.0001,"p90":0.0002,"p99":0.001,"p99.9":0.004},
            "statusCodeDistribution":{"200":90,"404":3},
            "errorDistribution":{"aborted due to deadline":64,"connection refused":2}}"#;
        let load = load(text, 200).unwrap();
        assert_eq!((load.requests, load.errors), (93, 5));
        assert!((load.p99_us - 1000.0).abs() < 1e-9 && (load.max_us - 4500.0).abs() < 1e-9);
        assert!(super::load("{}", 200).is_err());
    }

    #[test]
    fn only_reads_have_addresses() {
        let expected = Arc::new(Expected { status: 200, body_has: Vec::new() });
        let request =
            |bytes: &[u8]| Request { bytes: bytes.to_vec(), expected: Arc::clone(&expected) };
        let urls_of = |bytes: &[u8]| urls(&[request(bytes)], 80);
        let url = urls_of(b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!(url, "http://127.0.0.1:80/a?b=c\n");
        assert!(urls_of(b"PUT /a HTTP/1.1\r\n\r\n").is_err());
    }
}
