//! The profile of small machines: server and `PostgreSQL`, each with a share of a core and 1 GiB.
//!
//! Each is in a control group of its own, the database on one core and all others on the other. The
//! driver is in no group: what it takes counts for nobody, and at 10 % of a core it has room.

mod machines;
mod record;
mod report;

use crate::arguments::Options;
use crate::cgroup::{self, Group};
use crate::machine::{self, Machine as Hardware};
use crate::postgres::{self, Cluster, Copied};
use crate::scratch::{self, Scratch};
use crate::workload::Workload;
use crate::{PACKAGE, process};
use anyhow::{Context, Result, ensure};
use machines::{How, Machine, Rig};
use record::{BALANCER, DATABASE, MIX, Range, Run, SERVER, Sample};
use std::cell::Cell;
use std::path::{Path, PathBuf};

pub use record::FILE;

/// The memory of a t2.micro.
const MEMORY_MIB: u64 = 1024;
/// What it may always take of a core; it has all of one while it has credits.
const EXHAUSTED: f64 = 0.1;
const BURST: f64 = 1.0;
/// Shares at which the driver still has room: whether rates grow with them.
const SHARES: [f64; 5] = [0.1, 0.2, 0.3, 0.4, 0.5];
/// Shares of five machines, four of them on one core.
const SETUP_SHARES: [f64; 2] = [0.1, 0.2];
/// Nodes behind the balancer: whether three carry more than one.
const SETUP_NODES: [u16; 2] = [1, 3];
/// Reads a second of the usual disk of such a machine (gp3, and gp2 while it has credits).
const READS_MAX: u64 = 3000;

const READS: [&str; 4] = [MIX, "reviews", "meta", "questions"];
const WRITES: &str = "capstone";

const RATES_BURST: [f64; 5] = [1e3, 4e3, 8e3, 16e3, 32e3];
const RATES_EXHAUSTED: [f64; 9] = [250.0, 500.0, 1e3, 2e3, 3e3, 4e3, 6e3, 8e3, 1e4];

/// More clients than a tenth of a core has time for.
const CROWDS: [u32; 3] = [1000, 4000, 8000];

/// Where the machines are.
const DATABASE_CORE: usize = 1;
const SERVER_CORE: usize = 0;

/// How long memory is filled by requests before anything is measured.
const FILL_SECONDS: f64 = 12.0;

/// The embedded database's settings, and what a machine of 1 GiB makes of the others.
const SETTINGS: [(&str, &str); 5] = [
    ("shared_buffers", "128MB"),
    ("effective_cache_size", "768MB"),
    ("max_connections", "50"),
    ("max_wal_size", "2GB"),
    ("checkpoint_timeout", "15min"),
];

/// Measures, and writes what came of it.
///
/// # Errors
/// It cannot be measured.
pub fn run(options: &Options) -> Result<bool> {
    machine::check_programs()?;
    for program in ["oha", "nginx"] {
        ensure!(process::is_on_path(program), "install what is missing: {program}");
    }
    ensure!(Hardware::this().cores > 1, "two cores are needed: one for each of the two machines");
    machine::raise_files();
    scratch::end_by_signal()?;
    cgroup::check()?;
    let out = Path::new(PACKAGE).join("runs").join(format!("{}-micro", machine::today()));
    let out = options.out.clone().unwrap_or(out);
    println!("copying the database");
    let copied = Copied::new(&options.database, options.postgres_bin.as_deref())?;
    copied.evict()?;
    let folder = Scratch::new(&std::env::temp_dir())?;
    let mut settings: Vec<(String, String)> = options.postgres_set.clone();
    for (name, value) in SETTINGS {
        if !settings.iter().any(|it| it.0 == name) {
            settings.push((name.to_owned(), value.to_owned()));
        }
    }
    let group = Group::new("database", DATABASE_CORE, MEMORY_MIB, copied.device()?)?;
    let cluster = copied.start(options.port + 50, None, group.entries(), &settings)?;
    let mut bench = Bench {
        options,
        folder: folder.path(),
        cluster: &cluster,
        group: &group,
        workloads: Workload::all(&Path::new(PACKAGE).join("workloads"))?,
        run: new_run(options, &cluster, &settings)?,
        out,
        seed: Cell::new(0),
    };
    bench.one_node()?;
    for nodes in SETUP_NODES {
        bench.setup(nodes)?;
    }
    bench.whole_set()?;
    println!("the report: {}", bench.out.join("README.md").display());
    Ok(bench.run.samples.iter().all(|it| it.wrong.is_empty() || it.is_crowded()))
}

/// Makes the report of a folder again.
///
/// # Errors
/// There is no run in it.
pub fn report(folder: &Path) -> Result<()> {
    report::write(&Run::read(folder)?, folder)
}

fn new_run(options: &Options, cluster: &Cluster<'_>, settings: &[(String, String)]) -> Result<Run> {
    let mut versions: std::collections::BTreeMap<String, String> =
        ["wrk", "oha"].map(|it| (it.to_owned(), machine::version(it))).into();
    versions.insert("nginx".to_owned(), machine::version("nginx"));
    versions.insert("postgres".to_owned(), cluster.version()?);
    Ok(Run {
        date: machine::today(),
        commit: machine::commit(),
        command: crate::plan::command(std::env::args().skip(1)),
        products: cluster.shop()?.products,
        seconds: options.seconds,
        machine: Hardware::this(),
        versions,
        postgres_settings: postgres::settings(settings),
        samples: Vec::new(),
    })
}

struct Bench<'b> {
    options: &'b Options,
    folder: &'b Path,
    cluster: &'b Cluster<'b>,
    /// The database's machine.
    group: &'b Group,
    workloads: Vec<Workload>,
    run: Run,
    out: PathBuf,
    seed: Cell<u64>,
}

