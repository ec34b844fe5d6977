//! The life of the server process: the lock that says who runs it, the end of one that outlived
//! its atelier, the start, and the wait until it accepts connections.

use super::cluster::{self, Directories, MARK, SOCKET};
use super::find::Installation;
use super::identity::Identity;
use super::{POLL_PAUSE, STOP_IMMEDIATE_DEADLINE, leash, log_file};
use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, File, TryLockError};
use std::io::{Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel, sync_channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// How long a PostgreSQL left by a killed atelier may take to end; usually 0.1 s.
const ORPHAN_DEADLINE: Duration = Duration::from_secs(30);

/// How often the log's length is looked at while the server runs.
const LOG_WATCH_PERIOD: Duration = Duration::from_secs(60);

/// How long another's database must have answered to count as running: one whose atelier is being
/// killed at this moment answers until the signal reaches it, a few milliseconds.
const RUNNING_MIN: Duration = Duration::from_millis(50);

/// The stack of the thread that starts and watches; it calls nothing deep.
const WATCH_STACK_BYTES: usize = 128 << 10;

/// What PostgreSQL says when processes of a crashed one have not ended yet.
const STILL_IN_USE: &str = "is still in use";

/// A server that accepts connections, and what keeps it alive.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) leash: Sender<()>,
}

/// What postmaster.pid says.
struct PidFile {
    process: Pid,
    is_ready: bool,
}

/// Takes the lock of the data directory; `None` if another atelier holds it, and its database
/// accepts connections. Waits for the one or the other while that one starts or stops.
pub(super) fn lock(directories: &Directories, deadline: Instant) -> Result<Option<File>> {
    let mut file = log_file::open(&directories.lock)?;
    let mut ready_since = None;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => (),
            Err(TryLockError::Error(error)) => {
                let advice = format!("cannot lock {}", directories.lock.display());
                return Err(error).context(advice);
            }
        }
        let now = Instant::now();
        if !is_ready(directories, None) {
            ready_since = None;
        } else if now - *ready_since.get_or_insert(now) >= RUNNING_MIN {
            return Ok(None);
        }
        if now >= deadline {
            let holder = fs::read_to_string(&directories.lock).unwrap_or_default();
            bail!(
                "another atelier (process {}) holds {}, and its database does not answer: \
                 stop it, or choose another --data-dir",
                holder.trim(),
                directories.data.display()
            );
        }
        sleep(POLL_PAUSE);
    }
    // For people and for the message above.
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    written.with_context(|| format!("cannot write {}", directories.lock.display()))?;
    Ok(Some(file))
}

/// Ends the server that a killed atelier left behind, if it still runs. Only called under the
/// lock, so that whatever runs there has nobody left.
pub(super) fn end_orphan(directories: &Directories) -> Result<()> {
    let Some(PidFile { process, .. }) = read_pid_file(directories) else {
        return Ok(());
    };
    let arguments = command_line(process);
    let has = |wanted: &[u8]| arguments.split(|byte| *byte == 0).any(|it| it == wanted);
    if !has(directories.cluster.as_os_str().as_bytes()) {
        return disown(directories);
    }
    let path = directories.cluster.display();
    if !has(MARK.as_bytes()) {
        bail!(
            "PostgreSQL (process {process}), not started by atelier, runs on {path}: \
             stop it, or choose another --data-dir"
        );
    }
    let deadline = Instant::now() + ORPHAN_DEADLINE;
    // It may end just now by itself, which the wait below finds out.
    let _ = kill(process, Signal::SIGINT);
    while !command_line(process).is_empty() {
        if Instant::now() >= deadline {
            bail!(
                "PostgreSQL (process {process}) of a killed atelier still runs on {path} \
                 after {} s: end it with kill -QUIT {process}, then start again",
                ORPHAN_DEADLINE.as_secs()
            );
        }
        sleep(POLL_PAUSE);
    }
    Ok(())
}

