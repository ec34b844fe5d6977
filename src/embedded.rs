//! A private PostgreSQL as a child process: found, made, started, watched and stopped here.
//! It is reached over a Unix socket in the data directory only: no TCP port and no password;
//! the mode of the socket's directory (0700) is the protection. What lies in the database,
//! and how it is asked, is not known here.

mod cluster;
mod find;
mod identity;
mod leash;
mod log_file;
mod postmaster;

use anyhow::{Result, bail};
use cluster::Directories;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::Sender;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a start may take unless told otherwise. A start takes 0.1 s; the rest is for crash
/// recovery, which replays up to `max_wal_size` (2 GB) from a slow disk.
pub const START_DEADLINE: Duration = Duration::from_secs(120);

/// Connections taken unless told otherwise: some workers', an import's and a person's with psql.
const CONNECTIONS_MAX: usize = 50;

/// How long each way of stopping may take: fast shutdown writes one checkpoint, immediate
/// shutdown writes nothing.
const STOP_FAST_DEADLINE: Duration = Duration::from_secs(10);
const STOP_IMMEDIATE_DEADLINE: Duration = Duration::from_secs(5);
const STOP_KILL_DEADLINE: Duration = Duration::from_secs(5);

/// Pause between two looks at a child or a file: short beside a start (0.1 s), long beside the
/// look itself (some 10 us).
const POLL_PAUSE: Duration = Duration::from_millis(5);

/// Where the database lies, and which PostgreSQL runs it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Holds the cluster, the socket, the lock and the log; created if it is missing.
    pub data_directory: PathBuf,
    /// The directory with `postgres` and `initdb`; none: the newest that is installed.
    pub postgres_bin: Option<PathBuf>,
    /// Connections that the server takes at once; each costs it some 20 KiB of shared memory.
    pub connections_max: usize,
    /// How long the start of PostgreSQL may take before it is an error.
    pub start_deadline: Duration,
}

impl Options {
    /// The usual options for a database in `data_directory`.
    pub fn new(data_directory: impl Into<PathBuf>) -> Self {
        Self {
            data_directory: data_directory.into(),
            postgres_bin: None,
            connections_max: CONNECTIONS_MAX,
            start_deadline: START_DEADLINE,
        }
    }
}

/// What came of [`Embedded::open`].
#[derive(Debug)]
pub enum Opened {
    /// This process has started the database and stops it.
    Started(Embedded),
    /// Another atelier runs the database of this directory, and it accepts connections.
    Running {
        /// The directory of the Unix socket.
        socket_directory: PathBuf,
        /// How to connect, as [`Embedded::url`].
        url: String,
    },
}

/// A running PostgreSQL that ends with this value, or with this process however that dies.
#[derive(Debug)]
pub struct Embedded {
    child: Child,
    directories: Directories,
    version: String,
    /// Held for as long as the database runs; the operating system lets go of it when we die.
    _lock: File,
    /// Its closing ends the thread that started the child, see [`leash`].
    _leash: Sender<()>,
}

impl Embedded {
    /// Starts the database of the options' directory, making it first where there is none.
    ///
    /// Blocks: 0.1 s for an existing database, about a second for a new one, and up to the
    /// deadlines where an older PostgreSQL still shuts down or has to recover. May be called from
    /// any thread; the thread may end afterwards. Each error is one line saying what to do.
    pub fn open(options: &Options) -> Result<Opened> {
        let deadline = Instant::now() + options.start_deadline;
        if !options.data_directory.exists() {
            // Without a PostgreSQL to run, say so before anything is made.
            find::find(options.postgres_bin.as_deref(), None)?;
        }
        let directories = Directories::create(&options.data_directory)?;
        let Some(lock) = postmaster::lock(&directories, deadline)? else {
            let url = directories.url();
            return Ok(Opened::Running { socket_directory: directories.socket, url });
        };
        let identity = identity::Identity::choose(&directories)?;
        let major = cluster::major_version(&directories)?;
        let installation = find::find(options.postgres_bin.as_deref(), major)?;
        identity.check_access(&installation, &directories)?;
        identity.own(&lock, &directories.lock)?;
        directories.prepare(&identity)?;
        if major.is_none() {
            cluster::make(&directories, &installation, &identity)?;
        }
        postmaster::end_orphan(&directories)?;
        let connections_max = options.connections_max;
        let started =
            postmaster::start(&directories, &installation, &identity, connections_max, deadline)?;
        Ok(Opened::Started(Self {
            child: started.child,
            directories,
            version: installation.version.to_string(),
            _lock: lock,
            _leash: started.leash,
        }))
    }

