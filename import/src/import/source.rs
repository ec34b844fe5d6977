//! One of the set's files: its header checked before anything else happens, its rows handed to
//! the room that knows them, what is refused written down, what is repaired counted.

use super::Options;
use super::clean::Refusal;
use super::encode::CopyStream;
use super::input::Input;
use super::rejects::{Reject, Rejects};
use super::repairs::{Repair, RepairCounts, Repairs};
use super::report::FileReport;
use super::rows::{Row, Rows, Step};
use super::session::Session;
use super::stop::Stop;
use crate::progress::{Progress, Unit};
use anyhow::{Context, bail, ensure};
use std::path::Path;
use std::time::Instant;

/// So many rows of a file may be rejected whatever its size, unless another number is given: a
/// thousandth of a small file would be none.
const REJECTS_FREE: u64 = 100;

/// Past those, one row of so many may be rejected. The known files stay far below it.
const ROWS_OF_A_REJECT: u64 = 1000;

/// Past so many rejects, a look whether they are too many does not wait for the end of the file:
/// a thousandth of all ids that there can be.
const REJECTS_KEPT_MAX: u64 = 2_000_000;

/// After so many rows comes a look at whether the import goes on.
const LOOK_ROWS: u64 = 4096;

/// The most of a wrong header that is shown, in characters.
const HEADER_SHOWN_MAX: usize = 200;

/// A file's name and its columns in order. The files of other generations write `productId` for
/// `product_id`: a header's names are compared without regard to case and underscores.
#[derive(Debug)]
pub struct Layout {
    pub file: &'static str,
    pub columns: &'static [&'static str],
}

/// What the files of a service share.
#[derive(Debug)]
pub struct Ledger<'o> {
    pub options: &'o Options,
    pub stop: &'o Stop,
    pub rejects: Rejects,
    pub repairs: RepairCounts,
}

impl<'o> Ledger<'o> {
    pub fn new(options: &'o Options, stop: &'o Stop) -> Self {
        Self { options, stop, rejects: Rejects::default(), repairs: RepairCounts::default() }
    }
}

/// An open file, past its header.
#[derive(Debug)]
pub struct Source {
    layout: &'static Layout,
    rows: Rows<Input>,
    /// As they lie on the disk.
    bytes: u64,
    pub report: FileReport,
}

impl Source {
    /// Opens a file and checks its header.
    ///
    /// # Errors
    /// When it cannot be read or has other columns.
    pub fn open(directory: &Path, layout: &'static Layout) -> anyhow::Result<Self> {
        let Layout { file: name, columns } = *layout;
        let (input, bytes) = Input::open(directory, layout)?;
        let mut rows = Rows::new(input, columns.len());
        let expected = columns.join(",");
        match rows.header().with_context(|| format!("{name}: line 1: cannot read"))? {
            Some(found) if same_names(&found, columns) => {}
            Some(found) => {
                let found: String = found.join(",").chars().take(HEADER_SHOWN_MAX).collect();
                bail!("{name}: line 1: expected the columns {expected} but found {found:?}")
            }
            None => bail!("{name}: line 1: expected the columns {expected} but it is empty"),
        }
        Ok(Self { layout, rows, bytes, report: FileReport::new(name) })
    }

