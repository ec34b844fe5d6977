//! A run as people read it: `README.md` and a drawing.

mod tables;

use super::record::{BALANCER, DATABASE, Run, SERVER, Sample};
use crate::plot::{self, Line, Words};
use anyhow::Result;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Published for one database, three servers and a balancer, all t2.micro.
const PUBLISHED: u32 = 6000;

const DRAWING: &str = "latency.svg";
/// What a single query is to take, by the course's goals.
const QUERY_MS_MAX: f64 = 50.0;

/// Writes the report of a run into its folder.
///
/// # Errors
/// A file cannot be written.
pub fn write(run: &Run, folder: &Path) -> Result<()> {
    draw(run, folder)?;
    fs::write(folder.join("README.md"), text(run))?;
    Ok(())
}

fn text(run: &Run) -> String {
    let mut text = format!("# Atelier on machines as small as a t2.micro, {}\n\n", run.date);
    text += &conditions(run);
    for (share, title) in [(0.1, "Exhausted: 10 % of a core"), (1.0, "Burst: all of a core")] {
        let _ = write!(text, "\n## {title}\n\n{}", tables::peaks(run, share));
    }
    let _ = write!(text, "\n## At a rate\n\n{}", tables::rates(run));
    let _ = write!(text, "\n![99th percentile by rate]({DRAWING})\n");
    let _ = write!(text, "\n## More clients than time\n\n{}", tables::crowds(run));
    let _ = write!(text, "\n## From a tenth to a half of a core\n\n{}", tables::shares(run));
    let _ = write!(text, "\n## Behind a balancer\n\n{}", tables::setups(run));
    let _ = write!(text, "\n## One database, three nodes, one balancer\n\n{}", arithmetic(run));
    text
}

/// Machine, versions, method.
fn conditions(run: &Run) -> String {
    let machine = &run.machine;
    let kind = if machine.is_virtual { ", virtual" } else { "" };
    let versions: Vec<&str> = run.versions.values().map(String::as_str).collect();
    let settings = run.postgres_settings.iter().map(|(name, value)| format!("`{name}={value}`"));
    let settings: Vec<String> = settings.collect();
    format!(
        "`{}` at commit `{}`: {} products, {} s each after 1 s to warm up, one worker.\n\n\
         - Machine: {}, {} cores{kind}, {}\n- Versions: {}\n- PostgreSQL: {}\n{METHOD}",
        run.command,
        run.commit,
        run.products,
        run.seconds,
        machine.cpu,
        machine.cores,
        machine.kernel,
        versions.join("; "),
        settings.join(", "),
    )
}

const METHOD: &str = "\
- Each machine is a control group: one core, a share of it in periods of 100 ms, 1 GiB with the page
  cache in it (but without an operating system, which takes some 100 MiB of a real one). PostgreSQL
  is on core 1, all others on core 0; they talk over TCP on loopback.
- The driver is in no group and on no core of its own. What it takes counts for nobody; at 10 % it
  has more than it needs, at 100 % it is in the way, and what the machines could do without it is
  worked out from their CPU a request.
- *The last tenth* of the ids fits into 1 GiB, and is in memory. *The whole set* does not; the files
  were dropped from memory before, and what is in it has come by the requests.
- A core here is no vCPU of a t2.micro. How much slower or faster that is is not known; take it as a
  factor of all rates. Between machines there is a network, which costs CPU at both ends; here there
  is none. A t2.micro that is out of credits is held up in some other rhythm than 100 ms.
- Each figure is of one measurement. At 10 % a second one of the same thing differs by up to a
  third: how well two machines that are both held up most of the time work together depends on when.
";

fn draw(run: &Run, folder: &Path) -> Result<()> {
    let mut lines = Vec::new();
    for ladder in tables::ladders(run) {
        let point = |it: &&Sample| (it.rate.unwrap_or(it.rps), it.p99_ms);
        lines.push(Line {
            label: ladder.title.clone(),
            colour: lines.len(),
            points: ladder.samples.iter().map(point).collect(),
        });
    }
    let words = Words {
        title: "A product's page: 99th percentile by rate",
        x: "requests a second asked for",
        y: "milliseconds",
    };
    plot::lines(&folder.join(DRAWING), words, &lines)
}

