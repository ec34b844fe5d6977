//! Arguments and environment to a configuration; every limit has a name, a unit and a default.

use crate::http::Limits;
use crate::{embedded, error};
use anyhow::{Context, Result, bail};
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
        flag: "drain-deadline-ms",
        variable: "ATELIER_DRAIN_DEADLINE_MS",
        value: "MS",
        help: "how long a stop waits for requests under way [10000]",
    },
];

/// The sample's random seed: everybody's sample shop is the same.
pub const SAMPLE_SEED: u64 = 1;

/// What `atelier` was asked to do.
#[derive(Debug)]
pub enum Command {
    Serve(Box<Config>),
    /// Print the configuration of `serve` and end.
    Check(Box<Config>),
    Import {
        directory: PathBuf,
        rejects: Option<PathBuf>,
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
    pub database_url: Option<String>,
    pub data_directory: PathBuf,
    pub postgres_bin: Option<PathBuf>,
    pub workers: usize,
    pub sample_products: u32,
    pub connections_max: usize,
    pub database_deadline: Duration,
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
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Print(help())),
                Arg::Short('V') | Arg::Long("version") => {
                    return Ok(Self::Print(format!("atelier {}\n", env!("CARGO_PKG_VERSION"))));
                }
                Arg::Long("check") => given.check = true,
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

/// The arguments before they are understood.
#[derive(Default)]
struct Given {
    words: Vec<OsString>,
    flags: Vec<(String, String)>,
    check: bool,
}

impl Given {
    fn into_command(mut self) -> Result<Command> {
        let words = std::mem::take(&mut self.words);
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_else(|| "serve".into());
        let command = match name.to_str() {
            Some("serve") => {
                let config = Box::new(Config::take(&mut self)?);
                if self.check { Command::Check(config) } else { Command::Serve(config) }
            }
            Some("import") => {
                let directory = words.next().context("import wants the directory of the files")?;
                let rejects = self.take("rejects").map(PathBuf::from);
                let config = Box::new(Config::take(&mut self)?);
                Command::Import { directory: directory.into(), rejects, config }
            }
            Some("generate") => {
                let directory = words.next().context("generate wants a directory to write to")?;
                let products = self.take_number("products")?.unwrap_or(1011);
                let seed = self.take_number("seed")?.unwrap_or(SAMPLE_SEED);
                Command::Generate { directory: directory.into(), products, seed }
            }
            _ => bail!("there is no command {}; see atelier --help", name.display()),
        };
        if let Some((flag, _)) = self.flags.first() {
            bail!("{} has no flag --{flag}; see atelier --help", name.display());
        }
        if let Some(word) = words.next() {
            bail!("one word too many: {}; see atelier --help", word.display());
        }
        Ok(command)
    }

    /// The value of a flag; the last one counts.
    fn take(&mut self, flag: &str) -> Option<String> {
        let value = self.flags.iter().rfind(|(name, _)| name == flag)?.1.clone();
        self.flags.retain(|(name, _)| name != flag);
        Some(value)
    }

    fn take_number<T: std::str::FromStr>(&mut self, flag: &str) -> Result<Option<T>> {
        let Some(text) = self.take(flag) else { return Ok(None) };
        let value = text.parse().ok().with_context(|| format!("--{flag}: {text} is no number"))?;
        Ok(Some(value))
    }

    /// The value of a setting of `serve`: of its flag, or else of its variable.
    fn setting(&mut self, flag: &str) -> Result<Option<String>> {
        if let Some(value) = self.take(flag) {
            return Ok(Some(value));
        }
        let variable = SETTINGS.iter().find(|setting| setting.flag == flag);
        match variable.map(|setting| (setting.variable, std::env::var(setting.variable))) {
            Some((_, Ok(value))) if !value.is_empty() => Ok(Some(value)),
            Some((name, Err(std::env::VarError::NotUnicode(_)))) => bail!("{name} is no text"),
            _ => Ok(None),
        }
    }

    fn setting_as<T>(&mut self, flag: &str, what: &str, default: T) -> Result<T>
    where
        T: std::str::FromStr,
    {
        let Some(text) = self.setting(flag)? else { return Ok(default) };
        text.parse().ok().with_context(|| format!("--{flag}: {text} is no {what}"))
    }
}

impl Config {
    fn take(given: &mut Given) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let address = "address such as 127.0.0.1:8080";
        let milliseconds = "number of milliseconds";
        let config = Self {
            listen: given.setting_as(
                "listen",
                address,
                SocketAddr::from(([127, 0, 0, 1], 8080)),
            )?,
            admin: given.setting_as("admin", address, SocketAddr::from(([127, 0, 0, 1], 8081)))?,
            database_url: given.setting("database-url")?,
            data_directory: given
                .setting("data-dir")?
                .map_or_else(embedded::default_data_directory, PathBuf::from),
            postgres_bin: given.setting("postgres-bin")?.map(PathBuf::from),
            workers: given.setting_as("workers", "number", cores)?,
            sample_products: given.setting_as("sample", "number", 1011)?,
            connections_max: given.setting_as("connections-max", "number", 16_384)?,
            database_deadline: Duration::from_millis(given.setting_as(
                "database-deadline-ms",
                milliseconds,
                2000,
            )?),
            drain_deadline: Duration::from_millis(given.setting_as(
                "drain-deadline-ms",
                milliseconds,
                10_000,
            )?),
        };
        if !(1..=128).contains(&config.workers) {
            bail!("--workers: between 1 and 128");
        }
        if !(100..=600_000).contains(&config.database_deadline.as_millis()) {
            bail!("--database-deadline-ms: between 100 and 600000");
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
            head_bytes_max: 16 << 10,
            body_bytes_max: 64 << 10,
            unsent_bytes_max: 64 << 20,
            head_deadline: Duration::from_secs(10),
            body_deadline: Duration::from_secs(30),
            idle_deadline: Duration::from_secs(75),
            write_deadline: Duration::from_secs(10),
            error_text: error::INTERNAL_TEXT,
        }
    }

    /// One line a setting, as `--check` prints it; without the password of the database.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let url = self.database_url.as_deref().map_or("none (embedded)".to_owned(), |url| {
            crate::postgres::Target::parse(url)
                .map_or_else(|error| format!("invalid: {error}"), |target| target.redacted())
        });
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
            self.connections_max.to_string(),
            self.database_deadline.as_millis().to_string(),
            self.drain_deadline.as_millis().to_string(),
        ];
        let mut lines = String::new();
        for (setting, value) in SETTINGS.iter().zip(values) {
            let _ = writeln!(lines, "{:<22}{value}", setting.flag);
        }
        lines
    }
}

fn help() -> String {
    let mut text = String::from(
        "Atelier: the backend of the Atelier web shop, over PostgreSQL.\n\n\
         atelier [serve] [--check] [SETTINGS]      serve pages; --check prints the settings only\n\
         atelier import DIR [--rejects FILE] [SETTINGS]\n\
        \x20                                         load the CSV files of DIR into the database\n\
         atelier generate DIR [--products N] [--seed S]\n\
        \x20                                         write a synthetic data set to DIR\n\n\
         Settings, each a flag or an environment variable:\n\n",
    );
    for Setting { flag, variable, value, help } in SETTINGS {
        let _ = writeln!(text, "  --{:<30}{variable}\n      {help}", format!("{flag} {value}"));
    }
    let _ = writeln!(
        text,
        "\nThe embedded database lies in {} unless --data-dir says otherwise.\n\
         Exit codes: 0 done, 1 failed, 2 wrong usage.",
        embedded::default_data_directory().display()
    );
    text
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
