//! Log lines to standard error: the time, how grave, what happened.
//!
//! The event loops log only what is rare; a full pipe behind standard error would hold them up.

use anyhow::{Context, Result};
use log::{LevelFilter, Log, Metadata, Record};
use std::io::Write;
use std::time::SystemTime;

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The runtime logs every descriptor it is given.
        !metadata.target().starts_with("may")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let time = httpdate::fmt_http_date(SystemTime::now());
            let line = format!("{time} {} {}\n", record.level(), record.args());
            // There is nowhere to report that the log cannot be written.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

/// Starts logging, at the level that `ATELIER_LOG` names or else `warn`.
///
/// # Errors
/// When that is no level.
pub fn start() -> Result<()> {
    let level = match std::env::var("ATELIER_LOG") {
        Ok(name) => name.parse().ok().with_context(|| {
            format!("ATELIER_LOG: {name} is none of off, error, warn, info, debug, trace")
        })?,
        Err(_) => LevelFilter::Warn,
    };
    log::set_max_level(level);
    // Only a second call fails, and leaves the first one's logger.
    let _ = log::set_logger(&Lines);
    Ok(())
}
