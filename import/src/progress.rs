//! How far a long piece of work has come: a bar on a terminal, a plain line every few seconds
//! elsewhere, or nothing.

use indicatif::{
    HumanBytes, HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle,
};
use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Between two plain lines where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// The bars of all work that goes on at once: each has a line of the terminal.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Where progress goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// A bar when standard error is a terminal, plain lines otherwise.
    Auto,
    /// Nothing, as tests and the server's own start want it.
    Hidden,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Rows,
    Statements,
}

/// One piece of work; dropped or finished, it leaves the terminal as it was.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    label: String,
    unit: Unit,
    total: u64,
    started: Instant,
    /// When the next plain line is due; `None` where a bar is drawn or nothing is shown.
    line_due: Option<Instant>,
}

impl Progress {
    /// Starts counting towards `total` (zero: not known).
    #[must_use]
    pub fn new(label: &str, total: u64, unit: Unit, show: Show) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = match show {
            Show::Auto if terminal => BARS.add(ProgressBar::new(total)),
            _ => ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden()),
        };
        let counts = match unit {
            Unit::Bytes => "{bytes}/{total_bytes} {bytes_per_sec}",
            Unit::Rows => "{human_pos}/{human_len} {per_sec}",
            Unit::Statements => "{pos}/{len} statements",
        };
        let template = format!("{{prefix:>28}} {{bar:30}} {counts} {{eta}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_prefix(label.to_owned());
        let started = Instant::now();
        let line_due = (show == Show::Auto && !terminal).then(|| started + LINE_INTERVAL);
        Self { bar, label: label.to_owned(), unit, total, started, line_due }
    }

    /// Counts `done` more. The last of them has its line from [`Progress::finish`].
    pub fn advance(&mut self, done: u64) {
        self.bar.inc(done);
        if let Some(due) = self.line_due
            && Instant::now() >= due
            && self.bar.position() < self.total
        {
            self.line_due = Some(Instant::now() + LINE_INTERVAL);
            eprintln!("{}", self.line());
        }
    }

    /// Ends the work with a last line; the bar goes.
    pub fn finish(self) {
        if self.line_due.is_some() {
            eprintln!("{}", self.line());
        }
    }

    fn line(&self) -> String {
        let count = |n: u64| match self.unit {
            Unit::Bytes => HumanBytes(n).to_string(),
            Unit::Rows | Unit::Statements => HumanCount(n).to_string(),
        };
        let elapsed = self.started.elapsed();
        let done = self.bar.position();
        let name = if self.unit == Unit::Statements { " statements" } else { "" };
        let left = match seconds_left(done, self.total, elapsed) {
            Some(seconds) => format!(", {seconds} s left"),
            None => String::new(),
        };
        format!(
            "{}: {} of {}{name} after {} s{left}",
            self.label,
            count(done),
            count(self.total),
            elapsed.as_secs()
        )
    }
}

/// How long the rest takes if it goes on like this; `None` before there is anything to tell by and
/// at the end.
fn seconds_left(done: u64, total: u64, elapsed: Duration) -> Option<u64> {
    let left = u128::from(total.checked_sub(done).filter(|left| *left > 0)?);
    let seconds = elapsed.as_millis().saturating_mul(left).checked_div(u128::from(done))? / 1000;
    u64::try_from(seconds).ok()
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if !self.bar.is_hidden() {
            BARS.remove(&self.bar);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_work_and_how_far_it_is() {
        let mut progress = Progress::new("reviews.csv", 2048, Unit::Bytes, Show::Hidden);
        progress.advance(1024);
        assert_eq!(progress.line(), "reviews.csv: 1.00 KiB of 2.00 KiB after 0 s, 0 s left");
        progress.advance(1024);
        assert_eq!(progress.line(), "reviews.csv: 2.00 KiB of 2.00 KiB after 0 s");
        let progress = Progress::new("indexes", 24, Unit::Statements, Show::Hidden);
        assert_eq!(progress.line(), "indexes: 0 of 24 statements after 0 s");
    }

    #[test]
    fn the_rest_is_taken_to_go_on_as_it_went() {
        let seconds = Duration::from_secs;
        assert_eq!(seconds_left(1, 4, seconds(5)), Some(15));
        assert_eq!(seconds_left(0, 4, seconds(5)), None);
        assert_eq!(seconds_left(4, 4, seconds(5)), None);
        assert_eq!(seconds_left(5, 4, seconds(5)), None);
        assert_eq!(seconds_left(1, u64::MAX, Duration::MAX), None);
    }
}
