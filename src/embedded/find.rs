//! Finds an installed PostgreSQL: the newest one, or the one whose major version an existing
//! cluster needs. It only looks; installing is the business of `scripts/install`.

use anyhow::{Result, bail};
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The oldest major version that will do: `initdb --no-instructions` came with it.
const MAJOR_MIN: u32 = 14;

/// How long a program may take to print its version; a real one takes 5 ms.
const VERSION_DEADLINE: Duration = Duration::from_secs(5);

/// The length of the version's line that is read; real ones have some 60 bytes.
const VERSION_BYTES_MAX: u64 = 4096;

/// Folders whose every entry may hold an installation, with the part of the path below it.
const FOLDERS: [(&str, &str, &str); 7] = [
    // Debian and Ubuntu.
    ("/usr/lib/postgresql", "", "bin"),
    // The RPM packages.
    ("/usr", "pgsql-", "bin"),
    // Homebrew on Apple silicon, on Intel and on Linux.
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    // Postgres.app.
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    // Alpine.
    ("/usr/libexec", "postgresql", ""),
];

/// A version of PostgreSQL, ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// A directory with `postgres` and `initdb`, and their version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installation {
    pub(super) directory: PathBuf,
    pub(super) version: Version,
}

impl Installation {
    /// The path of one of its programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// The installation to use: in the directory named by the flag, or the newest; of the major
/// version that the cluster has, if there is one.
pub(super) fn find(flag: Option<&Path>, cluster_major: Option<u32>) -> Result<Installation> {
    let Some(directory) = flag else {
        let mut found: Vec<Installation> = Vec::new();
        for installation in places().iter().filter_map(|place| inspect(place)) {
            if !found.contains(&installation) {
                found.push(installation);
            }
        }
        return choose(found, cluster_major);
    };
    let Some(installation) = inspect(directory) else {
        bail!(
            "--postgres-bin: there are no working postgres and initdb in {}",
            directory.display()
        );
    };
    choose(vec![installation], cluster_major)
}

/// The newest of those found, or of the wanted major version; an error says what is missing.
fn choose(found: Vec<Installation>, cluster_major: Option<u32>) -> Result<Installation> {
    let versions: Vec<String> = found.iter().map(|it| it.version.to_string()).collect();
    let has = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
    let fits = |it: &Installation| match cluster_major {
        Some(major) => it.version.major == major,
        None => it.version.major >= MAJOR_MIN,
    };
    if let Some(installation) = found.into_iter().filter(fits).max_by_key(|it| it.version) {
        return Ok(installation);
    }
    if let Some(major) = cluster_major {
        bail!(
            "the data directory was made by PostgreSQL {major}, which is not installed \
             (found: {has}): {}, or choose another --data-dir",
            install_hint(Some(major))
        );
    }
    bail!(
        "no PostgreSQL {MAJOR_MIN} or newer is installed (found: {has}): {}, \
         name its directory with --postgres-bin, or name a server with --database-url",
        install_hint(None)
    );
}

/// The line to type on this kind of machine.
fn install_hint(major: Option<u32>) -> String {
    let tail = |separator: &str| major.map_or(String::new(), |it| format!("{separator}{it}"));
    if cfg!(target_os = "macos") {
        format!("brew install postgresql@{}", major.unwrap_or(17))
    } else if Path::new("/usr/bin/dnf").exists() {
        "dnf install postgresql-server".to_owned()
    } else if Path::new("/sbin/apk").exists() {
        format!("apk add postgresql{}", tail(""))
    } else {
        format!("apt-get install postgresql{}", tail("-"))
    }
}

/// Every directory that may hold an installation, in the order in which equals are preferred.
fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| {
            // Often a link to the place where initdb lies too.
            let target = fs::canonicalize(directory.join("postgres")).ok();
            let parent = target.as_deref().and_then(Path::parent);
            let whole = parent.filter(|parent| parent.join("initdb").is_file());
            whole.map_or(directory, Path::to_path_buf)
        })
        .collect();
    for (folder, prefix, below) in FOLDERS {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        let named = |name: &OsStr| name.as_encoded_bytes().starts_with(prefix.as_bytes());
        let entries = entries.flatten().filter(|entry| named(&entry.file_name()));
        places.extend(entries.map(|entry| entry.path().join(below)));
    }
    places
}

