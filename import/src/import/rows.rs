//! A file's rows, one at a time, from any reader, in constant memory. A row whose quoting is
//! broken is repaired from its own line or handed out as bad; it never takes a following line
//! with it. What the fields mean is not decided here.
//!
//! The rule that holds for any input: **a line that is a whole row by itself (the right number of
//! fields, the first a whole number) is never part of a row that began on an earlier line.**

use super::scan::{self, FIELD_BYTES_MAX, Scan, Span};
use memchr::memchr;
use std::io::{self, ErrorKind, Read};

/// The longest record, all its fields and lines together, in bytes.
const RECORD_BYTES_MAX: usize = 4 << 20;

/// The buffer's first size; it doubles when a record is longer.
const BUFFER_BYTES: usize = 256 << 10;

/// The most of a bad row that is shown, in bytes.
pub const CLIP_BYTES: usize = 500;

/// The most columns that a header is searched for.
const HEADER_COLUMNS_MAX: usize = 64;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One field of a row; `""` within quotes has become one quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    pub bytes: &'a [u8],
    pub quoted: bool,
}

/// One row with as many fields as the file has columns.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its quoting was broken, and it was read from its line alone.
    pub repaired: bool,
    /// The row as it stands in the file, clipped to [`CLIP_BYTES`].
    pub raw: &'a [u8],
    bytes: &'a [u8],
    unescaped: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Row<'a> {
    /// The field of a column, from 0.
    pub fn field(&self, column: usize) -> Field<'a> {
        let span = self.spans[column];
        let bytes = if span.doubled { self.unescaped } else { self.bytes };
        Field { bytes: &bytes[span.start..span.end], quoted: span.quoted }
    }
}

/// A line that is no row.
#[derive(Clone, Debug)]
pub struct Bad<'a> {
    pub line: u64,
    pub reason: String,
    /// The line, clipped to [`CLIP_BYTES`].
    pub raw: &'a [u8],
}

/// What comes next in a file.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    Row(Row<'a>),
    Bad(Bad<'a>),
    End,
}

/// What the next record is, before it is handed out.
enum Found {
    Whole { end: usize, lines: u64 },
    Repaired { end: usize },
    Bad { end: usize, lines: u64, reason: String },
    Blank { end: usize },
    More,
}

/// The rows of one file.
#[derive(Debug)]
pub struct Rows<R> {
    reader: R,
    columns: usize,
    buffer: Vec<u8>,
    /// The unread bytes are `buffer[start..filled]`.
    start: usize,
    filled: usize,
    ended: bool,
    /// The rest of a line too long to look at is to be passed over.
    discarding: bool,
    /// The line that `start` is on, from 1.
    line: u64,
    spans: Vec<Span>,
    /// The fields in which `""` became one quote.
    unescaped: Vec<u8>,
    inner: Vec<Span>,
}

impl<R: Read> Rows<R> {
    /// Rows of `columns` fields each; the header has to be taken first, with [`Rows::header`].
    pub fn new(reader: R, columns: usize) -> Self {
        Self {
            reader,
            columns,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            filled: 0,
            ended: false,
            discarding: false,
            line: 1,
            spans: Vec::new(),
            unescaped: Vec::new(),
            inner: Vec::new(),
        }
    }