/// What each machine of the set-up can carry, and which is full first.
#[expect(clippy::cast_precision_loss)]
fn arithmetic(run: &Run) -> String {
    // The last one is that of the most nodes with the largest shares.
    let is_it = |it: &&Sample| it.has_balancer() && it.rate.is_none();
    let Some(sample) = run.samples.iter().rfind(is_it) else {
        return "Not measured.\n".to_owned();
    };
    let mut text = format!(
        "A page of the last tenth, from the CPU of each machine a request when all had {:.0} % of \
         a core, by proportion; the whole set-up at 100 % was not measured:\n\n\
         | | machines | CPU µs a request | requests/s at 10 % each | at 100 % each | share of a \
         core for {PUBLISHED}/s, each |\n|---|---:|---:|---:|---:|---:|\n",
        sample.share * 100.0
    );
    let mut least = (f64::INFINITY, "");
    for name in [BALANCER, SERVER, DATABASE] {
        let (us, count) = (sample.cpu_us(name), sample.of(name).count() as f64);
        let rate = count * 1e6 / us;
        if rate < least.0 {
            least = (rate, name);
        }
        let _ = writeln!(
            text,
            "| {name} | {count} | {us:.1} | {:.0} | {rate:.0} | {:.1} % |",
            rate / 10.0,
            f64::from(PUBLISHED) / rate * 100.0
        );
    }
    let (rate, name) = least;
    let _ = writeln!(
        text,
        "\nThe {name} is full first: {:.0} a second at 10 %, {rate:.0} at 100 %. Published for \
         five such machines are {PUBLISHED} a second with under 1 % of errors, with whatever \
         credits and caches they had. This is {:.1} times as many at 10 %, {:.1} at \
         100 %, to be divided by how much faster a core here is.",
        rate / 10.0,
        rate / 10.0 / f64::from(PUBLISHED),
        rate / f64::from(PUBLISHED)
    );
    text + &alone(run, sample) + &disk(run)
}

/// One node without a balancer, beside the set-up.
fn alone(run: &Run, setup: &Sample) -> String {
    let is_it = |it: &&Sample| {
        it.is_mix_in_memory() && !it.has_balancer() && (it.share - setup.share).abs() < 1e-9
    };
    let Some(alone) = run.samples.iter().rfind(is_it) else { return String::new() };
    format!(
        "\nOne node that is asked directly, over {} connections, answers {:.0} a second where the \
         set-up of {} and a balancer answers {:.0} over {}. nginx takes {:.0} µs to pass on what a \
         node takes {:.0} µs to answer, and PostgreSQL takes {:.1} µs a request of one node and \
         {:.1} of {}: what {} nodes ask at the same time cannot be asked as one statement. More \
         nodes are for when one fails, not for more requests.\n",
        alone.connections,
        alone.rps,
        setup.nodes,
        setup.rps,
        setup.connections,
        setup.cpu_us(BALANCER),
        alone.cpu_us(SERVER),
        alone.cpu_us(DATABASE),
        setup.cpu_us(DATABASE),
        setup.nodes,
        setup.nodes
    )
}

/// What the disk allows where the set does not fit into memory.
fn disk(run: &Run) -> String {
    let is_it = |it: &&Sample| it.reads_max.is_some() && it.rate.is_none();
    let Some(sample) = run.samples.iter().find(is_it) else { return String::new() };
    let reads = sample.reads_max.unwrap_or(0);
    format!(
        "\nOver the whole set a request of the page fetches {:.2} pages from the disk. A volume of \
         {reads} reads a second (gp3, or a small gp2 with credits) so carries {:.0} requests a \
         second, however many nodes there are and however much CPU; held to it here, {:.0}. Only \
         memory changes that.\n",
        sample.reads(),
        reads as f64 / sample.reads(),
        sample.rps
    )
}
