//! Servers to be measured: `peers/*/peer.toml`, and how one is built, started and found ready.

use crate::client::Client;
use crate::process::{self, Running, Start};
use crate::usage::Members;
use crate::workload::{Kind, Workload};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a server may take until it answers.
const START_MAX: Duration = Duration::from_secs(30);
/// The same for one that fills a Redis first.
const FILL_MAX: Duration = Duration::from_secs(300);

/// A file as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    kind: Kind,
    stack: String,
    #[serde(default)]
    build: Vec<String>,
    run: String,
    #[serde(default)]
    needs: Vec<String>,
    /// Whole paths of libraries that it is built with.
    #[serde(default)]
    needs_folders: Vec<String>,
    #[serde(default)]
    redis: bool,
    /// Those that it can answer; none: all of its kind.
    #[serde(default)]
    workloads: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// Not set for a variant of another peer: its peak rate says what there is to say.
    #[serde(default = "with_curves")]
    curves: bool,
}

fn with_curves() -> bool {
    true
}

#[derive(Clone, Debug)]
pub struct Peer {
    pub name: String,
    pub title: String,
    pub stack: String,
    pub kind: Kind,
    pub redis: bool,
    /// Those that it can answer; none: all of its kind.
    pub workloads: Vec<String>,
    /// Whether it is also measured at rates and by connections.
    pub curves: bool,
    folder: PathBuf,
    build: Vec<String>,
    run: String,
    needs: Vec<String>,
    needs_folders: Vec<String>,
    environment: Vec<(String, OsString)>,
}

/// A server that answers.
#[derive(Debug)]
pub struct Server {
    running: Running,
    pub port: u16,
}

impl Peer {
    /// All peers of a folder of folders, by name.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub fn all(folder: &Path) -> Result<Vec<Self>> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("no folder {}", folder.display()))?;
        let mut folders: Vec<_> = entries.flatten().map(|it| it.path()).collect();
        folders.retain(|it| it.join("peer.toml").is_file());
        folders.sort();
        folders.iter().map(|it| Self::read(it)).collect()
    }

    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("peer.toml");
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let file = Self::parse(&name, &text).with_context(|| path.display().to_string())?;
        Ok(Self { folder: folder.to_owned(), ..file })
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        let file: File = toml::from_str(text)?;
        let environment = file.environment.into_iter();
        Ok(Self {
            name: name.to_owned(),
            title: file.title,
            stack: file.stack,
            kind: file.kind,
            redis: file.redis,
            workloads: file.workloads,
            curves: file.curves,
            folder: PathBuf::new(),
            build: file.build,
            run: file.run,
            needs: file.needs,
            needs_folders: file.needs_folders,
            environment: environment.map(|(name, value)| (name, value.into())).collect(),
        })
    }

    /// The same server with a variable set, under another name.
    #[must_use]
    pub fn with(&self, name: &str, variable: &str, value: &Path) -> Self {
        let mut peer = Self { name: name.to_owned(), ..self.clone() };
        peer.environment.push((variable.to_owned(), value.as_os_str().to_owned()));
        peer
    }

    /// A program or a folder that it needs and that is not there.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        let mut folders = self.needs_folders.iter().map(String::as_str);
        self.programs()
            .find(|it| !process::is_on_path(it))
            .or_else(|| folders.find(|it| !Path::new(it).is_dir()))
    }

    #[must_use]
    pub fn has_no_build(&self) -> bool {
        self.build.is_empty()
    }

    /// Whether it can answer a workload.
    #[must_use]
    pub fn serves(&self, workload: &Workload) -> bool {
        let is_named = |it: &String| *it == workload.name || *it == workload.base;
        self.kind == workload.kind
            && (self.workloads.is_empty() || self.workloads.iter().any(is_named))
    }

    /// The programs that it runs on.
    pub fn programs(&self) -> impl Iterator<Item = &str> {
        let redis = self.redis.then_some("redis-server");
        self.needs.iter().map(String::as_str).chain(redis)
    }

    /// Does what its file says has to be done once.
    ///
    /// # Errors
    /// One of the commands fails.
    pub fn build(&self) -> Result<()> {
        for command in &self.build {
            let mut shell = Command::new("/bin/sh");
            process::output(shell.args(["-c", command]).current_dir(&self.folder))
                .with_context(|| format!("{}: {command}", self.name))?;
        }
        Ok(())
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// It does not.
    pub fn start(
        &self,
        port: u16,
        core: Option<usize>,
        environment: &[(String, OsString)],
        logs: &Path,
    ) -> Result<Server> {
        let log = logs.join(format!("{}.log", self.name));
        // A single command takes the shell's place; one that begins with `exec` does so itself.
        let command = match self.run.trim() {
            run if run.starts_with("exec ") || run.contains('\n') => run.to_owned(),
            run => format!("exec {run}"),
        };
        let mut start = Start::shell(&self.name, &command, &self.folder, log);
        start.core = core;
        start.environment = self.environment.clone();
        start.environment.extend(environment.iter().cloned());
        start.environment.push(("PORT".to_owned(), port.to_string().into()));
        let mut running = Running::new(&start)?;
        let path = if self.kind == Kind::Shop { "/products/1" } else { "/" };
        let mut client = Client::new(port);
        let deadline = if self.redis { FILL_MAX } else { START_MAX };
        running.wait_until(deadline, || client.get(path).is_ok_and(|it| it.status == 200))?;
        Ok(Server { running, port })
    }
}

