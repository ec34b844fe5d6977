//! Counts on record, and how others compare with them.

use anyhow::{Context, Result};
use std::fmt;

/// How many more instructions a benchmark may take than on record. The same source gives the same
/// counts, to the instruction, in whatever folder it is built. What moves them a little is what the
/// compiler makes of a change elsewhere, and another C library, whose code is 0 to 8 % of most.
pub const GROWTH_MAX_PERCENT: u64 = 5;

/// The instructions of all benchmarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What decides which instructions there are: counts of two compilers, or of processors with
    /// other vector instructions, cannot be compared.
    pub counted_with: String,
    pub counts: Vec<(String, u64)>,
}

/// A benchmark that does not take what it took.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub name: String,
    /// `None`: it was not on record, or is no more.
    pub before: Option<u64>,
    pub after: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// More than may be.
    Grown,
    /// So much less that the record is worth writing anew.
    Shrunk,
    /// Too little to mean anything.
    Moved,
    /// The record is of other benchmarks.
    Unpaired,
}

impl Record {
    /// # Errors
    /// The text is no record.
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut pair = || lines.next().map(|line| line.split_once(" = ").context("no ` = `"));
        let (name, counted_with) = pair().context("nothing in it")??;
        anyhow::ensure!(name == "counted_with", "it begins with {name}");
        let counted_with = counted_with.trim_matches('"').to_owned();
        let mut counts = Vec::new();
        while let Some(pair) = pair() {
            let (name, count) = pair?;
            counts.push((name.to_owned(), count.parse().with_context(|| name.to_owned())?));
        }
        Ok(Self { counted_with, counts })
    }

    /// What has changed from this record to `after`.
    #[must_use]
    pub fn changes(&self, after: &Self) -> Vec<Change> {
        let of = |record: &Self, name: &str| {
            record.counts.iter().find(|(known, _)| known == name).map(|(_, count)| *count)
        };
        let gone = self.counts.iter().filter(|(name, _)| of(after, name).is_none());
        after
            .counts
            .iter()
            .chain(gone)
            .map(|(name, _)| Change {
                name: name.clone(),
                before: of(self, name),
                after: of(after, name),
            })
            .filter(|change| change.before != change.after)
            .collect()
    }
}

/// As it lies in the repository.
impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "# Instructions of each benchmark, by callgrind. Written by `make counts ARGS=--write`;"
        )?;
        writeln!(formatter, "# `make test` fails when one takes {GROWTH_MAX_PERCENT} % more.")?;
        writeln!(formatter, "counted_with = \"{}\"\n", self.counted_with)?;
        self.counts.iter().try_for_each(|(name, count)| writeln!(formatter, "{name} = {count}"))
    }
}

impl Change {
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let (Some(before), Some(after)) = (self.before, self.after) else {
            return Verdict::Unpaired;
        };
        let exceeds = |more: u64, less: u64| more * 100 > less * (100 + GROWTH_MAX_PERCENT);
        if exceeds(after, before) {
            Verdict::Grown
        } else if exceeds(before, after) {
            Verdict::Shrunk
        } else {
            Verdict::Moved
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<28}", self.name)?;
        match (self.before, self.after) {
            (Some(before), Some(after)) => {
                let percent = (after as f64 / before as f64 - 1.0) * 100.0;
                write!(formatter, "{before:>6} -> {after:>6} instructions  {percent:+6.1} %")?;
            }
            (None, Some(after)) => write!(formatter, "{after:>6} instructions, not on record")?,
            (Some(_), None) => write!(formatter, "on record, and no more counted")?,
            (None, None) => {}
        }
        formatter.write_str(match self.verdict() {
            Verdict::Grown => "  MORE",
            Verdict::Shrunk => "  fewer",
            Verdict::Moved | Verdict::Unpaired => "",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(counts: &[(&str, u64)]) -> Record {
        let counts = counts.iter().map(|&(name, count)| (name.to_owned(), count)).collect();
        Record { counted_with: "rustc 1.2.3".to_owned(), counts }
    }

    #[test]
    fn a_record_reads_as_what_was_written() {
        let written = record(&[("a", 1), ("b", 20_000)]);
        assert_eq!(Record::parse(&written.to_string()).unwrap(), written);
        for text in ["", "a = 1", "counted_with = \"x\"\na = b", "counted_with = \"x\"\na"] {
            assert!(Record::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn more_than_a_twentieth_is_a_change_worth_telling() {
        for (after, expected) in [
            (1051, Verdict::Grown),
            (1050, Verdict::Moved),
            (999, Verdict::Moved),
            (953, Verdict::Moved),
            (952, Verdict::Shrunk),
        ] {
            let changes =
                record(&[("a", 1000), ("b", 7)]).changes(&record(&[("a", after), ("b", 7)]));
            assert_eq!(changes.len(), 1);
            assert_eq!(changes[0].verdict(), expected, "{after}");
        }
    }

    #[test]
    fn a_change_names_the_benchmark_and_both_counts() {
        let before = record(&[("slow", 1000), ("quick", 1000), ("gone", 1)]);
        let after = record(&[("slow", 1200), ("quick", 900), ("new", 2)]);
        let lines: Vec<_> = before
            .changes(&after)
            .iter()
            .map(|change| change.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "slow 1000 -> 1200 instructions +20.0 % MORE",
                "quick 1000 -> 900 instructions -10.0 % fewer",
                "new 2 instructions, not on record",
                "gone on record, and no more counted",
            ]
        );
    }

    #[test]
    fn a_benchmark_of_one_record_alone_is_no_pair() {
        let changes = record(&[("gone", 1)]).changes(&record(&[("new", 2)]));
        assert!(changes.iter().all(|change| change.verdict() == Verdict::Unpaired));
        assert_eq!(changes.len(), 2);
    }
}