    /// Where the bytes come from.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// The line that comes next, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The first line's fields, trimmed, without a byte order mark; `None` for an empty file.
    /// A line that is not CSV is one field.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn header(&mut self) -> io::Result<Option<Vec<String>>> {
        let line_bytes = loop {
            let unread = &self.buffer[self.start..self.filled];
            match memchr(b'\n', unread) {
                Some(end) => break end + 1,
                None if self.ended || unread.len() >= BUFFER_BYTES => break unread.len(),
                None => self.refill()?,
            }
        };
        if line_bytes == 0 {
            return Ok(None);
        }
        let line = &self.buffer[self.start..self.start + line_bytes];
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let spans_max = HEADER_COLUMNS_MAX;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let fields = match scan::strict(line, true, &mut self.spans, spans_max) {
            Scan::Whole { .. } => {
                self.spans.iter().map(|span| text(&line[span.start..span.end])).collect()
            }
            _ => vec![text(line)],
        };
        self.start += line_bytes;
        self.line += 1;
        Ok(Some(fields))
    }

    /// The next row or bad line.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn step(&mut self) -> io::Result<Step<'_>> {
        if self.discarding {
            self.discard()?;
        }
        loop {
            if self.start == self.filled {
                if self.ended {
                    return Ok(Step::End);
                }
                self.refill()?;
                continue;
            }
            let line = self.line;
            let record = self.start;
            match self.find() {
                Found::More => self.refill()?,
                Found::Blank { end } => self.pass(end, 1),
                Found::Whole { end, lines } => {
                    self.pass(end, lines);
                    return Ok(Step::Row(self.row(record, line, false)));
                }
                Found::Repaired { end } => {
                    self.pass(end, 1);
                    return Ok(Step::Row(self.row(record, line, true)));
                }
                Found::Bad { end, lines, reason } => {
                    self.pass(end, lines);
                    return Ok(Step::Bad(Bad { line, reason, raw: self.raw(record) }));
                }
            }
        }
    }

    fn find(&mut self) -> Found {
        let unread = &self.buffer[self.start..self.filled];
        match scan::strict(unread, self.ended, &mut self.spans, self.columns) {
            Scan::Whole { end, lines: 1, fields } => {
                if end > RECORD_BYTES_MAX {
                    Found::Bad { end, lines: 1, reason: row_too_long() }
                } else if fields == self.columns {
                    Found::Whole { end, lines: 1 }
                } else if scan::without_line_end(&unread[..end]).trim_ascii().is_empty() {
                    Found::Blank { end }
                } else {
                    Found::Bad { end, lines: 1, reason: count_reason(self.columns, fields) }
                }
            }
            Scan::Whole { end, lines, fields } => {
                let right = fields == self.columns && end <= RECORD_BYTES_MAX;
                if right && !holds_a_row(&unread[..end], self.columns, &mut self.inner) {
                    Found::Whole { end, lines }
                } else {
                    self.find_in_line()
                }
            }
            Scan::More if unread.len() <= RECORD_BYTES_MAX => Found::More,
            Scan::Broken | Scan::TooLong | Scan::More => self.find_in_line(),
        }
    }

    /// Reads the record from its first line alone, since its quoting leads astray.
    fn find_in_line(&mut self) -> Found {
        let unread = &self.buffer[self.start..self.filled];
        let end = match memchr(b'\n', unread) {
            Some(end) => end + 1,
            None if self.ended => unread.len(),
            None if unread.len() <= RECORD_BYTES_MAX => return Found::More,
            None => {
                self.discarding = true;
                unread.len()
            }
        };
        let lines = u64::from(!self.discarding);
        if end > RECORD_BYTES_MAX {
            return Found::Bad { end, lines, reason: row_too_long() };
        }
        let line = &unread[..end];
        let mut fields = scan::lenient(line, &mut self.spans, self.columns);
        if fields != self.columns {
            fields = scan::plain(line, &mut self.spans, self.columns);
        }
        if fields != self.columns {
            let reason = format!("broken quotes, and {}", count_reason(self.columns, fields));
            return Found::Bad { end, lines, reason };
        }
        if self.spans.iter().any(|span| span.end - span.start > FIELD_BYTES_MAX) {
            let reason = format!("a field is longer than {FIELD_BYTES_MAX} bytes");
            return Found::Bad { end, lines, reason };
        }
        Found::Repaired { end }
    }

    fn pass(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.line += lines;
    }

    /// The row from `record` to `self.start`, whose spans were just found.
    fn row(&mut self, record: usize, line: u64, repaired: bool) -> Row<'_> {
        let bytes = &self.buffer[record..self.start];
        self.unescaped.clear();
        for span in self.spans.iter_mut().filter(|span| span.doubled) {
            let start = self.unescaped.len();
            scan::undouble(&bytes[span.start..span.end], &mut self.unescaped);
            span.start = start;
            span.end = self.unescaped.len();
        }
        let spans = &self.spans;
        Row { line, repaired, raw: self.raw(record), bytes, unescaped: &self.unescaped, spans }
    }

    fn raw(&self, record: usize) -> &[u8] {
        let raw = scan::without_line_end(&self.buffer[record..self.start]);
        &raw[..raw.len().min(CLIP_BYTES)]
    }

    /// Passes over the rest of a line that is longer than the buffer may be.
    fn discard(&mut self) -> io::Result<()> {
        self.discarding = false;
        loop {
            let unread = &self.buffer[self.start..self.filled];
            if let Some(end) = memchr(b'\n', unread) {
                self.pass(end + 1, 1);
                return Ok(());
            }
            self.start = self.filled;
            if self.ended {
                return Ok(());
            }
            self.refill()?;
        }
    }

    /// Reads more behind the unread bytes, which move to the front of the buffer.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        // Filled to the end, so that what was scanned in vain was at most as long as what is new.
        while self.filled < self.buffer.len() && !self.ended {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether a line after the first of a record is itself a whole row: then it is no text of the
/// record's, but a row that a stray quote would swallow.
fn holds_a_row(record: &[u8], columns: usize, spans: &mut Vec<Span>) -> bool {
    let mut lines = record.split_inclusive(|byte| *byte == b'\n').skip(1);
    lines.any(|line| {
        let Scan::Whole { fields, .. } = scan::strict(line, true, spans, columns) else {
            return false;
        };
        let first = line[spans[0].start..spans[0].end].trim_ascii();
        fields == columns && !first.is_empty() && first.iter().all(u8::is_ascii_digit)
    })
}

fn row_too_long() -> String {
    format!("the row is longer than {RECORD_BYTES_MAX} bytes")
}

fn count_reason(expected: usize, found: usize) -> String {
    let s = if found == 1 { "" } else { "s" };
    format!("{found} field{s} where {expected} are expected")
}

#[cfg(test)]
mod tests;
