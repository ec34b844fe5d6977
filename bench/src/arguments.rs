//! The command line.

use crate::record::Placement;
use anyhow::{Context, Result, bail, ensure};
use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;

pub const USAGE: &str = "\
Measures Atelier beside other servers, on one machine, with one database.

usage: atelier-bench run --database DIR [OPTION...]
       atelier-bench report DIR...
       atelier-bench gate --database DIR --baseline BINARY --candidate BINARY [OPTION...]
       atelier-bench micro --database DIR [OPTION...]

run     measures, and writes run.json, samples.csv, README.md and plots
report  makes tables and plots again from a run.json, and puts them into bench/README.md
        with --publish
gate    alternates two binaries of Atelier; fails if a route's CPU grew more than 5 %
micro   Atelier and PostgreSQL each confined to a core's share, all of it and 10 %, and 1 GiB;
        needs root, two cores, control groups of version 1, nginx

  --database DIR         data directory of `atelier import`; it is copied, never changed
  --peers A,B            only these of bench/peers [all]
  --workloads A,B        only these of bench/workloads; `all`: their variants too, for all peers
                         [those without variants for all peers, variants for Atelier]
  --phases A,B           of peak, rate, connections, calls, writes [all]
  --rounds N             [3; gate: 5]
  --seconds N            of one measurement [2]
  --warm N               seconds before each [1]
  --fill N               seconds for which a Redis is filled by each workload [10]
  --connections N        [64]
  --placement WHERE      free: the scheduler decides; pinned: server on core 0, the rest on
                         core 1; both [free]
  --quick                seven peers, three workloads, one round, one second, no curves; a
                         Redis is filled for three seconds, and finds less than in a long run
  --out DIR              [bench/runs/<date>-peers, micro: <date>-micro]
  --baseline BINARY      gate: what the candidate is held against
  --candidate BINARY     gate
  --postgres-bin DIR     where `postgres` is [of the database's version]
  --postgres-set A=B     a setting of PostgreSQL, for this run; may be repeated
  --port N               the first of a hundred that are free [19000]
  --help

Needs wrk, psql, oha for the phase rate, and what each peer needs; a peer whose programs are
missing is left out.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Peak,
    Rate,
    Connections,
    Calls,
    Writes,
}

const PARTS: [(&str, Part); 5] = [
    ("peak", Part::Peak),
    ("rate", Part::Rate),
    ("connections", Part::Connections),
    ("calls", Part::Calls),
    ("writes", Part::Writes),
];

/// The peers of `--quick`: Atelier and the best known of each kind.
const QUICK_PEERS: [&str; 7] =
    ["atelier", "axum-pipelined", "axum-pool", "express", "express-redis", "fastify", "go"];

#[derive(Debug)]
pub enum Command {
    Help,
    Run(Options),
    Gate(Options),
    Micro(Options),
    Report { folders: Vec<PathBuf>, publish: bool },
}

#[derive(Debug)]
pub struct Options {
    pub database: PathBuf,
    /// None: all.
    pub peers: Option<Vec<String>>,
    pub workloads: Workloads,
    pub parts: Vec<Part>,
    pub rounds: u32,
    pub seconds: f64,
    pub warm_seconds: f64,
    pub fill_seconds: f64,
    pub connections: u32,
    pub placements: Vec<Placement>,
    pub out: Option<PathBuf>,
    pub baseline: Option<PathBuf>,
    pub candidate: Option<PathBuf>,
    pub postgres_bin: Option<PathBuf>,
    pub postgres_set: Vec<(String, String)>,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Workloads {
    /// Plain ones for everybody, variants for Atelier.
    Plain,
    All,
    Named(Vec<String>),
}

impl Command {
    /// # Errors
    /// Wrong usage.
    pub fn parse(mut parser: Parser) -> Result<Self> {
        let command = match parser.next()? {
            None | Some(Arg::Long("help") | Arg::Short('h')) => return Ok(Self::Help),
            Some(Arg::Value(name)) => name.string()?,
            Some(other) => return Err(other.unexpected().into()),
        };
        match command.as_str() {
            "run" => Ok(Options::parse(&mut parser, 3)?.map_or(Self::Help, Self::Run)),
            "gate" => {
                let Some(options) = Options::parse(&mut parser, 5)? else { return Ok(Self::Help) };
                let both = options.baseline.is_some() && options.candidate.is_some();
                ensure!(both, "gate needs --baseline BINARY and --candidate BINARY");
                Ok(Self::Gate(options))
            }
            "micro" => Ok(Options::parse(&mut parser, 1)?.map_or(Self::Help, Self::Micro)),
            "report" => report(&mut parser),
            name => bail!("no command {name}: run, report, gate or micro; --help has more"),
        }
    }
}

fn report(parser: &mut Parser) -> Result<Command> {
    let mut folders = Vec::new();
    let mut publish = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(folder) => folders.push(PathBuf::from(folder)),
            Arg::Long("publish") => publish = true,
            other => return Err(other.unexpected().into()),
        }
    }
    ensure!(!folders.is_empty(), "report needs the folder of a run");
    Ok(Command::Report { folders, publish })
}

