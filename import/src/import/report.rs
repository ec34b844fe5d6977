//! What an import did, as figures and as the table that is printed at its end.

use indicatif::HumanCount;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// One file's rows: `read` is `rejected` and `loaded` together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    pub name: &'static str,
    pub read: u64,
    /// Loaded after something in them was put right.
    pub repaired: u64,
    pub rejected: u64,
    pub loaded: u64,
    /// From the first row to the last.
    pub elapsed: Duration,
}

impl FileReport {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, read: 0, repaired: 0, rejected: 0, loaded: 0, elapsed: Duration::ZERO }
    }
}

/// A finished import.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order they were loaded.
    pub files: Vec<FileReport>,
    /// What was put right, and in how many rows.
    pub repairs: Vec<(&'static str, u64)>,
    /// The file of rejected rows; `None` when there are none.
    pub rejects: Option<PathBuf>,
    /// What is to be known besides, a sentence each.
    pub notes: Vec<String>,
    /// Spent on keys and indexes, by all services together, which do it side by side.
    pub indexes: Duration,
    /// Spent on rendering documents.
    pub documents: Duration,
    pub elapsed: Duration,
    /// How many tables hold what was loaded, which is looked at before they serve; so do the rows
    /// that photos lie in.
    pub checked: usize,
    /// No database was asked: `loaded` is what an import would have loaded.
    pub is_dry: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["read", "repaired", "rejected", "loaded", "rows/s"];
        write_line(f, "file", columns.map(str::to_owned))?;
        for file in &self.files {
            let rate = rows_per_second(file.read, file.elapsed);
            let counts = [file.read, file.repaired, file.rejected, file.loaded, rate];
            write_line(f, file.name, counts.map(|count| HumanCount(count).to_string()))?;
        }
        let mut lead = "repaired: ";
        for (reason, rows) in &self.repairs {
            write!(f, "{lead}{reason} {}", HumanCount(*rows))?;
            lead = ", ";
        }
        if !self.repairs.is_empty() {
            writeln!(f)?;
        }
        if let Some(rejects) = &self.rejects {
            writeln!(f, "rejected rows, and why: {}", rejects.display())?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        let seconds = [self.indexes, self.documents, self.elapsed].map(|time| time.as_secs_f64());
        let [indexes, documents, elapsed] = seconds;
        if self.is_dry {
            return write!(f, "a dry run: nothing was loaded; everything {elapsed:.1} s");
        }
        writeln!(f, "checked: {} tables hold what was loaded", self.checked)?;
        write!(f, "indexes {indexes:.1} s, documents {documents:.1} s, everything {elapsed:.1} s")
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, name: &str, cells: [String; 5]) -> fmt::Result {
    write!(f, "{name:<26}")?;
    for cell in cells {
        write!(f, "{cell:>12}")?;
    }
    writeln!(f)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from a float saturates, and a rate is never negative"
)]
fn rows_per_second(rows: u64, elapsed: Duration) -> u64 {
    let seconds = elapsed.as_secs_f64().max(0.001);
    (rows as f64 / seconds) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_columns() {
        let mut reviews = FileReport::new("reviews.csv");
        (reviews.read, reviews.repaired, reviews.rejected) = (5_774_952, 12, 1);
        (reviews.loaded, reviews.elapsed) = (5_774_951, Duration::from_secs(10));
        let mut report = Report {
            files: vec![FileReport::new("product.csv"), reviews],
            repairs: vec![("broken quotes", 10), ("NUL bytes removed", 2)],
            rejects: Some("rejects.csv".into()),
            notes: vec!["something.".to_owned()],
            indexes: Duration::from_millis(1250),
            documents: Duration::from_millis(840),
            elapsed: Duration::from_secs(12),
            checked: 14,
            is_dry: false,
        };
        let expected = "\
file                              read    repaired    rejected      loaded      rows/s
product.csv                          0           0           0           0           0
reviews.csv                  5,774,952          12           1   5,774,951     577,495
repaired: broken quotes 10, NUL bytes removed 2
rejected rows, and why: rejects.csv
note: something.
checked: 14 tables hold what was loaded
indexes 1.2 s, documents 0.8 s, everything 12.0 s";
        assert_eq!(report.to_string(), expected);
        report.is_dry = true;
        let last = "note: something.\na dry run: nothing was loaded; everything 12.0 s";
        assert!(report.to_string().ends_with(last));
    }
}
