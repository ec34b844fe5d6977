//! PostgreSQL apart from all servers: a copy of the database's cluster, started for the run.
//!
//! The copy is what may change; the original is only read.

use crate::process::{self, Running, Start};
use crate::scratch::Scratch;
use crate::template::Shop;
use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use nix::sys::signal::Signal;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Settings that differ from PostgreSQL's own. They are in every report.
const SETTINGS: [(&str, &str); 9] = [
    // All that the 200,000 products serve: reads are of memory, as they are where this is used.
    ("shared_buffers", "2GB"),
    ("max_connections", "300"),
    // As the embedded database has them.
    ("random_page_cost", "1.1"),
    ("jit", "off"),
    ("timezone", "UTC"),
    // No checkpoint of the writes of one run in the figures of another.
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "1h"),
    // A vacuum that begins by itself would be in somebody's figures.
    ("autovacuum", "off"),
    ("log_checkpoints", "off"),
];

/// How long it may take to start, also after a copy of one that was not shut down.
const START_MAX: Duration = Duration::from_secs(60);

/// What serves, read into memory before anything is measured.
const PREWARM: &str = "
set client_min_messages = warning;
create extension if not exists pg_prewarm;
select sum(pg_prewarm(oid::regclass)) from pg_class
where relnamespace = 'atelier'::regnamespace
  and relname ~ '^(product_documents|style_documents|review_meta|reviews|questions|answers)'
  and relkind in ('r', 'i');
checkpoint";

/// A copy of a cluster, deleted when dropped.
#[derive(Debug)]
pub struct Copied {
    directory: Scratch,
    programs: PathBuf,
    owner: (u32, u32),
}

/// A running PostgreSQL.
#[derive(Debug)]
pub struct Cluster<'c> {
    running: Running,
    copied: &'c Copied,
    port: u16,
}

impl Copied {
    /// Copies the cluster of a data directory of `atelier import`, beside it.
    ///
    /// # Errors
    /// There is none, or it cannot be copied.
    pub fn new(database: &Path, programs: Option<&Path>) -> Result<Self> {
        let original = database.join("postgres");
        let version = fs::read_to_string(original.join("PG_VERSION")).with_context(|| {
            let name = database.display();
            format!("no database in {name}: make one with `atelier import FILES --data-dir {name}`")
        })?;
        ensure!(
            !original.join("postmaster.pid").exists(),
            "{} is in use: stop its server, or copy it while that is stopped",
            original.display()
        );
        let programs = find(version.trim(), programs)?;
        let parent = database.canonicalize()?;
        let parent = parent.parent().context("a database in no folder")?;
        let directory = Scratch::new(parent)?;
        let metadata = fs::metadata(&original)?;
        let owner = (metadata.uid(), metadata.gid());
        let mut copy = Command::new("cp");
        copy.args(["-a", "--reflink=auto"]).arg(&original).arg(directory.path());
        process::output(&mut copy)?;
        let copied = Self { directory, programs, owner };
        fs::create_dir(copied.socket())?;
        chown(copied.socket(), Some(owner.0), Some(owner.1))?;
        Ok(copied)
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    /// Has the kernel forget what it holds of the files in memory.
    ///
    /// # Errors
    /// One of them cannot be written to the disk.
    pub fn evict(&self) -> Result<()> {
        let mut folders = vec![self.directory.path().join("postgres")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)?.flatten() {
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Ok(file) = File::open(entry.path()) {
                    file.sync_data()?;
                    let dismiss = PosixFadviseAdvice::POSIX_FADV_DONTNEED;
                    posix_fadvise(&file, 0, 0, dismiss)?;
                }
            }
        }
        Ok(())
    }