    /// How to connect: `postgres://postgres@/atelier?host=SOCKET_DIRECTORY`, percent-encoded.
    pub fn url(&self) -> String {
        self.directories.url()
    }

    /// The directory of the Unix socket, which is `.s.PGSQL.5432` in it.
    pub fn socket_directory(&self) -> &Path {
        &self.directories.socket
    }

    /// The version of PostgreSQL, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The process id of the postmaster.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The exit status if PostgreSQL has ended; `None` as long as it runs. Does not block.
    pub fn has_exited(&mut self) -> Option<ExitStatus> {
        // The only error is that the child is not ours, which it is until this value ends.
        self.child.try_wait().ok().flatten()
    }

    /// Stops PostgreSQL: open transactions are rolled back, and everything committed is on disk.
    ///
    /// Blocks for some 50 ms, at most 20 s. Does nothing if it has ended already. The error says
    /// that it had to be stopped the hard way; nothing committed is lost by that either.
    pub fn stop(&mut self) -> Result<()> {
        match end(&mut self.child, Signal::SIGINT, STOP_FAST_DEADLINE)? {
            None | Some(Signal::SIGINT) => Ok(()),
            Some(signal) => bail!(
                "PostgreSQL did not stop within {} s and was ended by {signal}; \
                 it recovers at the next start",
                STOP_FAST_DEADLINE.as_secs()
            ),
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            log::warn!("{error}");
        }
    }
}

/// The data directory where none is named: `/var/lib/atelier` for root, otherwise `atelier` in
/// `$XDG_DATA_HOME` or `~/.local/share`, and `.atelier` here for a user without a home.
pub fn default_data_directory() -> PathBuf {
    if Uid::effective().is_root() {
        return PathBuf::from("/var/lib/atelier");
    }
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let home = || {
        let entry = User::from_uid(Uid::effective()).ok().flatten();
        variable("HOME").or_else(|| entry.map(|user| user.dir).filter(|it| it.is_dir()))
    };
    variable("XDG_DATA_HOME")
        .or_else(|| home().map(|home| home.join(".local/share")))
        .map_or_else(|| PathBuf::from(".atelier"), |share| share.join("atelier"))
}

/// The child's process id in the form that signals want.
fn process(child: &Child) -> Pid {
    // Process ids stay far below 2^22 on Linux and below 10^5 on macOS.
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

/// Ends a server: by the signal given, then by those that leave it no choice. Returns the signal
/// that did it, `None` if it had ended before.
fn end(child: &mut Child, first: Signal, first_deadline: Duration) -> Result<Option<Signal>> {
    let ways = [
        (first, first_deadline),
        (Signal::SIGQUIT, STOP_IMMEDIATE_DEADLINE),
        (Signal::SIGKILL, STOP_KILL_DEADLINE),
    ];
    let mut sent = None;
    if child.try_wait()?.is_some() {
        return Ok(sent);
    }
    for (signal, deadline) in ways {
        // The child has not been waited for, so its id cannot belong to another process.
        kill(process(child), signal)?;
        sent = Some(signal);
        if wait(child, Instant::now() + deadline)?.is_some() {
            return Ok(sent);
        }
    }
    bail!("PostgreSQL (process {}) does not end, not even by SIGKILL", child.id());
}

/// Waits for the child's end; `None` if it still runs at the deadline.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(POLL_PAUSE);
    }
}
