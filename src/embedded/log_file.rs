//! The file that PostgreSQL, initdb included, writes its log to: opened, kept within a bound,
//! and read for the one line that says why something failed.

use anyhow::{Result, anyhow};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The log is put aside as `….old` when it is longer, so that both together stay below twice
/// that (and what is written in one watch period).
pub(super) const LOG_BYTES_MAX: u64 = 10 << 20;

/// How much of the end is read for an error's line.
const TAIL_BYTES_MAX: u64 = 8 << 10;

/// How many of the last lines an error shows if none of them says what is wrong.
const TAIL_LINES: usize = 3;

/// The marks of a line that says what is wrong, of PostgreSQL's and of initdb's.
const TROUBLE: [&str; 5] = ["PANIC:", "FATAL:", "ERROR:", "error:", "fatal:"];

/// Opens a file of ours for appending, never through a link that somebody put in its place.
pub(super) fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)
        .map_err(|error| {
            let path = path.display();
            anyhow!(
                "cannot open {path}: {error}; if it is another user's, choose another --data-dir"
            )
        })
}

/// Puts the log aside and begins anew if it has grown beyond its bound.
///
/// It is copied and cut, not renamed, because a running PostgreSQL holds it open; it appends,
/// so that it goes on at the new end. Lines written between the two steps are lost.
pub(super) fn bound(path: &Path) -> io::Result<()> {
    let length = fs::symlink_metadata(path)?.len();
    if length <= LOG_BYTES_MAX {
        return Ok(());
    }
    let old = path.with_extension("log.old");
    // What is there may be a link, or belong to another user; this makes it a file of ours.
    match fs::remove_file(&old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    fs::copy(path, &old)?;
    fs::set_permissions(&old, Permissions::from_mode(0o600))?;
    OpenOptions::new().write(true).custom_flags(nix::libc::O_NOFOLLOW).open(path)?.set_len(0)
}

/// What was written to the log since it had `start` bytes, as one line for an error: the first
/// line that names a trouble, or the last few.
pub(super) fn explain(path: &Path, start: u64) -> String {
    let text = tail(path, start).unwrap_or_else(|error| format!("log unreadable: {error}"));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let trouble = |line: &&str| {
        let place = TROUBLE.iter().find_map(|mark| line.find(mark).map(|at| at + mark.len()));
        place.map(|at| line[at..].trim().to_owned())
    };
    if let Some(line) = lines.iter().find_map(trouble) {
        return line;
    }
    if lines.is_empty() {
        return "it wrote nothing to its log".to_owned();
    }
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("; ")
}

/// The end of what was written since `start`, within the bound.
fn tail(path: &Path, start: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    // A log that has been cut since is read from where it begins now.
    let start = if start > length { 0 } else { start };
    file.seek(SeekFrom::Start(start.max(length.saturating_sub(TAIL_BYTES_MAX))))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn long_log_is_put_aside_and_appending_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("postgres.log");
        let mut file = open(&path).unwrap();
        file.write_all(b"short").unwrap();
        bound(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"short");

        file.set_len(LOG_BYTES_MAX + 1).unwrap();
        bound(&path).unwrap();
        file.write_all(b"next").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"next");
        let old = directory.path().join("postgres.log.old");
        assert_eq!(fs::metadata(old).unwrap().len(), LOG_BYTES_MAX + 1);
    }

    #[test]
    fn explanation_is_the_line_that_says_what_is_wrong() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("postgres.log");
        let explain_text = |text: &str| {
            fs::write(&path, text).unwrap();
            explain(&path, 4)
        };
        let text = "old\n1 LOG:  starting\n1 FATAL:  could not create lock\n1 LOG:  shut down\n";
        assert_eq!(explain_text(text), "could not create lock");
        assert_eq!(explain_text("old\na\n\nb\nc\nd\n"), "b; c; d");
        assert_eq!(explain_text("old\n"), "it wrote nothing to its log");
        assert_eq!(explain_text("x"), "x");
    }

    #[test]
    fn link_in_place_of_the_log_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("postgres.log");
        std::os::unix::fs::symlink(directory.path().join("elsewhere"), &path).unwrap();
        assert!(open(&path).is_err());
    }
}
