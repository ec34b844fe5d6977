//! The rows that were not taken, in a CSV file for people: file, line, column, reason and the row
//! itself, clipped. They are gathered file by file while several are read, and put together at the
//! end, in the order of files and lines; the file is made when there is a row for it.

use super::part::Part;
use anyhow::{Context, ensure};
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Read, Write};
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

/// The rejected rows of some files.
#[derive(Debug, Default)]
pub struct Rejects {
    parts: Vec<Part>,
}

impl Rejects {
    /// # Errors
    /// When there is no room for what is put aside.
    pub fn add(&mut self, reject: Reject<'_>) -> anyhow::Result<()> {
        let known = self.parts.iter().position(|part| part.file == reject.file);
        let place = known.unwrap_or_else(|| {
            self.parts.push(Part::new(reject.file));
            self.parts.len() - 1
        });
        self.parts[place].add(reject)
    }

    /// Takes those of other files in.
    pub fn absorb(&mut self, other: Self) {
        self.parts.extend(other.parts);
    }
}

/// The file that all rejected rows go to.
#[derive(Debug)]
pub struct RejectsFile {
    path: PathBuf,
}

impl RejectsFile {
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
                return Ok(Self { path: path.to_owned() });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(context),
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        tempfile::tempfile_in(directory.unwrap_or(Path::new("."))).with_context(context)?;
        Ok(Self { path: path.to_owned() })
    }

    /// Writes all rows, those of the files in this order; the file's path when there is a row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, rejects: Rejects, files: &[&str]) -> anyhow::Result<Option<PathBuf>> {
        let mut parts = rejects.parts;
        if parts.is_empty() {
            return Ok(None);
        }
        let context = || format!("cannot write the rejects file {}", self.path.display());
        parts.sort_by_key(|part| files.iter().position(|file| *file == part.file));
        let mut writer = BufWriter::new(File::create(&self.path).with_context(context)?);
        writeln!(writer, "{}", COLUMNS.join(",")).with_context(context)?;
        for part in parts {
            part.write(&mut writer).with_context(context)?;
        }
        writer.flush().with_context(context)?;
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
        let file = RejectsFile::new(&path).unwrap();
        assert_eq!(file.write(Rejects::default(), &["reviews.csv"]).unwrap(), None);
        assert!(!path.exists());
        let row = b"1,\"x\xff";
        let reason = "\"x\" is not 1..=5";
        let reject = Reject { file: "reviews.csv", line: 2, column: "rating", reason, row };
        let mut rejects = Rejects::default();
        rejects.add(reject).unwrap();
        assert_eq!(file.write(rejects, &["reviews.csv"]).unwrap(), Some(path.clone()));
        let expected = b"file,line,column,reason,row\n\
            reviews.csv,2,rating,\"\"\"x\"\" is not 1..=5\",\"1,\"\"x\xff\"\n";
        assert_eq!(fs::read(&path).unwrap(), expected);
        RejectsFile::new(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn rows_stand_in_the_order_of_files_and_lines() {
        let directory = tempfile::tempdir().unwrap();
        let file = RejectsFile::new(&directory.path().join("rejects.csv")).unwrap();
        let (mut some, mut others) = (Rejects::default(), Rejects::default());
        for (file, line) in [("b", 7), ("a", 3), ("b", 2), ("c", 1)] {
            let rejects = if file == "a" { &mut others } else { &mut some };
            rejects.add(Reject { file, line, column: "", reason: "", row: b"x" }).unwrap();
        }
        others.absorb(some);
        let path = file.write(others, &["a", "b", "c"]).unwrap().unwrap();
        let expected = "file,line,column,reason,row\na,3,,,x\nb,2,,,x\nb,7,,,x\nc,1,,,x\n";
        assert_eq!(fs::read_to_string(path).unwrap(), expected);
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("product.csv");
        fs::write(&path, "id,name\n").unwrap();
        let error = RejectsFile::new(&path).unwrap_err().to_string();
        assert!(error.contains("is left alone"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"id,name\n");
    }

    #[test]
    fn a_device_is_written_to_and_never_removed() {
        RejectsFile::new(Path::new("/dev/null")).unwrap();
        assert!(Path::new("/dev/null").exists());
    }

    #[test]
    fn a_missing_directory_is_an_error_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none").join("rejects.csv");
        let error = format!("{:#}", RejectsFile::new(&path).unwrap_err());
        assert!(error.starts_with("cannot write the rejects file"), "{error}");
        let error = format!("{:#}", RejectsFile::new(directory.path()).unwrap_err());
        assert!(error.ends_with("it is a directory"), "{error}");
    }
}
