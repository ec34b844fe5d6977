//! A file of the set as it lies on the disk: as it is, or gzip'd. What is read of it is counted
//! in bytes of the disk, so that progress can be told before the whole is unpacked.

use super::source::Layout;
use anyhow::{Context, bail, ensure};
use flate2::bufread::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

/// What is read of a gzip'd file at once, in bytes.
const READ_BYTES: usize = 256 << 10;

/// What a gzip'd file is called, after the name of the file in it.
const SUFFIX: &str = ".gz";

/// Which forms of a file a directory has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Gzip,
    Both,
    Missing,
}

impl Form {
    pub fn of(directory: &Path, layout: &Layout) -> Self {
        let is_there = |suffix: &str| {
            let found = fs::metadata(directory.join(format!("{}{suffix}", layout.file)));
            !found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
        };
        match (is_there(""), is_there(SUFFIX)) {
            (true, false) => Self::Plain,
            (false, true) => Self::Gzip,
            (true, true) => Self::Both,
            (false, false) => Self::Missing,
        }
    }
}

/// A file that counts what is read of it.
#[derive(Debug)]
pub struct Counted {
    file: File,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

/// The content of a file, whatever its form.
#[derive(Debug)]
pub enum Input {
    Plain(Counted),
    /// All members, one after the other, as `cat` puts them together.
    Gzip(Box<MultiGzDecoder<BufReader<Counted>>>),
}

impl Input {
    /// Opens a file in the one form that there is; its bytes on the disk besides.
    ///
    /// # Errors
    /// When it is there in no form or in both, or cannot be opened.
    pub fn open(directory: &Path, layout: &Layout) -> anyhow::Result<(Self, u64)> {
        let name = layout.file;
        let form = Form::of(directory, layout);
        if form == Form::Both {
            bail!("{name} and {name}{SUFFIX} are both there: take one of them away");
        }
        let suffix = if form == Form::Gzip { SUFFIX } else { "" };
        let file = File::open(directory.join(format!("{name}{suffix}"))).context(name)?;
        let metadata = file.metadata().context(name)?;
        ensure!(!metadata.is_dir(), "{name}: it is a directory");
        let counted = Counted { file, bytes: 0 };
        let input = match form {
            Form::Gzip => {
                let buffered = BufReader::with_capacity(READ_BYTES, counted);
                Self::Gzip(Box::new(MultiGzDecoder::new(buffered)))
            }
            _ => Self::Plain(counted),
        };
        Ok((input, metadata.len()))
    }

    /// Bytes read from the disk until now.
    pub fn bytes_read(&self) -> u64 {
        match self {
            Self::Plain(counted) => counted.bytes,
            Self::Gzip(decoder) => decoder.get_ref().get_ref().bytes,
        }
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(counted) => counted.read(into),
            Self::Gzip(decoder) => decoder.read(into).map_err(|error| {
                io::Error::new(error.kind(), format!("the gzip'd file is not whole: {error}"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    static LAYOUT: Layout = Layout { file: "things.csv", columns: &["id"] };

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<(Vec<u8>, u64), String> {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("things.csv.gz"), bytes).unwrap();
        assert_eq!(Form::of(directory.path(), &LAYOUT), Form::Gzip);
        let (mut input, size) = Input::open(directory.path(), &LAYOUT).unwrap();
        assert_eq!(size, bytes.len() as u64);
        let mut content = Vec::new();
        match input.read_to_end(&mut content) {
            Ok(_) => Ok((content, input.bytes_read())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn all_members_are_read_and_counted_as_they_lie_on_the_disk() {
        let members = [packed(b"id\n1\n"), packed(b""), packed(b"2\n")].concat();
        assert_eq!(read(&members), Ok((b"id\n1\n2\n".to_vec(), members.len() as u64)));
    }

    #[test]
    fn a_file_that_is_cut_off_or_changed_is_never_taken_for_a_whole_one() {
        let whole = [packed(b"id\n1\n"), packed(&b"22\n".repeat(1000))].concat();
        let first = packed(b"id\n1\n").len();
        for length in (0..whole.len()).filter(|length| *length != first) {
            assert!(read(&whole[..length]).is_err(), "{length} of {} bytes", whole.len());
        }
        for place in [first + 20, whole.len() - 6, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            assert!(read(&changed).is_err(), "byte {place}");
        }
        assert!(read(&[&whole[..], b"\0\0\0"].concat()).is_err());
        assert!(read(b"id\n1\n").unwrap_err().starts_with("the gzip'd file is not whole: "));
    }
}
