//! Small machines with something running on them: a server, a balancer; and measuring all of them.

use super::record::{BALANCER, DATABASE, Range, Sample, Used};
use crate::PACKAGE;
use crate::arguments::Options;
use crate::cgroup::{Counts, Group};
use crate::client::Client;
use crate::driver::{self, Drive, Load, Prepared};
use crate::process::{Running, Start};
use crate::template::Shop;
use crate::workload::Workload;
use anyhow::{Context, Result};
use std::cell::Cell;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const START_MAX: Duration = Duration::from_secs(30);
/// Connections at a rate, so that a request that is due finds one, also when replies take 100 ms;
/// and to a balancer, which spreads them.
const MANY_CONNECTIONS: u32 = 256;

/// A machine that is asked over a port. Ended before its group is removed.
#[derive(Debug)]
pub struct Machine {
    _running: Running,
    pub group: Group,
    pub port: u16,
}

impl Machine {
    /// A server of Atelier.
    ///
    /// # Errors
    /// It does not answer.
    pub fn node(group: Group, port: u16, database: u16, folder: &Path) -> Result<Self> {
        let built = Path::new(PACKAGE).join("../target/release/atelier");
        let binary = std::env::var_os("ATELIER_BINARY").map_or(built, PathBuf::from);
        let binary =
            binary.canonicalize().context("build first: cargo build --release --locked")?;
        let command = format!(
            "exec '{}' serve --sample 0 --workers 1 --listen 127.0.0.1:{port} --admin 127.0.0.1:{} \
             --database-url postgres://postgres@127.0.0.1:{database}/atelier",
            binary.display(),
            port + 1
        );
        Self::start(group, port, &format!("node-{port}"), &command, folder)
    }

    /// An nginx before some nodes.
    ///
    /// # Errors
    /// It does not answer.
    pub fn balancer(group: Group, port: u16, nodes: &[Self], folder: &Path) -> Result<Self> {
        let mut servers = String::new();
        for node in nodes {
            writeln!(servers, "    server 127.0.0.1:{};", node.port)?;
        }
        let path = folder.canonicalize()?.display().to_string();
        let text = include_str!("nginx.conf");
        let text = text.replace("SERVERS", servers.trim()).replace("PORT", &port.to_string());
        fs::write(folder.join("nginx.conf"), text.replace("FOLDER", &path))?;
        let command = format!("exec nginx -p '{path}' -c '{path}/nginx.conf'");
        Self::start(group, port, "nginx", &command, folder)
    }

    fn start(group: Group, port: u16, name: &str, command: &str, folder: &Path) -> Result<Self> {
        let mut start = Start::shell(name, command, folder, folder.join(format!("{name}.log")));
        start.groups = group.entries();
        let mut running = Running::new(&start)?;
        let mut client = Client::new(port);
        let mut answers = || client.get("/products/1").is_ok_and(|it| it.status == 200);
        running.wait_until(START_MAX, &mut answers)?;
        Ok(Self { _running: running, group, port })
    }
}

/// Machines that are measured together.
#[derive(Debug)]
pub struct Rig<'r> {
    pub options: &'r Options,
    pub folder: &'r Path,
    pub shop: Shop,
    pub nodes: usize,
    /// Where requests go.
    pub port: u16,
    pub groups: Vec<(&'static str, &'r Group)>,
    /// Of the next requests: other ids each time, or memory would hold just those that come.
    pub seed: &'r Cell<u64>,
}

/// How it is measured.
#[derive(Clone, Copy, Debug)]
pub struct How {
    pub range: Range,
    pub share: f64,
    pub reads_max: Option<u64>,
    pub rate: Option<f64>,
    /// None: as usual.
    pub connections: Option<u32>,
}

