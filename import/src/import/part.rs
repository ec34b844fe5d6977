//! The rejected rows of one file, as they are to be written: in memory as long as they are few,
//! in a temporary file when they are many. What a reject is, `rejects` knows.

use super::rejects::Reject;
use anyhow::Context;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Rows go to the disk when they are this many bytes.
const BUFFER_BYTES: usize = 256 << 10;

/// A row among the others.
#[derive(Clone, Copy, Debug)]
struct Place {
    line: u64,
    start: u64,
    end: u64,
}

#[derive(Debug)]
pub struct Part {
    /// Whose rows these are.
    pub file: &'static str,
    buffer: Vec<u8>,
    disk: Option<File>,
    disk_bytes: u64,
    places: Vec<Place>,
}

impl Part {
    pub fn new(file: &'static str) -> Self {
        Self { file, buffer: Vec::new(), disk: None, disk_bytes: 0, places: Vec::new() }
    }

    /// # Errors
    /// When the temporary file cannot be made or written.
    pub fn add(&mut self, reject: Reject<'_>) -> anyhow::Result<()> {
        let Reject { file, line, column, reason, row } = reject;
        let start = self.disk_bytes + self.buffer.len() as u64;
        let number = line.to_string();
        let fields =
            [file.as_bytes(), number.as_bytes(), column.as_bytes(), reason.as_bytes(), row];
        let mut writer = csv::Writer::from_writer(&mut self.buffer);
        writer.write_record(fields)?;
        writer.flush()?;
        drop(writer);
        let end = self.disk_bytes + self.buffer.len() as u64;
        self.places.push(Place { line, start, end });
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let context = "cannot put rejected rows aside in a temporary file";
        let disk = match &mut self.disk {
            Some(disk) => disk,
            None => self.disk.insert(tempfile::tempfile().context(context)?),
        };
        disk.write_all_at(&self.buffer, self.disk_bytes).context(context)?;
        self.disk_bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Writes the rows in the order of their lines.
    ///
    /// # Errors
    /// When they cannot be read back or written.
    pub fn write(mut self, into: &mut dyn Write) -> io::Result<()> {
        // Photos without a parent come after rows that were refused at once.
        self.places.sort_by_key(|place| place.line);
        let mut row = Vec::new();
        for Place { start, end, .. } in &self.places {
            row.clear();
            row.resize(usize::try_from(end - start).unwrap_or(0), 0);
            match (start.checked_sub(self.disk_bytes), &self.disk) {
                (Some(start), _) => {
                    let start = usize::try_from(start).unwrap_or(0);
                    let end = start + row.len();
                    row.copy_from_slice(&self.buffer[start..end]);
                }
                (None, Some(disk)) => disk.read_exact_at(&mut row, *start)?,
                (None, None) => {}
            }
            into.write_all(&row)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_rows_come_back_in_the_order_of_their_lines() {
        let mut part = Part::new("a");
        let row = "x".repeat(500);
        let lines = (2000..3000).chain(1000..2000);
        for line in lines {
            let row = format!("{row}{line}");
            let reject = Reject { file: "a", line, column: "", reason: "r", row: row.as_bytes() };
            part.add(reject).unwrap();
        }
        assert!(part.disk_bytes > 0 && !part.buffer.is_empty());
        let mut written = Vec::new();
        part.write(&mut written).unwrap();
        let expected: String =
            (1000..3000).map(|line| format!("a,{line},,r,{row}{line}\n")).collect();
        assert!(written == expected.as_bytes());
    }
}
