//! Log lines to standard error: the time, how grave, what happened.
//!
//! The event loops log only what is rare; a full pipe behind standard error would hold them up.

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
pub fn start() {
    let level = std::env::var("ATELIER_LOG").ok().and_then(|level| level.parse().ok());
    log::set_max_level(level.unwrap_or(LevelFilter::Warn));
    // Only a second call fails, and leaves the first one's logger.
    let _ = log::set_logger(&Lines);
}
