//! Arguments and environment to a configuration; every limit has a name, a unit and a default.

mod given;
mod help;

use crate::http::Limits;
use crate::postgres::Target;
use crate::{campus, embedded, error};
use anyhow::{Context, Result, bail};
use atelier_import::import;
use given::Given;
use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// One setting of `atelier serve`: a flag, and an environment variable that the flag overrides.
struct Setting {
    flag: &'static str,
    variable: &'static str,
    value: &'static str,
    help: &'static str,
}

const SETTINGS: &[Setting] = &[
    Setting {
        flag: "listen",
        variable: "ATELIER_LISTEN",
        value: "ADDRESS",
        help: "where pages call [127.0.0.1:8080]",
    },
    Setting {
        flag: "admin",
        variable: "ATELIER_ADMIN",
        value: "ADDRESS",
        help: "where /live, /ready and /metrics are [127.0.0.1:8081]",
    },
    Setting {
        flag: "database-url",
        variable: "DATABASE_URL",
        value: "URL",
        help: "postgres://… of a database to use [an embedded one]",
    },
    Setting {
        flag: "data-dir",
        variable: "ATELIER_DATA_DIR",
        value: "DIR",
        help: "where the embedded database lies [see below]",
    },
    Setting {
        flag: "postgres-bin",
        variable: "ATELIER_POSTGRES_BIN",
        value: "DIR",
        help: "where postgres and initdb are [the newest found]",
    },
    Setting {
        flag: "workers",
        variable: "ATELIER_WORKERS",
        value: "COUNT",
        help: "event loops [one a core]",
    },
    Setting {
        flag: "sample",
        variable: "ATELIER_SAMPLE",
        value: "PRODUCTS",
        help: "size of the sample shop put into an empty embedded database; 0: none [1011]",
    },
    Setting {
        flag: "campus",
        variable: "ATELIER_CAMPUS",
        value: "NAME",
        help: "campus whose product ids paths without /api/fec2/… use [the data's own ids]",
    },
    Setting {
        flag: "tokens",
        variable: "ATELIER_TOKENS",
        value: "FILE",
        help: "Authorization values let in, one a line; SIGHUP reads them again [anybody]",
    },
    Setting {
        flag: "connections-max",
        variable: "ATELIER_CONNECTIONS_MAX",
        value: "COUNT",
        help: "clients connected at once [what descriptors allow, at most 16384]",
    },
    Setting {
        flag: "database-deadline-ms",
        variable: "ATELIER_DATABASE_DEADLINE_MS",
        value: "MS",
        help: "how long a request waits for the database before it gets 503 [2000]",
    },
    Setting {
        flag: "head-deadline-ms",
        variable: "ATELIER_HEAD_DEADLINE_MS",
        value: "MS",
        help: "how long a request's line and headers may take to arrive [10000]",
    },
    Setting {
        flag: "body-deadline-ms",
        variable: "ATELIER_BODY_DEADLINE_MS",
        value: "MS",
        help: "how long a request's body may take to arrive [30000]",
    },
    Setting {
        flag: "idle-deadline-ms",
        variable: "ATELIER_IDLE_DEADLINE_MS",
        value: "MS",
        help: "how long a connection may wait for its next request [75000]",
    },
    Setting {
        flag: "write-deadline-ms",
        variable: "ATELIER_WRITE_DEADLINE_MS",
        value: "MS",
        help: "how long a client may take none of its reply [10000]",
    },
    Setting {
        flag: "drain-deadline-ms",
        variable: "ATELIER_DRAIN_DEADLINE_MS",
        value: "MS",
        help: "how long a stop waits for requests under way [10000]",
    },
];

/// A request's line and headers: browsers send under 2 KiB of them, cookies and all.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// A request's body: the longest review that a page lets through is under 2 KiB.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Replies that slow readers have not taken, over a worker.
const UNSENT_BYTES_MAX: usize = 64 << 20;
/// Input buffers beyond their first 4 KiB, over a worker: a thousand of the largest requests.
const GROWN_BYTES_MAX: usize = 64 << 20;

/// The sample's random seed: everybody's sample shop is the same.
pub const SAMPLE_SEED: u64 = 1;

/// The shortest deadline that can be kept: a tick of the timer.
const TICK_MS: u64 = 100;

