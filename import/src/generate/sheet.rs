//! One CSV file on its way to the disk, in the real files' form: text between double quotes,
//! everything else bare, rows parted by newlines and none after the last.
//!
//! Rows are built straight in the buffer. What is in them is the business of the rooms of `files`.

use super::FileSummary;
use super::digits::Digits;
use anyhow::{Context, anyhow};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The buffer goes to the file when it holds this much; a row adds at most a few KiB.
const BUFFER_BYTES: usize = 1024 * 1024;

/// Room for the row that fills the buffer, so that it never grows.
const ROW_BYTES: usize = 16 * 1024;

/// A file being written.
#[derive(Debug)]
pub struct Sheet {
    name: &'static str,
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    rows: u64,
    bytes: u64,
}

impl Sheet {
    /// Makes the file; one that is there already might be somebody's real data, and stays.
    pub fn create(directory: &Path, name: &'static str, header: &str) -> anyhow::Result<Self> {
        let path = directory.join(name);
        let file = File::create_new(&path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                anyhow!("{} is there already: give another directory", path.display())
            }
            _ => anyhow!(error).context(format!("cannot write {}", path.display())),
        })?;
        let mut buffer = Vec::with_capacity(BUFFER_BYTES + ROW_BYTES);
        buffer.extend_from_slice(header.as_bytes());
        Ok(Self { name, path, file, buffer, rows: 0, bytes: 0 })
    }

    /// Begins a row; [`Row::end`] must end it.
    pub fn row(&mut self) -> Row<'_> {
        self.buffer.push(b'\n');
        Row { sheet: self, first: true }
    }

    /// Writes what is left.
    pub fn finish(mut self) -> anyhow::Result<FileSummary> {
        self.flush()?;
        Ok(FileSummary { name: self.name, rows: self.rows, bytes: self.bytes })
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        self.file
            .write_all(&self.buffer)
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        self.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// The row being written, field by field.
#[must_use = "a row is complete when its end is called"]
pub struct Row<'a> {
    sheet: &'a mut Sheet,
    first: bool,
}

impl Row<'_> {
    /// A bare number.
    pub fn number(mut self, number: u64) -> Self {
        self.comma();
        self.sheet.buffer.extend_from_slice(Digits::of(number).as_bytes());
        self
    }

    /// Bare `true` or `false`.
    pub fn boolean(self, value: bool) -> Self {
        self.bare(if value { "true" } else { "false" })
    }

    /// Bare `null`, which is not the text "null".
    pub fn null(self) -> Self {
        self.bare("null")
    }

    /// Text between double quotes, those inside it doubled.
    pub fn text(mut self, text: &str) -> Self {
        self = self.text_unclosed(text);
        self.sheet.buffer.push(b'"');
        self
    }

    /// Text whose closing quote was lost, as a few of the real photos have it.
    pub fn text_unclosed(mut self, text: &str) -> Self {
        self.comma();
        let buffer = &mut self.sheet.buffer;
        buffer.push(b'"');
        for (index, piece) in text.split('"').enumerate() {
            if index > 0 {
                buffer.extend_from_slice(b"\"\"");
            }
            buffer.extend_from_slice(piece.as_bytes());
        }
        self
    }

    /// Bare `1` or `0`.
    pub fn flag(self, value: bool) -> Self {
        self.bare(if value { "1" } else { "0" })
    }

    /// Counts the row and writes the buffer when it is full.
    pub fn end(self) -> anyhow::Result<()> {
        self.sheet.rows += 1;
        if self.sheet.buffer.len() >= BUFFER_BYTES { self.sheet.flush() } else { Ok(()) }
    }

    fn bare(mut self, word: &str) -> Self {
        self.comma();
        self.sheet.buffer.extend_from_slice(word.as_bytes());
        self
    }

    fn comma(&mut self) {
        if !self.first {
            self.sheet.buffer.push(b',');
        }
        self.first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fill: impl FnOnce(&mut Sheet)) -> (String, FileSummary) {
        let directory = tempfile::tempdir().unwrap();
        let mut sheet = Sheet::create(directory.path(), "rows.csv", "id,text").unwrap();
        fill(&mut sheet);
        let summary = sheet.finish().unwrap();
        (std::fs::read_to_string(directory.path().join("rows.csv")).unwrap(), summary)
    }

    #[test]
    fn text_is_quoted_and_the_rest_is_bare() {
        let (text, summary) = written(|sheet| {
            sheet.row().number(0).text("a 9\" hem,\n\"wide\"").end().unwrap();
            sheet.row().number(u64::MAX).text("").null().boolean(true).end().unwrap();
        });
        let rows = "0,\"a 9\"\" hem,\n\"\"wide\"\"\"\n18446744073709551615,\"\",null,true";
        assert_eq!(text, format!("id,text\n{rows}"));
        assert_eq!((summary.rows, summary.bytes), (2, text.len() as u64));
    }

    #[test]
    fn a_flag_is_a_digit_and_a_lost_quote_is_not_there() {
        let (text, _) = written(|sheet| {
            sheet.row().flag(true).flag(false).text_unclosed("q=80").end().unwrap();
            sheet.row().number(2).end().unwrap();
        });
        assert_eq!(text, "id,text\n1,0,\"q=80\n2");
    }

    #[test]
    fn a_sheet_without_rows_is_its_header() {
        assert_eq!(written(|_| ()).0, "id,text");
    }

    #[test]
    fn a_file_larger_than_the_buffer_is_complete() {
        let (text, summary) = written(|sheet| {
            for id in 0..300_000 {
                sheet.row().number(id).text("x").end().unwrap();
            }
        });
        assert!(text.len() > 2 * BUFFER_BYTES);
        assert_eq!(summary.bytes, text.len() as u64);
        assert!(text.lines().skip(1).enumerate().all(|(id, row)| row == format!("{id},\"x\"")));
    }

    #[test]
    fn a_file_that_cannot_be_made_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        let message = format!("{:#}", Sheet::create(&missing, "rows.csv", "id").unwrap_err());
        let expected = format!("cannot write {}: ", missing.join("rows.csv").display());
        assert!(message.starts_with(&expected) && !message.contains('\n'), "{message}");
    }

    /// Linux has a file that is always full.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_with_the_name_of_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut sheet = Sheet::create(directory.path(), "rows.csv", "id").unwrap();
        sheet.file = File::create("/dev/full").unwrap();
        let message = format!("{:#}", sheet.finish().unwrap_err());
        let path = directory.path().join("rows.csv");
        let expected = format!("cannot write {}: No space left on device", path.display());
        assert!(message.starts_with(&expected), "{message}");
    }
}