    /// The number of the device that it lies on.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn device(&self) -> Result<u64> {
        Ok(fs::metadata(self.directory.path())?.dev())
    }

    /// Starts it on a core, or on all, in control groups if there are any.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(
        &self,
        port: u16,
        core: Option<usize>,
        groups: Vec<PathBuf>,
        more: &[(String, String)],
    ) -> Result<Cluster<'_>> {
        let mut command = vec![self.programs.join("postgres").into_os_string()];
        command.extend(["-D".into(), self.directory.path().join("postgres").into_os_string()]);
        command.extend(["-p".into(), OsString::from(port.to_string())]);
        command.extend(["-k".into(), self.socket().into_os_string()]);
        let mut setting = |name: &str, value: &str| {
            command.extend(["-c".into(), OsString::from(format!("{name}={value}"))]);
        };
        setting("listen_addresses", "127.0.0.1");
        setting("unix_socket_permissions", "0777");
        for (name, value) in settings(more) {
            setting(&name, &value);
        }
        let is_ours = nix::unistd::getuid().as_raw() == self.owner.0;
        let running = Running::new(&Start {
            name: "PostgreSQL".to_owned(),
            command,
            directory: self.directory.path().to_owned(),
            environment: Vec::new(),
            core,
            groups,
            user: if is_ours { None } else { Some(self.owner) },
            stop: Signal::SIGINT,
            log: self.directory.path().join("postgres.log"),
        })?;
        let mut cluster = Cluster { running, copied: self, port };
        let mut ask = cluster.psql("select 1");
        cluster.running.wait_until(START_MAX, || process::output(&mut ask).is_ok())?;
        Ok(cluster)
    }
}

/// Our settings and those of the command line, which win.
#[must_use]
pub fn settings(more: &[(String, String)]) -> Vec<(String, String)> {
    let is_ours = |it: &&(&str, &str)| !more.iter().any(|(given, _)| given == it.0);
    let ours = SETTINGS.iter().filter(is_ours);
    let ours = ours.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ours.chain(more.iter().cloned()).collect()
}

impl Cluster<'_> {
    /// Reads what serves into memory.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn warm(&self) -> Result<()> {
        process::output(&mut self.psql(PREWARM)).context(
            "what serves cannot be read into memory: PostgreSQL's contrib module pg_prewarm \
             and a database of `atelier import` are needed",
        )?;
        Ok(())
    }

    fn psql(&self, statement: &str) -> Command {
        let mut psql = Command::new("psql");
        psql.args(["-qXAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-p"])
            .arg(self.port.to_string())
            .arg("-h")
            .arg(self.copied.socket())
            .args(["-d", "atelier", "-c", statement]);
        psql
    }

    /// How much of everything there is.
    ///
    /// # Errors
    /// The database does not answer.
    pub fn shop(&self) -> Result<Shop> {
        let count = |table: &str, id: &str| {
            let statement = format!("select max({id}) from atelier.{table}");
            let answer = process::output(&mut self.psql(&statement))?;
            answer.trim().parse::<u32>().with_context(|| format!("no {table} in the database"))
        };
        Ok(Shop {
            products: count("products", "product_id")?,
            questions: count("questions", "question_id")?,
            reviews: count("reviews", "review_id")?,
        })
    }

    /// What a server is told of it.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, OsString)> {
        let port = self.port;
        let url = format!("postgres://postgres@127.0.0.1:{port}/atelier");
        vec![
            ("DATABASE_URL".to_owned(), url.into()),
            ("PGHOST".to_owned(), self.copied.socket().into_os_string()),
            ("PGPORT".to_owned(), port.to_string().into()),
            ("PGUSER".to_owned(), "postgres".into()),
            ("PGDATABASE".to_owned(), "atelier".into()),
        ]
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// # Errors
    /// `postgres` cannot be asked.
    pub fn version(&self) -> Result<String> {
        let mut postgres = Command::new(self.copied.programs.join("postgres"));
        Ok(process::output(postgres.arg("--version"))?.trim().to_owned())
    }
}

/// The folder of the programs that can run a cluster of this version.
fn find(version: &str, given: Option<&Path>) -> Result<PathBuf> {
    let debian = PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
    let redhat = PathBuf::from(format!("/usr/pgsql-{version}/bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let given = given.map(Path::to_owned).into_iter();
    let mut all = given.chain([debian, redhat]).chain(std::env::split_paths(&path));
    match all.find(|folder| folder.join("postgres").is_file()) {
        Some(folder) => Ok(folder),
        None => bail!("PostgreSQL {version} is needed for this database; --postgres-bin DIR"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_given_is_the_one() {
        let given =
            [("jit".to_owned(), "on".to_owned()), ("work_mem".to_owned(), "9MB".to_owned())];
        let all = settings(&given);
        let of = |name: &str| {
            let values = all.iter().filter(|it| it.0 == name).map(|it| it.1.clone());
            values.collect::<Vec<_>>()
        };
        assert_eq!(of("jit"), ["on"]);
        assert_eq!(of("work_mem"), ["9MB"]);
        assert_eq!(of("shared_buffers").len(), 1);
    }
}