impl Options {
    /// None: help was asked for.
    fn parse(parser: &mut Parser, rounds: u32) -> Result<Option<Self>> {
        let mut options = Self {
            database: PathBuf::new(),
            peers: None,
            workloads: Workloads::Plain,
            parts: PARTS.map(|it| it.1).to_vec(),
            rounds,
            seconds: 2.0,
            warm_seconds: 1.0,
            fill_seconds: 10.0,
            connections: 64,
            placements: vec![Placement::Free],
            out: None,
            baseline: None,
            candidate: None,
            postgres_bin: None,
            postgres_set: Vec::new(),
            port: 19_000,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                Arg::Long("quick") => options.be_quick(),
                Arg::Long(name) => {
                    let name = name.to_owned();
                    options.set(&name, parser)?;
                }
                other => return Err(other.unexpected().into()),
            }
        }
        let Self { rounds, seconds, connections, .. } = &options;
        ensure!(!options.database.as_os_str().is_empty(), "--database DIR is missing");
        ensure!((1..=100).contains(rounds), "--rounds is 1 to 100");
        ensure!((1.0..=600.0).contains(seconds), "--seconds is 1 to 600");
        let timed = [seconds, &options.warm_seconds, &options.fill_seconds];
        ensure!(timed.iter().all(|it| it.fract() == 0.0), "wrk takes whole seconds only");
        ensure!((1..=10_000).contains(connections), "--connections is 1 to 10000");
        ensure!(options.port <= 65_000, "--port is at most 65000");
        Ok(Some(options))
    }

    fn be_quick(&mut self) {
        self.rounds = 1;
        self.seconds = 1.0;
        self.warm_seconds = 1.0;
        self.parts = vec![Part::Peak];
        self.fill_seconds = 3.0;
        self.workloads = Workloads::Named(["meta", "reviews", "page"].map(String::from).to_vec());
        self.peers = Some(QUICK_PEERS.map(String::from).to_vec());
    }

    fn set(&mut self, name: &str, parser: &mut Parser) -> Result<()> {
        let option = format!("--{name}");
        match name {
            "database" => self.database = parser.value()?.into(),
            "peers" => self.peers = Some(list(&parser.value()?.string()?)),
            "workloads" => {
                self.workloads = match parser.value()?.string()?.as_str() {
                    "all" => Workloads::All,
                    names => Workloads::Named(list(names)),
                }
            }
            "phases" => {
                let names = list(&parser.value()?.string()?);
                self.parts = names.iter().map(|it| part(it)).collect::<Result<_>>()?;
            }
            "rounds" => self.rounds = parser.value()?.parse().context(option)?,
            "seconds" => self.seconds = parser.value()?.parse().context(option)?,
            "warm" => self.warm_seconds = parser.value()?.parse().context(option)?,
            "fill" => self.fill_seconds = parser.value()?.parse().context(option)?,
            "connections" => self.connections = parser.value()?.parse().context(option)?,
            "placement" => self.placements = placements(&parser.value()?.string()?)?,
            "out" => self.out = Some(parser.value()?.into()),
            "baseline" => self.baseline = Some(parser.value()?.into()),
            "candidate" => self.candidate = Some(parser.value()?.into()),
            "postgres-bin" => self.postgres_bin = Some(parser.value()?.into()),
            "postgres-set" => {
                let text = parser.value()?.string()?;
                let (name, value) = text.split_once('=').context("--postgres-set NAME=VALUE")?;
                self.postgres_set.push((name.to_owned(), value.to_owned()));
            }
            "port" => self.port = parser.value()?.parse().context(option)?,
            _ => bail!("no option {option}; --help has all"),
        }
        Ok(())
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

fn part(name: &str) -> Result<Part> {
    let found = PARTS.iter().find(|it| it.0 == name);
    found.map(|it| it.1).with_context(|| format!("no phase {name}; --help has them"))
}

fn placements(name: &str) -> Result<Vec<Placement>> {
    match name {
        "free" => Ok(vec![Placement::Free]),
        "pinned" => Ok(vec![Placement::Pinned]),
        "both" => Ok(vec![Placement::Free, Placement::Pinned]),
        _ => bail!("no placement {name}: free, pinned or both"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command> {
        Command::parse(Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn options_are_taken() {
        let line = "run --database d --peers a,b --rounds 4 --placement both --workloads all \
                    --phases peak,rate --postgres-set jit=on";
        let Command::Run(options) = parse(line).unwrap() else { panic!("no run") };
        assert_eq!(options.peers.unwrap(), ["a", "b"]);
        assert_eq!((options.rounds, options.placements.len()), (4, 2));
        assert_eq!(options.workloads, Workloads::All);
        assert_eq!(options.parts, [Part::Peak, Part::Rate]);
        assert_eq!(options.postgres_set, [("jit".to_owned(), "on".to_owned())]);
    }

    #[test]
    fn quick_can_be_made_longer() {
        let Command::Run(options) = parse("run --quick --database d --rounds 2").unwrap() else {
            panic!("no run")
        };
        assert_eq!((options.rounds, options.parts), (2, vec![Part::Peak]));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for line in [
            "run",
            "run --database d --rounds 0",
            "run --database d --seconds x",
            "run --database d --seconds 1.5",
            "run --database d --warm 0.5",
            "run --database d --placement here",
            "run --database d --fast",
            "gate --database d",
            "report",
            "walk",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(matches!(parse("--help"), Ok(Command::Help)));
        assert!(matches!(parse("run --help"), Ok(Command::Help)));
    }
}