impl Rig<'_> {
    /// Asks as fast as it goes with all of the cores, so that memory holds what it will hold.
    ///
    /// # Errors
    /// The driver cannot be run.
    pub fn fill(&self, workload: &Workload, seconds: f64) -> Result<()> {
        self.give(1.0, None)?;
        self.prepared(workload)?.wrk(self.drive(seconds), self.folder)?;
        Ok(())
    }

    /// # Errors
    /// The driver cannot be run.
    pub fn sample(&self, workload: &Workload, how: How) -> Result<Sample> {
        self.give(how.share, how.reads_max)?;
        let ranged = if how.range == Range::Last10 { workload.last10() } else { workload.clone() };
        // The rates of a ladder warm up for each other.
        if self.options.warm_seconds > 0.0 && how.rate.is_none() {
            let warm = self.prepared(&ranged)?;
            warm.wrk(self.drive(self.options.warm_seconds), self.folder)?;
        }
        let prepared = self.prepared(&ranged)?;
        let mut drive = self.drive(self.options.seconds);
        if how.rate.is_some() || self.has_balancer() {
            drive.connections = MANY_CONNECTIONS;
        }
        if let Some(connections) = how.connections {
            // A crowd needs time to come.
            drive = Drive { connections, seconds: 3.0 * drive.seconds, ..drive };
        }
        let before: Vec<Counts> = self.groups.iter().map(|(_, group)| group.begin()).collect();
        let start = Instant::now();
        let (port, is_over) = (self.port, AtomicBool::new(false));
        let (load, witnessed) = thread::scope(|scope| {
            let witness = scope.spawn(|| driver::witness(&prepared.requests, port, &is_over));
            let load = match how.rate {
                Some(rate) => prepared.oha(drive, rate, self.folder),
                None => prepared.wrk(drive, self.folder),
            };
            is_over.store(true, Ordering::Relaxed);
            (load, witness.join())
        });
        let wrong = match witnessed {
            Ok(Ok(_)) => String::new(),
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "the witness failed".to_owned(),
        };
        let (load, seconds) = (load?, start.elapsed().as_secs_f64());
        let about = (load.requests, seconds);
        let machines = self.groups.iter().zip(before);
        let machines = machines.map(|((name, group), before)| used(name, group, before, about));
        let machines = machines.collect();
        Ok(Sample { machines, wrong, ..self.record(&workload.name, how, drive, &load) })
    }

    fn record(&self, workload: &str, how: How, drive: Drive, load: &Load) -> Sample {
        let How { range, share, reads_max, rate, .. } = how;
        Sample {
            nodes: self.nodes,
            workload: workload.to_owned(),
            range,
            share,
            reads_max,
            rate,
            connections: drive.connections,
            requests: load.requests,
            seconds: round(load.seconds),
            rps: round(load.requests as f64 / load.seconds),
            errors: load.errors,
            refused: load.refused,
            p50_ms: round(load.p50_us / 1000.0),
            p99_ms: round(load.p99_us / 1000.0),
            max_ms: round(load.max_us / 1000.0),
            machines: Vec::new(),
            wrong: String::new(),
        }
    }

    fn has_balancer(&self) -> bool {
        self.groups.iter().any(|(name, _)| *name == BALANCER)
    }

    fn give(&self, share: f64, reads_max: Option<u64>) -> Result<()> {
        for (name, group) in &self.groups {
            group.give_cpu(share)?;
            if *name == DATABASE {
                let given = group.give_reads(reads_max);
                if reads_max.is_some() {
                    given.context("the database's disk cannot be held to a rate")?;
                }
            }
        }
        Ok(())
    }

    fn prepared(&self, workload: &Workload) -> Result<Prepared> {
        self.seed.set(self.seed.get() + 1);
        let requests = workload.requests(self.shop, self.seed.get());
        Prepared::new(self.folder.join("requests"), requests, workload.pipeline)
    }

    fn drive(&self, seconds: f64) -> Drive {
        Drive { port: self.port, connections: self.options.connections, seconds, core: None }
    }
}

/// What a machine has used since then, with a driver's requests and the seconds that passed.
fn used(name: &str, group: &Group, before: Counts, (requests, seconds): (u64, f64)) -> Used {
    let now = group.counts();
    let mib = |bytes: u64| round(bytes as f64 / f64::from(1 << 20));
    let each = |count: u64| round(count as f64 / requests.max(1) as f64);
    let cpu_ns = (now.cpu_ns - before.cpu_ns) as f64;
    let periods = (now.periods - before.periods).max(1) as f64;
    Used {
        name: name.to_owned(),
        cpu_us_per_request: round(cpu_ns / 1000.0 / requests.max(1) as f64),
        cores: round(cpu_ns / 1e9 / seconds),
        throttled: round((now.throttled - before.throttled) as f64 / periods),
        reads_per_request: each(now.reads - before.reads),
        read_kib_per_request: each((now.read_bytes - before.read_bytes) / 1024),
        memory_peak_mib: mib(group.memory_peak_bytes()),
        memory_own_mib: mib(group.memory_own_bytes()),
        killed_for_memory: now.killed_for_memory - before.killed_for_memory,
    }
}

/// To three digits: more would be noise in what is committed.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