impl Server {
    /// It and its children.
    #[must_use]
    pub fn members(&self) -> Members {
        Members::Group(self.running.id())
    }

    /// # Errors
    /// It does not end by itself.
    pub fn stop(&mut self) -> Result<()> {
        self.running.stop()
    }
}

/// A Redis for one peer. It keeps what it has for as long as the benchmark runs.
#[derive(Debug)]
pub struct Redis {
    running: Running,
    port: u16,
    socket: PathBuf,
}

impl Redis {
    /// # Errors
    /// It does not start.
    pub fn start(port: u16, core: Option<usize>, folder: &Path) -> Result<Self> {
        let socket = folder.join("redis.sock");
        let command = format!(
            "exec redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no \
             --unixsocket redis.sock"
        );
        let mut start = Start::shell("Redis", &command, folder, folder.join("redis.log"));
        start.core = core;
        start.stop = Signal::SIGTERM;
        let mut redis = Self { running: Running::new(&start)?, port, socket };
        let socket = redis.socket.clone();
        redis.running.wait_until(START_MAX, || socket.exists())?;
        Ok(redis)
    }

    #[must_use]
    pub fn members(&self) -> Members {
        Members::Group(self.running.id())
    }

    /// Reads that it had an answer to since it began, and those that it had none to.
    ///
    /// # Errors
    /// It does not answer.
    pub fn hits(&self) -> Result<(u64, u64)> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"INFO stats\r\nQUIT\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let value = |name: &str| {
            let line = text.lines().find_map(|it| it.strip_prefix(name));
            line.and_then(|it| it.trim().parse().ok()).with_context(|| format!("no {name}"))
        };
        Ok((value("keyspace_hits:")?, value("keyspace_misses:")?))
    }

    /// What a server is told of it.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, OsString)> {
        let url = format!("redis://127.0.0.1:{}", self.port);
        let socket = self.socket.clone().into_os_string();
        vec![("REDIS_URL".to_owned(), url.into()), ("REDIS_SOCKET".to_owned(), socket)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_peers_are_understood() {
        let peers = Peer::all(Path::new("peers")).unwrap();
        let ours = peers.iter().find(|it| it.name == "atelier").unwrap();
        assert_eq!(ours.kind, Kind::Shop);
        assert!(ours.missing().is_none());
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        let text = "title = 'x'\nkind = 'shop'\nstack = 'y'\nrun = 'z'\n";
        assert!(Peer::parse("x", text).is_ok());
        assert!(Peer::parse("x", &format!("{text}needs_ = []")).is_err());
        assert!(Peer::parse("x", &text.replace("shop", "shops")).is_err());
    }

    #[test]
    fn a_peer_whose_programs_are_missing_says_which() {
        let text = "title = 'x'\nkind = 'shop'\nstack = 'y'\nrun = 'z'\nneeds = ['no-such-thing']";
        assert_eq!(Peer::parse("x", text).unwrap().missing(), Some("no-such-thing"));
        let text = text.replace("needs = ['no-such-thing']", "needs_folders = ['/', '/no/such']");
        assert_eq!(Peer::parse("x", &text).unwrap().missing(), Some("/no/such"));
    }
}