/// The installation in a directory, if both programs are there and one tells its version.
fn inspect(directory: &Path) -> Option<Installation> {
    let program = directory.join("postgres");
    if !program.is_file() || !directory.join("initdb").is_file() {
        return None;
    }
    let directory = fs::canonicalize(directory).ok()?;
    let mut child = Command::new(&program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let status = super::wait(&mut child, Instant::now() + VERSION_DEADLINE).ok()?;
    let Some(status) = status else {
        // Whatever this is, it is not PostgreSQL; it was ours to end.
        let _ = child.kill();
        let _ = child.wait();
        return None;
    };
    let mut line = String::new();
    child.stdout.take()?.take(VERSION_BYTES_MAX).read_to_string(&mut line).ok()?;
    let version = parse(&line).filter(|_| status.success())?;
    Some(Installation { directory, version })
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)`, and the likes of `17beta1` and `18devel`.
fn parse(line: &str) -> Option<Version> {
    let word = line.split_whitespace().find(|it| it.starts_with(|it: char| it.is_ascii_digit()))?;
    let (major, rest) = split_number(word);
    let minor = rest.strip_prefix('.').and_then(|rest| split_number(rest).0).unwrap_or(0);
    Some(Version { major: major?, minor })
}

/// The number at the start, if there is one and it is a sane one, and what follows it.
fn split_number(text: &str) -> (Option<u32>, &str) {
    let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installations(versions: &[(u32, u32)]) -> Vec<Installation> {
        let installation = |&(major, minor): &(u32, u32)| Installation {
            directory: PathBuf::from(format!("/{major}")),
            version: Version { major, minor },
        };
        versions.iter().map(installation).collect()
    }

    #[test]
    fn versions_of_all_kinds_are_read() {
        let table = [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some((15, 18))),
            ("postgres (PostgreSQL) 17.5\n", Some((17, 5))),
            ("postgres (PostgreSQL) 18beta1", Some((18, 0))),
            ("postgres (PostgreSQL) 19devel", Some((19, 0))),
            ("postgres (PostgreSQL) 9.6.24", Some((9, 6))),
            ("postgres (PostgreSQL) 99999999999", None),
            ("something else", None),
            ("", None),
        ];
        for (line, version) in table {
            let read = parse(line).map(|it| (it.major, it.minor));
            assert_eq!(read, version, "{line}");
        }
    }

    #[test]
    fn any_line_is_read_without_a_panic() {
        arbtest::arbtest(|bytes| {
            let line: String = bytes.arbitrary()?;
            let _ = parse(&line);
            Ok(())
        });
    }

    #[test]
    fn newest_is_chosen_for_a_new_cluster() {
        let found = installations(&[(15, 9), (17, 2), (17, 10), (16, 20)]);
        assert_eq!(choose(found, None).unwrap().version, Version { major: 17, minor: 10 });
    }

    #[test]
    fn existing_cluster_gets_its_own_major_version() {
        let found = installations(&[(17, 2), (15, 9), (15, 18)]);
        assert_eq!(choose(found, Some(15)).unwrap().version, Version { major: 15, minor: 18 });
        let error = choose(installations(&[(17, 2)]), Some(15)).unwrap_err().to_string();
        assert!(error.contains("made by PostgreSQL 15, which is not installed (found: 17.2)"));
        assert!(error.contains("install") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn no_postgres_is_one_line_saying_how_to_install_it() {
        for found in [vec![], installations(&[(13, 20)])] {
            let error = choose(found, None).unwrap_err().to_string();
            assert!(error.starts_with("no PostgreSQL 14 or newer is installed"), "{error}");
            assert!(error.contains("install postgresql") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn directory_without_initdb_is_no_installation() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("postgres"), "").unwrap();
        assert_eq!(inspect(directory.path()), None);
        let error = find(Some(directory.path()), None).unwrap_err().to_string();
        assert!(error.starts_with("--postgres-bin: there are no working postgres"), "{error}");
    }
}