/// What `atelier` was asked to do.
#[derive(Debug)]
pub enum Command {
    Serve(Box<Config>),
    /// Print the configuration of `serve` and end.
    Check(Box<Config>),
    Import {
        options: import::Options,
        /// Only to read the files.
        is_dry: bool,
        config: Box<Config>,
    },
    Generate {
        directory: PathBuf,
        products: u32,
        seed: u64,
    },
    /// Print this text and end.
    Print(String),
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub admin: SocketAddr,
    /// The database to use; none: the embedded one.
    pub database: Option<Target>,
    pub data_directory: PathBuf,
    pub postgres_bin: Option<PathBuf>,
    pub workers: usize,
    pub sample_products: u32,
    /// The campus of paths without a prefix; none: their ids are the data set's own.
    pub campus: Option<String>,
    /// The file of tokens that are let in; none: everybody is.
    pub tokens: Option<PathBuf>,
    pub connections_max: usize,
    pub database_deadline: Duration,
    pub head_deadline: Duration,
    pub body_deadline: Duration,
    pub idle_deadline: Duration,
    pub write_deadline: Duration,
    pub drain_deadline: Duration,
}

impl Command {
    /// Reads the arguments, the program's name first.
    ///
    /// # Errors
    /// When they are wrong: one line that says how.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let mut parser = Parser::from_iter(arguments);
        let mut given = Given::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Print(help::text())),
                Arg::Short('V') | Arg::Long("version") => {
                    return Ok(Self::Print(format!("atelier {}\n", env!("CARGO_PKG_VERSION"))));
                }
                Arg::Long("check") => given.check = true,
                Arg::Long("dry-run") => given.dry_run = true,
                Arg::Long(name) => {
                    let name = name.to_owned();
                    let value = parser.value()?.string()?;
                    given.flags.push((name, value));
                }
                Arg::Value(word) => given.words.push(word),
                Arg::Short(letter) => bail!("there is no flag -{letter}"),
            }
        }
        given.into_command()
    }
}

