//! The load: `wrk` as fast as it goes, or `oha` at a rate, and a witness who looks at replies.

use crate::client::Client;
use crate::oha;
use crate::process::{Running, Start};
use crate::workload::Request;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const SCRIPT: &str = include_str!("wrk.lua");

/// Between two requests of the witness: too few to be felt, enough to see what is wrong.
const WITNESS_PAUSE: Duration = Duration::from_millis(20);

/// What a driver has seen. `wrk`'s script prints this as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Load {
    pub requests: u64,
    pub seconds: f64,
    pub bytes: u64,
    /// Connections refused or lost, replies late or of the wrong status.
    pub errors: u64,
    /// Of these, the replies of the wrong status.
    pub refused: u64,
    pub p50_us: f64,
    pub p90_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
    pub max_us: f64,
}

/// Requests in a file that drivers read.
#[derive(Debug)]
pub struct Prepared {
    path: PathBuf,
    pipeline: usize,
    pub requests: Vec<Request>,
}

/// How to drive.
#[derive(Clone, Copy, Debug)]
pub struct Drive {
    pub port: u16,
    pub connections: u32,
    pub seconds: f64,
    pub core: Option<usize>,
}

impl Prepared {
    /// Writes a file of requests, `pipeline` of them to an entry.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(path: PathBuf, requests: Vec<Request>, pipeline: usize) -> Result<Self> {
        let mut file = BufWriter::new(File::create(&path)?);
        for entry in requests.chunks_exact(pipeline) {
            let length: usize = entry.iter().map(|it| it.bytes.len()).sum();
            writeln!(file, "{length}")?;
            for request in entry {
                file.write_all(&request.bytes)?;
            }
        }
        file.flush()?;
        Ok(Self { path, pipeline, requests })
    }

    /// `wrk`: each connection asks again as soon as it is answered.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn wrk(&self, drive: Drive, folder: &Path) -> Result<Load> {
        let script = folder.join("wrk.lua");
        fs::write(&script, SCRIPT)?;
        let command = format!(
            "exec wrk -t1 -c{} -d{}s --latency -s wrk.lua http://127.0.0.1:{}",
            drive.connections, drive.seconds, drive.port
        );
        let said = self.run("wrk", &command, drive, folder)?;
        let line = said.lines().find_map(|it| it.strip_prefix("JSON "));
        let line = line.with_context(|| format!("wrk gave no result: {}", said.trim()))?;
        let mut load: Load = serde_json::from_str(line)?;
        if self.pipeline > 1 {
            // Its correction takes each reply of a batch for a batch, and makes nonsense of them.
            for latency in [&mut load.p50_us, &mut load.p90_us, &mut load.p99_us] {
                *latency = 0.0;
            }
            (load.p999_us, load.max_us) = (0.0, 0.0);
        }
        Ok(load)
    }

    /// `oha`: a request every so often, whether or not those before it are answered, and latency
    /// counted from when it was due. It takes requests by chance, and only reads.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn oha(&self, drive: Drive, rate: f64, folder: &Path) -> Result<Load> {
        let Drive { port, connections, seconds, .. } = drive;
        fs::write(folder.join("urls"), oha::urls(&self.requests, port)?)?;
        let command = format!(
            "exec oha -z {seconds}s -q {rate} -c {connections} --latency-correction --no-tui \
             --output-format json --urls-from-file urls"
        );
        let status = self.requests.first().map_or(200, |it| it.expected.status);
        oha::load(&self.run("oha", &command, drive, folder)?, status)
    }

    /// Runs a driver, and gives its output.
    fn run(&self, name: &str, command: &str, drive: Drive, folder: &Path) -> Result<String> {
        let log = folder.join(format!("{name}.log"));
        let mut start = Start::shell(name, command, folder, log.clone());
        start.environment.push(("REQUESTS".to_owned(), self.path.clone().into_os_string()));
        start.core = drive.core;
        let mut running = Running::new(&start)?;
        let status = running.wait(Duration::from_secs_f64(drive.seconds + 60.0))?;
        let said = fs::read_to_string(&log).unwrap_or_default();
        ensure!(status.success(), "{name} failed: {}", said.trim());
        Ok(said)
    }
}

/// Asks the server now and then until told to stop. Gives how many replies were right.
///
/// # Errors
/// The first reply that was wrong.
pub fn witness(requests: &[Request], port: u16, is_over: &AtomicBool) -> Result<u64> {
    let mut client = Client::new(port);
    let mut right = 0;
    // From the end: those that the driver comes to last, so that it is not the same ids at once.
    for request in requests.iter().rev().cycle() {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        client.check(request)?;
        right += 1;
        thread::sleep(WITNESS_PAUSE);
    }
    Ok(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Expected;
    use std::sync::Arc;

    #[test]
    fn a_file_of_requests_says_how_long_each_is() {
        let folder = tempfile::tempdir().unwrap();
        let expected = Arc::new(Expected { status: 201, body_has: Vec::new() });
        let request =
            |bytes: &[u8]| Request { bytes: bytes.to_vec(), expected: Arc::clone(&expected) };
        let path = folder.path().join("requests");
        let requests = vec![request(b"ab"), request(b"c"), request(b"d")];
        let prepared = Prepared::new(path.clone(), requests, 2).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"3\nabc");
        assert_eq!(prepared.requests.len(), 3);
    }
}