    /// A column's name, from 0.
    pub fn column(&self, column: usize) -> &'static str {
        self.layout.columns[column]
    }

    /// Hands every row to `take`. What it takes counts as loaded.
    ///
    /// # Errors
    /// When the file cannot be read, `take` cannot go on, or the rejects cannot be written.
    pub fn each(
        &mut self,
        ledger: &mut Ledger<'_>,
        mut take: impl FnMut(&Row<'_>, &mut Repairs) -> Result<(), Refusal>,
    ) -> anyhow::Result<()> {
        let file = self.layout.file;
        let started = Instant::now();
        let mut progress = Progress::new(file, self.bytes, Unit::Bytes, ledger.options.show);
        let mut bytes_shown = 0;
        loop {
            let bytes_read = self.rows.reader().bytes_read();
            if bytes_read > bytes_shown {
                progress.advance(bytes_read - bytes_shown);
                bytes_shown = bytes_read;
            }
            if self.report.read.is_multiple_of(LOOK_ROWS) {
                ledger.stop.check()?;
                if self.report.rejected > REJECTS_KEPT_MAX {
                    self.check_rejects(ledger)?;
                }
            }
            let line = self.rows.line();
            match self.rows.step().with_context(|| format!("line {line}: cannot read"))? {
                Step::Row(row) => {
                    let mut repairs = Repairs::default();
                    if row.repaired {
                        repairs.note(Repair::Quotes);
                    }
                    match take(&row, &mut repairs) {
                        Ok(()) => {
                            self.report.loaded += 1;
                            if repairs.any() {
                                self.report.repaired += 1;
                                ledger.repairs.add(repairs);
                            }
                        }
                        Err(Refusal::Row { column, reason }) => {
                            let (line, row) = (row.line, row.raw);
                            let column = self.layout.columns[column];
                            let reason = &reason;
                            ledger.rejects.add(Reject { file, line, column, reason, row })?;
                            self.report.rejected += 1;
                        }
                        Err(Refusal::Run(error)) => {
                            return Err(error.context(format!("line {}", row.line)));
                        }
                    }
                }
                Step::Bad(bad) => {
                    let (line, reason, row) = (bad.line, &bad.reason, bad.raw);
                    ledger.rejects.add(Reject { file, line, column: "", reason, row })?;
                    self.report.rejected += 1;
                }
                Step::End => break,
            }
            self.report.read += 1;
        }
        progress.finish();
        self.report.elapsed += started.elapsed();
        Ok(())
    }

    /// Like [`Source::each`], within the COPY that `sql` begins; then checks that not too much
    /// was rejected.
    ///
    /// # Errors
    /// As [`Source::each`], or when the database refuses the rows.
    pub fn copy(
        &mut self,
        ledger: &mut Ledger<'_>,
        session: &mut Session<'_>,
        sql: &'static str,
        mut take: impl FnMut(&Row<'_>, &mut Repairs, &mut CopyStream<'_>) -> Result<(), Refusal>,
    ) -> anyhow::Result<()> {
        let file = self.layout.file;
        session
            .copy(sql, |copy| self.each(ledger, |row, repairs| take(row, repairs, copy)))
            .context(file)?;
        self.check_rejects(ledger)
    }

    /// # Errors
    /// When more rows are rejected than may be: the file as a whole must be wrong.
    pub fn check_rejects(&self, ledger: &Ledger<'_>) -> anyhow::Result<()> {
        let FileReport { name, read, rejected, .. } = self.report;
        let rejected_max =
            ledger.options.skip_bad.unwrap_or(REJECTS_FREE.max(read / ROWS_OF_A_REJECT));
        ensure!(
            rejected <= rejected_max,
            "{name}: {rejected} of {read} rows rejected, more than {rejected_max} \
             (--skip-bad allows others); {} says why",
            ledger.options.rejects.display()
        );
        Ok(())
    }
}

/// Whether these are the columns, whatever the case of their letters, underscores or not.
fn same_names(found: &[String], columns: &[&str]) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> + '_ {
        name.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase())
    }
    let mut pairs = found.iter().zip(columns);
    found.len() == columns.len() && pairs.all(|(found, name)| letters(found).eq(letters(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Show;

    static LAYOUT: Layout = Layout { file: "things.csv", columns: &["id", "style_id"] };

    fn opened(content: &[u8]) -> Result<Source, String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("things.csv"), content).unwrap();
        Source::open(directory.path(), &LAYOUT).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_right_header_may_have_a_mark_spaces_quotes_and_capitals() {
        for header in [
            "id,style_id",
            "\u{feff}id, style_id\r\n",
            "\"id\",\"style_id\"\n1,a",
            "id,styleId",
            "ID, STYLE_ID",
        ] {
            assert!(opened(header.as_bytes()).is_ok(), "{header:?}");
        }
    }

    #[test]
    fn a_wrong_header_is_shown() {
        let expected = "things.csv: line 1: expected the columns id,style_id but ";
        for (header, rest) in [
            ("style_id,id\n", "found \"style_id,id\""),
            ("id\n", "found \"id\""),
            ("id,style\n", "found \"id,style\""),
            ("\"id,style_id\n", "found \"\\\"id,style_id\""),
            ("", "it is empty"),
        ] {
            assert_eq!(opened(header.as_bytes()).unwrap_err(), format!("{expected}{rest}"));
        }
    }

    #[test]
    fn more_rejects_than_a_thousandth_and_a_hundred_or_than_allowed_are_too_many() {
        let mut source = opened(b"id,style_id\n").unwrap();
        let (mut options, stop) = (Options::new("", Show::Hidden), Stop::default());
        for (read, rejected, skip_bad, right) in [
            (100, 100, None, true),
            (101, 101, None, false),
            (200_000, 200, None, true),
            (200_000, 201, None, false),
            (2000, 0, Some(0), true),
            (2000, 1, Some(0), false),
            (200, 150, Some(150), true),
        ] {
            (source.report.read, source.report.rejected) = (read, rejected);
            options.skip_bad = skip_bad;
            let ledger = Ledger::new(&options, &stop);
            assert_eq!(source.check_rejects(&ledger).is_ok(), right, "{rejected} of {read}");
        }
    }
}