impl Bench<'_> {
    fn workload(&self, name: &str) -> Result<Workload> {
        let found = self.workloads.iter().find(|it| it.name == name);
        found.cloned().with_context(|| format!("no workload {name}"))
    }

    fn node(&self, place: u16) -> Result<Machine> {
        let group = Group::new(&format!("node{place}"), SERVER_CORE, MEMORY_MIB, 0)?;
        let port = self.options.port + place * 10;
        Machine::node(group, port, self.options.port + 50, self.folder)
    }

    fn rig<'r>(&'r self, nodes: &'r [Machine], balancer: Option<&'r Machine>) -> Result<Rig<'r>> {
        let mut groups = vec![(DATABASE, self.group)];
        groups.extend(nodes.iter().map(|it| (SERVER, &it.group)));
        groups.extend(balancer.map(|it| (BALANCER, &it.group)));
        let port = balancer.or(nodes.first()).context("no node")?.port;
        let (options, folder) = (self.options, self.folder);
        let (nodes, seed) = (nodes.len(), &self.seed);
        Ok(Rig { options, folder, shop: self.cluster.shop()?, nodes, port, groups, seed })
    }

    /// Keeps what was measured, at once: a run that is stopped has what it has.
    fn keep(&mut self, samples: Vec<Sample>) -> Result<()> {
        self.run.samples.extend(samples);
        self.run.write(&self.out)?;
        report::write(&self.run, &self.out)
    }

    /// All that fits into memory: the last tenth of the products.
    fn one_node(&mut self) -> Result<()> {
        let nodes = [self.node(0)?];
        let rig = self.rig(&nodes, None)?;
        let mix = self.workload(MIX)?;
        rig.fill(&mix.last10(), FILL_SECONDS)?;
        let mut samples = Vec::new();
        self.peaks(&rig, Range::Last10, &mut samples)?;
        for share in SHARES {
            samples.push(show(rig.sample(&mix, how(Range::Last10, share))?));
        }
        self.ladders(&rig, Range::Last10, &mut samples)?;
        self.keep(samples)
    }

    /// The whole set-up behind a balancer.
    fn setup(&mut self, nodes: u16) -> Result<()> {
        let port = self.options.port + nodes * 10;
        let nodes = (0..nodes).map(|it| self.node(it)).collect::<Result<Vec<_>>>()?;
        let group = Group::new("balancer", SERVER_CORE, MEMORY_MIB, 0)?;
        let balancer = Machine::balancer(group, port, &nodes, self.folder)?;
        let rig = self.rig(&nodes, Some(&balancer))?;
        let mix = self.workload(MIX)?;
        let mut samples = Vec::new();
        for share in SETUP_SHARES {
            samples.push(show(rig.sample(&mix, how(Range::Last10, share))?));
        }
        ladder(&rig, &mix, how(Range::Last10, EXHAUSTED), &RATES_EXHAUSTED, &mut samples)?;
        self.keep(samples)
    }

    /// What does not fit into memory, and at last what changes the database.
    fn whole_set(&mut self) -> Result<()> {
        let nodes = [self.node(0)?];
        let rig = self.rig(&nodes, None)?;
        let (mix, writes) = (self.workload(MIX)?, self.workload(WRITES)?);
        rig.fill(&mix, FILL_SECONDS)?;
        let mut samples = Vec::new();
        self.peaks(&rig, Range::All, &mut samples)?;
        self.ladders(&rig, Range::All, &mut samples)?;
        let held = How { reads_max: Some(READS_MAX), ..how(Range::All, BURST) };
        samples.push(show(rig.sample(&mix, held)?));
        ladder(&rig, &mix, held, &RATES_EXHAUSTED, &mut samples)?;
        for connections in CROWDS {
            let crowd = How { connections: Some(connections), ..how(Range::All, EXHAUSTED) };
            samples.push(show(rig.sample(&mix, crowd)?));
        }
        for range in [Range::All, Range::Last10] {
            if range == Range::Last10 {
                rig.fill(&mix.last10(), FILL_SECONDS)?;
            }
            for share in [BURST, EXHAUSTED] {
                samples.push(show(rig.sample(&writes, how(range, share))?));
            }
        }
        self.keep(samples)
    }

    fn peaks(&self, rig: &Rig<'_>, range: Range, samples: &mut Vec<Sample>) -> Result<()> {
        for share in [BURST, EXHAUSTED] {
            for name in READS {
                samples.push(show(rig.sample(&self.workload(name)?, how(range, share))?));
            }
        }
        Ok(())
    }

    fn ladders(&self, rig: &Rig<'_>, range: Range, samples: &mut Vec<Sample>) -> Result<()> {
        let mix = self.workload(MIX)?;
        ladder(rig, &mix, how(range, BURST), &RATES_BURST, samples)?;
        ladder(rig, &mix, how(range, EXHAUSTED), &RATES_EXHAUSTED, samples)
    }
}

fn how(range: Range, share: f64) -> How {
    How { range, share, reads_max: None, rate: None, connections: None }
}

/// Rates, until one is not kept.
fn ladder(
    rig: &Rig<'_>,
    workload: &Workload,
    how: How,
    rates: &[f64],
    samples: &mut Vec<Sample>,
) -> Result<()> {
    for rate in rates {
        let sample = show(rig.sample(workload, How { rate: Some(*rate), ..how })?);
        let is_kept = sample.is_kept();
        samples.push(sample);
        if !is_kept {
            break;
        }
    }
    Ok(())
}

fn show(sample: Sample) -> Sample {
    println!("{}", sample.line());
    sample
}