impl Config {
    fn take(given: &mut Given) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let address = "address such as 127.0.0.1:8080";
        let url = given.setting("database-url")?;
        let database = url.map(|url| Target::parse(&url)).transpose().context("--database-url")?;
        let config = Self {
            listen: given.setting_as(
                "listen",
                address,
                SocketAddr::from(([127, 0, 0, 1], 8080)),
            )?,
            admin: given.setting_as("admin", address, SocketAddr::from(([127, 0, 0, 1], 8081)))?,
            database,
            data_directory: given
                .setting("data-dir")?
                .map_or_else(embedded::default_data_directory, PathBuf::from),
            postgres_bin: given.setting("postgres-bin")?.map(PathBuf::from),
            workers: given.setting_as("workers", "number", cores)?,
            sample_products: given.setting_as("sample", "number", 1011)?,
            campus: given.setting("campus")?,
            tokens: given.setting("tokens")?.map(PathBuf::from),
            connections_max: given.setting_as("connections-max", "number", 16_384)?,
            database_deadline: given.deadline("database-deadline-ms", 2000, TICK_MS)?,
            head_deadline: given.deadline("head-deadline-ms", 10_000, TICK_MS)?,
            body_deadline: given.deadline("body-deadline-ms", 30_000, TICK_MS)?,
            idle_deadline: given.deadline("idle-deadline-ms", 75_000, TICK_MS)?,
            write_deadline: given.deadline("write-deadline-ms", 10_000, TICK_MS)?,
            drain_deadline: given.deadline("drain-deadline-ms", 10_000, 0)?,
        };
        if !(1..=128).contains(&config.workers) {
            bail!("--workers: between 1 and 128");
        }
        if config.data_directory.as_os_str().is_empty() {
            bail!("--data-dir: a directory");
        }
        if config.listen == config.admin && config.listen.port() != 0 {
            bail!("--listen and --admin: two addresses");
        }
        let name_bytes = 1..=campus::NAME_BYTES_MAX;
        if config.campus.as_ref().is_some_and(|name| !name_bytes.contains(&name.len())) {
            bail!("--campus: a name of 1 to {} bytes", campus::NAME_BYTES_MAX);
        }
        if config.connections_max == 0 {
            bail!("--connections-max: at least 1");
        }
        Ok(config)
    }

    /// The limits of the public port, with so many descriptors free for clients.
    #[must_use]
    pub fn limits(&self, descriptors: usize) -> Limits {
        Limits {
            connections_max: self.connections_max.min(descriptors),
            head_bytes_max: HEAD_BYTES_MAX,
            body_bytes_max: BODY_BYTES_MAX,
            unsent_bytes_max: UNSENT_BYTES_MAX,
            grown_bytes_max: GROWN_BYTES_MAX,
            head_deadline: self.head_deadline,
            body_deadline: self.body_deadline,
            idle_deadline: self.idle_deadline,
            write_deadline: self.write_deadline,
            error_text: error::INTERNAL_TEXT,
        }
    }

    /// One line a setting, as `--check` prints it; without the password of the database.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let url = self.database.as_ref().map_or("none (embedded)".to_owned(), Target::redacted);
        let bin = self.postgres_bin.as_ref();
        let bin = bin.map_or("the newest found".to_owned(), |path| path.display().to_string());
        let values = [
            self.listen.to_string(),
            self.admin.to_string(),
            url,
            self.data_directory.display().to_string(),
            bin,
            self.workers.to_string(),
            self.sample_products.to_string(),
            self.campus.clone().unwrap_or_else(|| "none".to_owned()),
            self.tokens.as_ref().map_or("none".to_owned(), |path| path.display().to_string()),
            self.connections_max.to_string(),
            self.database_deadline.as_millis().to_string(),
            self.head_deadline.as_millis().to_string(),
            self.body_deadline.as_millis().to_string(),
            self.idle_deadline.as_millis().to_string(),
            self.write_deadline.as_millis().to_string(),
            self.drain_deadline.as_millis().to_string(),
        ];
        let mut lines = String::new();
        for (setting, value) in SETTINGS.iter().zip(values) {
            let _ = writeln!(lines, "{:<22}{value}", setting.flag);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command> {
        let arguments = std::iter::once(&"atelier").chain(arguments).map(OsString::from);
        Command::parse(arguments)
    }

    fn fault(arguments: &[&str]) -> String {
        format!("{:#}", parse(arguments).unwrap_err())
    }

    #[test]
    fn flags_set_what_they_name() {
        let arguments = ["serve", "--listen", "0.0.0.0:80", "--workers=3", "--sample", "0"];
        let Command::Serve(config) = parse(&arguments).unwrap() else { panic!("no serve") };
        assert_eq!(config.listen, SocketAddr::from(([0, 0, 0, 0], 80)));
        assert_eq!((config.workers, config.sample_products), (3, 0));
        assert_eq!(config.limits(100).connections_max, 100);
    }

    #[test]
    fn nothing_at_all_is_serve_and_check_only_prints() {
        assert!(matches!(parse(&[]).unwrap(), Command::Serve(_)));
        let Command::Check(config) = parse(&["--check"]).unwrap() else { panic!("no check") };
        let lines = config.to_lines();
        assert_eq!(lines.lines().count(), SETTINGS.len());
        assert!(lines.contains("listen                127.0.0.1:8080\n"));
    }

    #[test]
    fn the_check_never_shows_the_password() {
        let url = "postgres://shop:secret@db/shop";
        let Command::Check(config) = parse(&["--check", "--database-url", url]).unwrap() else {
            panic!("no check")
        };
        assert!(!config.to_lines().contains("secret"));
    }

    #[test]
    fn wrong_usage_is_named() {
        assert!(fault(&["fly"]).contains("no command fly"));
        assert!(fault(&["--listen", "here"]).contains("--listen: here is no address"));
        assert!(fault(&["--wings", "2"]).contains("--wings"));
        assert!(fault(&["import"]).contains("directory"));
        assert!(fault(&["import", "a", "b"]).contains("one word too many"));
        assert!(fault(&["generate", "a", "--listen", "0.0.0.0:1"]).contains("--listen"));
        assert!(fault(&["--workers", "0"]).contains("between 1 and 128"));
        assert!(fault(&["--head-deadline-ms", "99"]).contains("between 100 and 600000"));
        assert!(fault(&["--head-deadline-ms", "x"]).contains("no number of milliseconds"));
        assert!(fault(&["import", "a", "--skip-bad", "x"]).contains("x is no number"));
        assert!(fault(&["serve", "--skip-bad", "1"]).contains("--skip-bad"));
        assert!(fault(&["import", "a", "--only", "cats"]).contains("--only: \"cats\" is none"));
        assert!(fault(&["-x"]).contains("-x"));
    }

    #[test]
    fn the_help_names_every_setting() {
        let Command::Print(text) = parse(&["--help"]).unwrap() else { panic!("no help") };
        for setting in SETTINGS {
            assert!(text.contains(setting.flag) && text.contains(setting.variable));
        }
    }
}
