//! The rows that were not taken, in a CSV file for people: file, line, column, reason and the row
//! itself, clipped. The file is made when there is a first row for it, and not before.

use anyhow::{Context, ensure};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

const COLUMNS: [&str; 5] = ["file", "line", "column", "reason", "row"];

/// A row that is not taken.
#[derive(Clone, Copy, Debug)]
pub struct Reject<'a> {
    pub file: &'static str,
    pub line: u64,
    /// Empty when the row as a whole is wrong.
    pub column: &'a str,
    pub reason: &'a str,
    pub row: &'a [u8],
}

/// The file of rejected rows.
#[derive(Debug)]
pub struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
}

impl Rejects {
    /// Checks that the file could be made, and takes away the one of an earlier import.
    ///
    /// # Errors
    /// When its directory is missing or cannot be written, or the path is something else's.
    pub fn new(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("cannot write the rejects file {}", path.display());
        match fs::metadata(path) {
            Ok(found) if found.is_file() => {
                ensure!(
                    is_ours(File::open(path).with_context(context)?),
                    "{} is no rejects file and is left alone; name another with --rejects",
                    path.display()
                );
                fs::remove_file(path).with_context(context)?;
            }
            Ok(found) => {
                ensure!(!found.is_dir(), "{}: it is a directory", context());
                // A device or a pipe is written to as it is.
                return Ok(Self { path: path.to_owned(), writer: None });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(context),
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        tempfile::tempfile_in(directory.unwrap_or(Path::new("."))).with_context(context)?;
        Ok(Self { path: path.to_owned(), writer: None })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// # Errors
    /// When the file cannot be made or written.
    pub fn add(&mut self, reject: Reject<'_>) -> anyhow::Result<()> {
        let path = &self.path;
        let context = || format!("cannot write the rejects file {}", path.display());
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let mut writer = csv::Writer::from_path(path).with_context(context)?;
                writer.write_record(COLUMNS).with_context(context)?;
                self.writer.insert(writer)
            }
        };
        let Reject { file, line, column, reason, row } = reject;
        let line = line.to_string();
        let fields = [file.as_bytes(), line.as_bytes(), column.as_bytes(), reason.as_bytes(), row];
        writer.write_record(fields).with_context(context)
    }

    /// Writes what is buffered; the file's path when there is one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self) -> anyhow::Result<Option<PathBuf>> {
        let Some(writer) = &mut self.writer else { return Ok(None) };
        writer
            .flush()
            .with_context(|| format!("cannot write the rejects file {}", self.path.display()))?;
        Ok(Some(self.path.clone()))
    }
}

/// Whether an import wrote this file, or nobody wrote anything to it.
fn is_ours(file: File) -> bool {
    let header = format!("{}\n", COLUMNS.join(","));
    let mut found = Vec::new();
    let read = file.take(header.len() as u64).read_to_end(&mut found);
    read.is_ok() && (found.is_empty() || found == header.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_with_its_first_row_and_gone_with_the_next_import() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rejects.csv");
        let mut rejects = Rejects::new(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(rejects.finish().unwrap(), None);
        let row = b"1,\"x\xff";
        let reason = "\"x\" is not 1..=5";
        let reject = Reject { file: "reviews.csv", line: 2, column: "rating", reason, row };
        rejects.add(reject).unwrap();
        assert_eq!(rejects.finish().unwrap(), Some(path.clone()));
        let expected = b"file,line,column,reason,row\n\
            reviews.csv,2,rating,\"\"\"x\"\" is not 1..=5\",\"1,\"\"x\xff\"\n";
        assert_eq!(fs::read(&path).unwrap(), expected);
        Rejects::new(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("product.csv");
        fs::write(&path, "id,name\n").unwrap();
        let error = Rejects::new(&path).unwrap_err().to_string();
        assert!(error.contains("is left alone"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"id,name\n");
    }

    #[test]
    fn a_device_is_written_to_and_never_removed() {
        Rejects::new(Path::new("/dev/null")).unwrap();
        assert!(Path::new("/dev/null").exists());
    }

    #[test]
    fn a_missing_directory_is_an_error_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none").join("rejects.csv");
        let error = format!("{:#}", Rejects::new(&path).unwrap_err());
        assert!(error.starts_with("cannot write the rejects file"), "{error}");
        let error = format!("{:#}", Rejects::new(directory.path()).unwrap_err());
        assert!(error.ends_with("it is a directory"), "{error}");
    }
}
