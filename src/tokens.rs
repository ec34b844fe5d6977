//! Tokens: the `Authorization` of a request as a hash, and the list of those that are let in.
//!
//! A token is never kept, logged or sent to the database, only its SHA-256.

use crate::http::Request;
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use subtle::ConstantTimeEq;

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// Tokens that one file may list: each is compared with each request's, which takes about 20 ns.
const TOKENS_MAX: usize = 1000;

/// The longest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

type Hash = [u8; HASH_BYTES];

/// Who may ask: the hashes of the tokens in a file.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    /// Locked for as long as it takes to count a reference; workers never wait for a reload.
    hashes: RwLock<Arc<[Hash]>>,
}

/// The hash of what a request has as its `Authorization`, the raw value; of nothing where it has
/// none.
#[must_use]
pub fn hash_of(request: &Request<'_>) -> Hash {
    hash(request.header("authorization").unwrap_or_default())
}

fn hash(token: &[u8]) -> Hash {
    Sha256::digest(token).into()
}

impl Tokens {
    /// Reads the tokens of a file: one a line, empty lines and those that begin with `#` left out.
    ///
    /// # Errors
    /// When it cannot be read, or has no token or too many.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), hashes: RwLock::new(read(path)?) })
    }

    /// Reads the file again. When that fails the old tokens stay.
    ///
    /// # Errors
    /// As [`Tokens::read`].
    pub fn reload(&self) -> Result<usize> {
        let hashes = read(&self.path)?;
        let count = hashes.len();
        *self.hashes.write().unwrap_or_else(PoisonError::into_inner) = hashes;
        Ok(count)
    }

    /// Whether a request's token is listed. Takes the same time for any token, so that nobody
    /// finds one out piece by piece.
    #[must_use]
    pub fn admit(&self, request: &Request<'_>) -> bool {
        let given = hash_of(request);
        let hashes = Arc::clone(&self.hashes.read().unwrap_or_else(PoisonError::into_inner));
        let found = hashes.iter().fold(subtle::Choice::from(0), |found, listed| {
            found | listed.as_slice().ct_eq(given.as_slice())
        });
        found.into()
    }
}

fn read(path: &Path) -> Result<Arc<[Hash]>> {
    let shown = path.display();
    let context = || format!("cannot read the tokens in {shown}");
    // Anything else might never end, and whoever waits for it hears no other signal.
    let is_file = std::fs::metadata(path).with_context(context)?.is_file();
    ensure!(is_file, "cannot read the tokens in {shown}: it is no file");
    let mut text = Vec::new();
    let file = File::open(path).with_context(context)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut text).with_context(context)?;
    ensure!(text.len() as u64 <= FILE_BYTES_MAX, "{shown} has more than {FILE_BYTES_MAX} bytes");
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let hashes: Arc<[Hash]> =
        lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")).map(hash).collect();
    ensure!(!hashes.is_empty(), "{shown} has no token: write one a line");
    ensure!(hashes.len() <= TOKENS_MAX, "{shown} has more than {TOKENS_MAX} tokens");
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        std::fs::write(&path, text).unwrap();
        (directory, path)
    }

    #[test]
    fn a_file_has_a_token_a_line() {
        let (_directory, path) = written("# ours\none\r\n\n  two \n#three\n");
        assert_eq!(*read(&path).unwrap(), [hash(b"one"), hash(b"two")]);
    }

    #[test]
    fn a_file_without_a_token_lets_nobody_in_by_mistake() {
        for text in ["", "\n\n", "# none\n"] {
            let (_directory, path) = written(text);
            assert!(read(&path).unwrap_err().to_string().contains("has no token"));
        }
        let (_directory, path) = written(&"x\n".repeat(TOKENS_MAX + 1));
        assert!(read(&path).unwrap_err().to_string().contains("more than 1000"));
    }

    #[test]
    fn what_is_no_file_or_a_giant_is_not_read() {
        let shown = |path: &Path| format!("{:#}", read(path).unwrap_err());
        assert!(shown(Path::new("/dev/zero")).ends_with("it is no file"));
        assert!(shown(std::env::temp_dir().as_path()).ends_with("it is no file"));
        let (_directory, path) = written(&"x".repeat(1 << 20 | 1));
        assert!(shown(&path).ends_with("has more than 1048576 bytes"));
    }

    #[test]
    fn a_reload_that_fails_keeps_the_old_tokens() {
        let (_directory, path) = written("one");
        let tokens = Tokens::read(&path).unwrap();
        std::fs::write(&path, "two\nthree").unwrap();
        assert_eq!(tokens.reload().unwrap(), 2);
        std::fs::remove_file(&path).unwrap();
        assert!(format!("{:#}", tokens.reload().unwrap_err()).starts_with("cannot read"));
        assert_eq!(tokens.hashes.read().unwrap().len(), 2);
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(hash(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
