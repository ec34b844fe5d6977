//! Directories that are gone when the benchmark is, also when it is interrupted.
//!
//! A copy of a database has gigabytes: whoever presses Ctrl-C must not have to look for it.

use crate::cgroup;
use anyhow::{Context, Result};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{process, thread};
use tempfile::TempDir;

/// Begins the names of all of them; the id of the process follows.
const PREFIX: &str = "atelier-bench-";

static DIRECTORIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A directory that everybody may enter and that is deleted when dropped.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes one, and deletes what killed runs have left beside it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(parent: &Path) -> Result<Self> {
        sweep(parent);
        let prefix = format!("{PREFIX}{}-", process::id());
        let directory = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(parent)
            .with_context(|| format!("nothing can be written in {}", parent.display()))?;
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
        let mut all = DIRECTORIES.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(directory.path().to_owned());
        Ok(Self(directory))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Ends the process at SIGINT and SIGTERM, without its directories and control groups. Its
/// children end with it.
///
/// # Errors
/// Signals cannot be handled.
pub fn end_by_signal() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            cgroup::remove_all();
            let all = DIRECTORIES.lock().unwrap_or_else(PoisonError::into_inner);
            for directory in all.iter() {
                // PostgreSQL may still write into it: what that makes the next run finds.
                let _ = fs::remove_dir_all(directory);
            }
            process::exit(128 + signal);
        }
    });
    Ok(())
}

fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_prefix(PREFIX).and_then(|it| it.split('-').next());
        let Some(id) = id.and_then(|it| it.parse::<i32>().ok()) else { continue };
        if kill(Pid::from_raw(id), None).is_err() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_deleted() {
        let parent = tempfile::tempdir().unwrap();
        // The highest id there can be is 4,194,304.
        let dead = parent.path().join(format!("{PREFIX}99999999-a"));
        let other = parent.path().join("database");
        fs::create_dir(&dead).unwrap();
        fs::create_dir(&other).unwrap();
        let scratch = Scratch::new(parent.path()).unwrap();
        let second = Scratch::new(parent.path()).unwrap();
        assert!(!dead.exists() && other.exists());
        assert!(scratch.path().exists() && second.path().exists());
    }
}
