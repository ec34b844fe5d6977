//! The words and flags of a command line, before it is known what they mean.

use super::{Command, Config, SAMPLE_SEED, SETTINGS};
use anyhow::{Context, Result, bail};
use atelier_import::import;
use atelier_import::progress::Show;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The longest deadline that can be set: ten minutes.
const DEADLINE_MS_MAX: u64 = 600_000;

/// The arguments before they are understood.
#[derive(Default)]
pub struct Given {
    pub words: Vec<OsString>,
    pub flags: Vec<(String, String)>,
    pub check: bool,
    pub dry_run: bool,
}

impl Given {
    /// What they ask for.
    pub fn into_command(mut self) -> Result<Command> {
        let words = std::mem::take(&mut self.words);
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_else(|| "serve".into());
        let command = match name.to_str() {
            Some("serve") => {
                let config = Box::new(Config::take(&mut self)?);
                if self.check { Command::Check(config) } else { Command::Serve(config) }
            }
            Some("import") => {
                let directory = words.next().filter(|word| !word.is_empty());
                let directory = directory.context("import wants the directory of the files")?;
                let options = self.take_import(directory.into())?;
                let config = Box::new(Config::take(&mut self)?);
                Command::Import { options, is_dry: self.dry_run, config }
            }
            Some("generate") => {
                let directory = words.next().filter(|word| !word.is_empty());
                let directory = directory.context("generate wants a directory to write to")?;
                let products = self.take_number("products")?.unwrap_or(1011);
                let seed = self.take_number("seed")?.unwrap_or(SAMPLE_SEED);
                Command::Generate { directory: directory.into(), products, seed }
            }
            _ => bail!("there is no command {}; see atelier --help", name.display()),
        };
        if self.check && !matches!(command, Command::Check(_)) {
            bail!("{} has no flag --check; see atelier --help", name.display());
        }
        if self.dry_run && !matches!(command, Command::Import { .. }) {
            bail!("{} has no flag --dry-run; see atelier --help", name.display());
        }
        if let Some((flag, _)) = self.flags.first() {
            bail!("{} has no flag --{flag}; see atelier --help", name.display());
        }
        if let Some(word) = words.next() {
            bail!("one word too many: {}; see atelier --help", word.display());
        }
        Ok(command)
    }

    /// The flags of an import.
    fn take_import(&mut self, directory: PathBuf) -> Result<import::Options> {
        let mut options = import::Options::new(directory, Show::Auto);
        if let Some(rejects) = self.take("rejects") {
            options.rejects = rejects.into();
        }
        options.skip_bad = self.take_number("skip-bad")?;
        if let Some(names) = self.take("only") {
            options.services = names.parse().context("--only")?;
        }
        Ok(options)
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
    pub fn setting(&mut self, flag: &str) -> Result<Option<String>> {
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

    /// As [`Given::setting`], understood as what it is to be.
    pub fn setting_as<T>(&mut self, flag: &str, what: &str, default: T) -> Result<T>
    where
        T: std::str::FromStr,
    {
        let Some(text) = self.setting(flag)? else { return Ok(default) };
        text.parse().ok().with_context(|| format!("--{flag}: {text} is no {what}"))
    }

    /// A setting in milliseconds, not below `ms_min`.
    pub fn deadline(&mut self, flag: &str, default_ms: u64, ms_min: u64) -> Result<Duration> {
        let ms = self.setting_as(flag, "number of milliseconds", default_ms)?;
        if !(ms_min..=DEADLINE_MS_MAX).contains(&ms) {
            bail!("--{flag}: between {ms_min} and {DEADLINE_MS_MAX}");
        }
        Ok(Duration::from_millis(ms))
    }
}