/// Makes the files of a server that is gone harmless. Its process id may be another program's by
/// now, after a crash of the machine, or that of a dead process which nobody waits for, in a
/// container; PostgreSQL would take either for a server and not start.
fn disown(directories: &Directories) -> Result<()> {
    // The socket's lock says nothing that ours does not.
    let _ = fs::remove_file(directories.socket.join(format!("{SOCKET}.lock")));
    // The other file must stay: it also names the shared memory, by which PostgreSQL finds
    // processes of the old server that may still write. The id of its parent, which is us, is
    // one that it never takes for a server.
    let path = directories.cluster.join("postmaster.pid");
    let text = fs::read_to_string(&path)?;
    let rest = text.find('\n').map_or("", |end| &text[end..]);
    fs::write(&path, format!("{}{rest}", std::process::id()))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Starts the server and waits until it accepts connections.
pub(super) fn start(
    directories: &Directories,
    installation: &Installation,
    identity: &Identity,
    connections_max: usize,
    deadline: Instant,
) -> Result<Started> {
    loop {
        let log = log_file::open(&directories.log)?;
        let log_start = log.metadata()?.len();
        let mut command = cluster::server(directories, installation, identity, connections_max);
        // A Ctrl-C is for us, who stop the database last; a group of its own keeps it from that.
        command.stdout(log.try_clone()?).stderr(log).process_group(0);
        leash::tie(&mut command);
        let mut started = spawn(command, &directories.log)?;
        let process = super::process(&started.child);
        let status = loop {
            if let Some(status) = started.child.try_wait()? {
                break status;
            }
            if is_ready(directories, Some(process)) {
                return Ok(started);
            }
            if Instant::now() >= deadline {
                // Immediate shutdown: nothing has been committed yet.
                super::end(&mut started.child, Signal::SIGQUIT, STOP_IMMEDIATE_DEADLINE)?;
                bail!(
                    "PostgreSQL was not ready in time (the last it said: {}); see {}",
                    log_file::explain(&directories.log, log_start),
                    directories.log.display()
                );
            }
            sleep(POLL_PAUSE);
        };
        let reason = log_file::explain(&directories.log, log_start);
        if !reason.contains(STILL_IN_USE) || Instant::now() >= deadline {
            let path = directories.log.display();
            return Err(anyhow!("PostgreSQL did not start: {reason} ({status}); see {path}"));
        }
        sleep(POLL_PAUSE);
    }
}

/// Spawns the server from a thread that lives as long as the returned sender and this process,
/// because the kernel ends the server when that thread ends. The thread also bounds the log.
fn spawn(mut command: Command, log: &Path) -> Result<Started> {
    let (child_sender, child_receiver) = sync_channel(1);
    let (leash, end) = channel::<()>();
    let log = log.to_path_buf();
    let life = move || {
        // The receiver waits below, and the channel has room.
        let _ = child_sender.send(command.spawn());
        // Holds the log's descriptors.
        drop(command);
        while end.recv_timeout(LOG_WATCH_PERIOD) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = log_file::bound(&log) {
                log::warn!("cannot put {} aside: {error}", log.display());
            }
        }
    };
    thread::Builder::new()
        .name("postgres".to_owned())
        .stack_size(WATCH_STACK_BYTES)
        .spawn(life)
        .context("cannot create the thread that starts PostgreSQL")?;
    let child = child_receiver.recv().context("the thread that starts PostgreSQL died")?;
    Ok(Started { child: child.context("cannot run postgres")?, leash })
}

/// Whether the server accepts connections, and is the one with that process id if one is given.
fn is_ready(directories: &Directories, process: Option<Pid>) -> bool {
    let Some(file) = read_pid_file(directories) else {
        return false;
    };
    file.is_ready
        && process.is_none_or(|process| process == file.process)
        && UnixStream::connect(directories.socket.join(SOCKET)).is_ok()
}

/// Reads postmaster.pid; `None` if there is none, or it is being written.
fn read_pid_file(directories: &Directories) -> Option<PidFile> {
    parse_pid_file(&fs::read_to_string(directories.cluster.join("postmaster.pid")).ok()?)
}

/// Line 1 is the process id, line 8 the status, padded with spaces.
fn parse_pid_file(text: &str) -> Option<PidFile> {
    let process = text.lines().next()?.trim().parse().ok().filter(|id| *id > 0)?;
    let is_ready = text.lines().nth(7).is_some_and(|status| status.trim() == "ready");
    Some(PidFile { process: Pid::from_raw(process), is_ready })
}

/// The arguments of a live process, each ended by a zero byte; empty if there is none.
#[cfg(target_os = "linux")]
fn command_line(process: Pid) -> Vec<u8> {
    fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default()
}

/// The arguments of a live process, each ended by a zero byte; empty if there is none. As `ps`
/// joins them with spaces, a data directory with a space in it is not recognised, and PostgreSQL
/// itself then refuses to start beside the old one.
#[cfg(not(target_os = "linux"))]
fn command_line(process: Pid) -> Vec<u8> {
    let output = Command::new("ps").args(["-o", "command=", "-p", &process.to_string()]).output();
    let mut line = output.map(|it| it.stdout).unwrap_or_default();
    line.iter_mut().filter(|byte| byte.is_ascii_whitespace()).for_each(|byte| *byte = 0);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_file_is_read_in_all_its_states() {
        let text = "4711\n/data/postgres\n1763700000\n5432\n/data/run\n\n  123  4\nstarting\n";
        let file = parse_pid_file(text).unwrap();
        assert_eq!((file.process.as_raw(), file.is_ready), (4711, false));
        let file = parse_pid_file(&text.replace("starting", "ready   ")).unwrap();
        assert!(file.is_ready);
        assert!(!parse_pid_file("4711\n/data/postgres\n").unwrap().is_ready);
        for text in ["", "\n", "no number\n", "0\n", "-1\n"] {
            assert!(parse_pid_file(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn any_pid_file_is_read_without_a_panic() {
        arbtest::arbtest(|bytes| {
            let text: String = bytes.arbitrary()?;
            let _ = parse_pid_file(&text);
            Ok(())
        });
    }
}
