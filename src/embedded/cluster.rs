//! The data directory: what lies where in it, how a new cluster is made, and the settings that
//! PostgreSQL is started with. It runs nothing that stays.

use super::find::Installation;
use super::identity::Identity;
use super::{leash, log_file};
use anyhow::{Context, Result, anyhow, bail};
use nix::unistd::Uid;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The one database, and the cluster's superuser, who is the only user.
const DATABASE: &str = "atelier";
const USER: &str = "postgres";

/// The name of the socket, which is made of PostgreSQL's usual port.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path of a Unix socket: `sun_path` without its closing zero.
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// How long `initdb` and the making of the database may take; usually half a second in all.
const MAKE_DEADLINE: Duration = Duration::from_secs(120);

/// How folders are named in which a cluster is being made.
const UNFINISHED: &str = "postgres.new-";

/// What stays as it is in a URL's parameter.
const URL_ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Marks a postmaster as started by us, in its command line and in every line of `ps`.
pub(super) const MARK: &str = "cluster_name=atelier";

/// Settings on the command line, so that a new atelier changes them for an old cluster, and so
/// that they win over postgresql.conf, which stays the user's. Trailing comments: what for.
const SETTINGS: [&str; 19] = [
    MARK,
    "listen_addresses=", // Unix socket only
    "port=5432",         // part of the socket's name
    "unix_socket_permissions=0700",
    "shared_buffers=128MB",       // leaves 1-GiB machines their page cache
    "maintenance_work_mem=128MB", // indexes of the import
    "max_wal_size=2GB",           // fewer checkpoints during the import
    "checkpoint_timeout=15min",   // fewer pages written whole to the log
    "wal_level=minimal",          // COPY into a table of the same transaction skips the log
    "max_wal_senders=0",          // demanded by the line above
    "archive_mode=off",           // likewise
    "random_page_cost=1.1",       // SSDs; 4 is for discs that turn
    "jit=off",                    // compiling costs more than any of our statements
    "timezone=UTC",               // replies must not depend on the machine's
    "log_timezone=UTC",
    "logging_collector=off", // the log is stderr, see log_file.rs
    "log_destination=stderr",
    "log_checkpoints=off", // a line every quarter of an hour says nothing
    "log_line_prefix=%m [%p] ",
];

/// Where things lie.
#[derive(Clone, Debug)]
pub(super) struct Directories {
    /// The data directory itself; belongs to whoever made it, root included.
    pub(super) data: PathBuf,
    /// PostgreSQL's own directory, owned by its user.
    pub(super) cluster: PathBuf,
    /// The socket's directory, owned by its user and closed to everybody else.
    pub(super) socket: PathBuf,
    /// Locked by the atelier that runs the database.
    pub(super) lock: PathBuf,
    /// PostgreSQL's log.
    pub(super) log: PathBuf,
}

impl Directories {
    /// Creates the data directory if it is missing, and checks that a socket can be in it.
    pub(super) fn create(data: &Path) -> Result<Self> {
        let is_new = !data.exists();
        // Root's must be open to the user that PostgreSQL runs as; what is private is below it.
        let mode = if Uid::effective().is_root() { 0o755 } else { 0o700 };
        let created = DirBuilder::new().recursive(true).mode(mode).create(data);
        created.map_err(|error| cannot_create(data, &error))?;
        if is_new {
            // The mask of the user may have taken bits away.
            fs::set_permissions(data, Permissions::from_mode(mode))
                .map_err(|error| cannot_create(data, &error))?;
        }
        let data =
            fs::canonicalize(data).with_context(|| format!("cannot read {}", data.display()))?;
        let directories = Self {
            cluster: data.join("postgres"),
            socket: data.join("run"),
            lock: data.join("lock"),
            log: data.join("postgres.log"),
            data,
        };
        let bytes = directories.socket.join(SOCKET).as_os_str().len();
        if bytes > SOCKET_PATH_BYTES_MAX {
            bail!(
                "the path of the database's socket in {} would have {bytes} bytes, \
                 and {SOCKET_PATH_BYTES_MAX} is the most: choose a shorter --data-dir",
                directories.data.display()
            );
        }
        Ok(directories)
    }

    /// Sets up what a start needs beside the cluster: the socket's directory and the log, within
    /// its bound. Removes clusters whose making was interrupted.
    pub(super) fn prepare(&self, identity: &Identity) -> Result<()> {
        for entry in fs::read_dir(&self.data)?.flatten() {
            if !entry.file_name().as_bytes().starts_with(UNFINISHED.as_bytes()) {
                continue;
            }
            if let Err(error) = fs::remove_dir_all(entry.path()) {
                log::warn!("cannot remove the unfinished {}: {error}", entry.path().display());
            }
        }
        create_private(&self.socket, identity)?;
        let log = log_file::open(&self.log)?;
        identity.own(&log, &self.log)?;
        let advice = || format!("cannot put {} aside", self.log.display());
        log_file::bound(&self.log).with_context(advice)
    }

    /// How to connect.
    pub(super) fn url(&self) -> String {
        let host = percent_encode(self.socket.as_os_str().as_bytes(), URL_ESCAPED);
        format!("postgres://{USER}@/{DATABASE}?host={host}")
    }
}

