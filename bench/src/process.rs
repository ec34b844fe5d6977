//! Processes that the benchmark starts, places on cores, and ends; all of them end with it.

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process may take to end before it is killed.
const STOP_MAX: Duration = Duration::from_secs(20);

/// How to start one.
#[derive(Debug)]
pub struct Start {
    pub name: String,
    pub command: Vec<OsString>,
    pub directory: PathBuf,
    pub environment: Vec<(String, OsString)>,
    /// The core that it and its children keep to.
    pub core: Option<usize>,
    /// Control groups that it and its children are in: the files that take a process's id.
    pub groups: Vec<PathBuf>,
    /// User and group to become.
    pub user: Option<(u32, u32)>,
    /// What asks it to end.
    pub stop: Signal,
    /// Where its output goes.
    pub log: PathBuf,
}

impl Start {
    /// A shell's command, which ends on SIGTERM.
    #[must_use]
    pub fn shell(name: &str, command: &str, directory: &Path, log: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            command: ["/bin/sh", "-c", command].map(OsString::from).to_vec(),
            directory: directory.to_owned(),
            environment: Vec::new(),
            core: None,
            groups: Vec::new(),
            user: None,
            stop: Signal::SIGTERM,
            log,
        }
    }
}

/// A process in a group of its own, which is ended when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    name: String,
    stop: Signal,
    log: PathBuf,
    is_over: bool,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn new(start: &Start) -> Result<Self> {
        let log = File::create(&start.log).with_context(|| start.log.display().to_string())?;
        let prefix = prefix(start);
        let (program, arguments) = prefix.split_first().context("no command")?;
        let child = Command::new(program)
            .args(arguments)
            .args(&start.command)
            .current_dir(&start.directory)
            .envs(start.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} cannot be started", start.name))?;
        let (name, log) = (start.name.clone(), start.log.clone());
        Ok(Self { child, name, stop: start.stop, log, is_over: false })
    }

    /// Its id, which is also that of its group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks until the answer is yes.
    ///
    /// # Errors
    /// It ended, or the deadline passed; with the end of its log.
    pub fn wait_until(
        &mut self,
        deadline: Duration,
        mut is_ready: impl FnMut() -> bool,
    ) -> Result<()> {
        let start = Instant::now();
        while !is_ready() {
            if let Some(status) = self.child.try_wait()? {
                self.is_over = true;
                bail!("{} ended ({status}): {}", self.name, self.last_words());
            }
            if start.elapsed() > deadline {
                let seconds = deadline.as_secs();
                bail!("{} was not ready in {seconds} s: {}", self.name, self.last_words());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// It did not.
    pub fn wait(&mut self, deadline: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.is_over = true;
                return Ok(status);
            }
            if start.elapsed() > deadline {
                bail!("{} did not end in {} s", self.name, deadline.as_secs());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to end, and waits.
    ///
    /// # Errors
    /// It had to be killed.
    pub fn stop(&mut self) -> Result<()> {
        if self.is_over || self.child.try_wait()?.is_some() {
            self.is_over = true;
            return Ok(());
        }
        let id = Pid::from_raw(i32::try_from(self.id())?);
        // The first process alone: those that have children tell them themselves.
        let _ = kill(id, self.stop);
        if self.wait(STOP_MAX).is_ok() {
            // What it left behind, were there anything.
            let _ = killpg(id, Signal::SIGKILL);
            return Ok(());
        }
        let _ = killpg(id, Signal::SIGKILL);
        self.wait(STOP_MAX)?;
        bail!("{} did not end in {} s when asked, and was killed", self.name, STOP_MAX.as_secs())
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("warning: {error:#}");
        }
    }
}

/// Enters control groups, each an argument before `--`, and becomes the command behind it.
const ENTER: &str =
    r#"while [ "$1" != -- ]; do echo $$ >"$1" || exit 1; shift; done; shift; exec "$@""#;

/// What a command is put behind: its groups and core, and the signal for when we die.
fn prefix(start: &Start) -> Vec<OsString> {
    let mut prefix: Vec<OsString> = Vec::new();
    if !start.groups.is_empty() {
        prefix.extend(["/bin/sh", "-c", ENTER, "sh"].map(OsString::from));
        prefix.extend(start.groups.iter().map(|it| it.clone().into_os_string()));
        prefix.push("--".into());
    }
    if let Some(core) = start.core {
        prefix.extend(["taskset", "-c"].map(OsString::from));
        prefix.push(core.to_string().into());
    }
    prefix.extend(["setpriv", "--pdeathsig"].map(OsString::from));
    prefix.push(start.stop.as_str().trim_start_matches("SIG").into());
    if let Some((user, group)) = start.user {
        prefix.push(format!("--reuid={user}").into());
        prefix.push(format!("--regid={group}").into());
        prefix.push("--clear-groups".into());
    }
    prefix.push("--".into());
    prefix
}

/// Runs a program to its end and gives its output.
///
/// # Errors
/// It cannot be started or fails; with what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} cannot be run: install it"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program} failed ({}): {}", output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be found.
#[must_use]
pub fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(command: &str, log: &Path) -> Running {
        Running::new(&Start::shell("a shell", command, Path::new("/"), log.to_owned())).unwrap()
    }

    #[test]
    fn a_process_and_its_children_end_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut running = sleeper("sleep 1000 & echo $!; sleep 1000 & wait", &log);
        let child = || fs::read_to_string(&log).unwrap().trim().to_owned();
        running.wait_until(STOP_MAX, || !child().is_empty()).unwrap();
        drop(running);
        let status = format!("/proc/{}/stat", child());
        let is_gone = || {
            let stat = fs::read_to_string(&status).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z")
        };
        let start = Instant::now();
        while !is_gone() {
            assert!(start.elapsed() < STOP_MAX, "still there");
        }
    }

    #[test]
    fn a_process_that_fails_says_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = sleeper("echo no such luck; exit 3", &folder.path().join("log"));
        let error = running.wait_until(STOP_MAX, || false).unwrap_err().to_string();
        assert!(error.contains("no such luck") && error.contains('3'), "{error}");
    }
}