/// The major version of PostgreSQL that made the cluster; `None` if there is no cluster yet.
pub(super) fn major_version(directories: &Directories) -> Result<Option<u32>> {
    let path = directories.cluster.join("PG_VERSION");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if directories.cluster.exists() {
                bail!(
                    "{} is not a PostgreSQL cluster: move it away, or choose another --data-dir",
                    directories.cluster.display()
                );
            }
            return Ok(None);
        }
        Err(error) => bail!("cannot read {}: {error}", path.display()),
    };
    match text.trim().parse() {
        Ok(major) => Ok(Some(major)),
        Err(_) => bail!("{} holds {:?}, not a major version", path.display(), text.trim()),
    }
}

/// Makes the cluster with the empty database in it, in a folder of its own that gets its name
/// when all is done: killed half-way, it leaves nothing that looks like a cluster.
pub(super) fn make(
    directories: &Directories,
    installation: &Installation,
    identity: &Identity,
) -> Result<()> {
    let folder = directories.data.join(format!("{UNFINISHED}{}", std::process::id()));
    create_private(&folder, identity)?;
    let deadline = Instant::now() + MAKE_DEADLINE;
    let mut initdb = identity.command(&installation.program("initdb"), &directories.data);
    initdb.arg("--pgdata").arg(&folder);
    initdb.args(["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    initdb.arg("--no-instructions");
    run(initdb, b"", directories, deadline)?;

    // In single-user mode a line is a statement, and the first error ends it.
    let mut single = identity.command(&installation.program("postgres"), &directories.data);
    single.arg("--single").arg("-D").arg(&folder);
    single.args(["-c", "exit_on_error=true", "-c", "log_checkpoints=off", "postgres"]);
    run(single, format!("create database {DATABASE}\n").as_bytes(), directories, deadline)?;

    fs::rename(&folder, &directories.cluster)
        .and_then(|()| File::open(&directories.data)?.sync_all())
        .map_err(|error| cannot_create(&directories.cluster, &error))
}

/// The whole command line of the server.
pub(super) fn server(
    directories: &Directories,
    installation: &Installation,
    identity: &Identity,
    connections_max: usize,
) -> Command {
    let mut command = identity.command(&installation.program("postgres"), &directories.data);
    command.arg("-D").arg(&directories.cluster);
    command.arg("-c").arg(format!("max_connections={connections_max}"));
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.arg("-c").arg(socket_setting(directories.socket.as_os_str()));
    command
}

/// The socket's directory as a list of one quoted element: a path may hold a comma.
fn socket_setting(directory: &OsStr) -> OsString {
    let mut setting = b"unix_socket_directories=\"".to_vec();
    for &byte in directory.as_bytes() {
        if byte == b'"' {
            setting.push(byte);
        }
        setting.push(byte);
    }
    setting.push(b'"');
    OsString::from_vec(setting)
}

/// Creates a directory for PostgreSQL's user alone, or makes an existing one so.
fn create_private(path: &Path, identity: &Identity) -> Result<()> {
    let failed = |error| cannot_create(path, &error);
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => (),
    }
    if !fs::symlink_metadata(path).map_err(failed)?.is_dir() {
        bail!("{} is not a directory: remove it", path.display());
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed)?;
    identity.own_directory(path)
}

fn cannot_create(path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("cannot create {}: {error}; choose another --data-dir", path.display())
}

/// Runs a command to its end, with its output in the log; fails with what it said there.
fn run(
    mut command: Command,
    input: &[u8],
    directories: &Directories,
    deadline: Instant,
) -> Result<()> {
    let log = log_file::open(&directories.log)?;
    let log_start = log.metadata()?.len();
    leash::tie(&mut command);
    command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    let program = command.get_program().to_owned();
    let program = Path::new(&program).display();
    let mut child = command.spawn().with_context(|| format!("cannot run {program}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that ended early has said why in the log, which tells more than a broken pipe.
        let _ = stdin.write_all(input);
    }
    let Some(status) = super::wait(&mut child, deadline)? else {
        child.kill()?;
        child.wait()?;
        bail!("{program} did not end within {} s and was killed", MAKE_DEADLINE.as_secs());
    };
    if !status.success() {
        let reason = log_file::explain(&directories.log, log_start);
        bail!(
            "cannot make a database in {}: {reason} ({program}, {status})",
            directories.data.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_directory_is_quoted_for_the_list() {
        let setting = socket_setting(OsStr::new("/a, b/\"c\""));
        assert_eq!(setting, r#"unix_socket_directories="/a, b/""c""""#);
    }

    #[test]
    fn url_is_percent_encoded() {
        let directories = Directories {
            data: PathBuf::new(),
            cluster: PathBuf::new(),
            socket: PathBuf::from("/a b/ü&%/run"),
            lock: PathBuf::new(),
            log: PathBuf::new(),
        };
        let url = "postgres://postgres@/atelier?host=/a%20b/%C3%BC%26%25/run";
        assert_eq!(directories.url(), url);
    }

    #[test]
    fn every_setting_is_a_name_and_a_value() {
        for setting in SETTINGS {
            let (name, _) = setting.split_once('=').unwrap();
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        }
    }
}
