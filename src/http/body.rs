//! Chunked bodies: from the wire's form to the bytes they carry, in place.
//!
//! Pure: fed with what has arrived, it says how far it got. Chunk extensions are skipped and
//! trailers dropped; both are bounded, because neither carries anything this server reads.

use super::refusal::Refusal;
use std::ops::Range;

/// Bytes of one chunk-size line, its extensions included.
const SIZE_LINE_BYTES_MAX: usize = 256;
/// Bytes of all trailers together.
pub const TRAILER_BYTES_MAX: usize = 4096;
/// Hexadecimal digits of a chunk size that are read: 16 MiB, far above any body taken here.
const SIZE_DIGITS_MAX: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    SizeLine,
    Data { left: usize },
    DataEnd,
    Trailer { seen: usize },
    Done,
}

/// Decodes one chunked body lying at the start of a buffer.
#[derive(Debug)]
pub struct ChunkDecoder {
    state: State,
    /// Bytes of the wire's form consumed so far.
    pub consumed: usize,
    /// Bytes of the body decoded so far, at the start of the buffer.
    pub decoded: usize,
    decoded_max: usize,
}

impl ChunkDecoder {
    #[must_use]
    pub const fn new(decoded_max: usize) -> Self {
        Self { state: State::SizeLine, consumed: 0, decoded: 0, decoded_max }
    }

    /// What lies between the body so far and the bytes not consumed yet: of no more use, and to be
    /// cut out before the next call.
    pub fn take_waste(&mut self) -> Range<usize> {
        self.decoded..std::mem::replace(&mut self.consumed, self.decoded)
    }

    /// Decodes what has arrived. `bytes` begins where the body begins, and at each call holds all
    /// that earlier calls left. True when the body is complete.
    ///
    /// # Errors
    /// When the bytes are no chunked body, or the body is longer than allowed.
    pub fn decode(&mut self, bytes: &mut [u8]) -> Result<bool, Refusal> {
        loop {
            let rest = &bytes[self.consumed..];
            match self.state {
                State::SizeLine => {
                    let Some(line) = line_of(rest, SIZE_LINE_BYTES_MAX)? else { return Ok(false) };
                    let left = size_of(line)?;
                    if left > self.decoded_max - self.decoded {
                        return Err(Refusal::BODY_TOO_LARGE);
                    }
                    self.consumed += line.len() + 2;
                    self.state =
                        if left == 0 { State::Trailer { seen: 0 } } else { State::Data { left } };
                }
                State::Data { left } => {
                    let here = left.min(rest.len());
                    bytes.copy_within(self.consumed..self.consumed + here, self.decoded);
                    self.consumed += here;
                    self.decoded += here;
                    if here < left {
                        self.state = State::Data { left: left - here };
                        return Ok(false);
                    }
                    self.state = State::DataEnd;
                }
                State::DataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        self.consumed += 2;
                        self.state = State::SizeLine;
                    }
                    [] | [b'\r'] => return Ok(false),
                    _ => return Err(Refusal::CHUNK_UNREADABLE),
                },
                State::Trailer { seen } => {
                    let Some(line) = line_of(rest, TRAILER_BYTES_MAX - seen)? else {
                        return Ok(false);
                    };
                    self.consumed += line.len() + 2;
                    self.state = if line.is_empty() {
                        State::Done
                    } else {
                        State::Trailer { seen: (seen + line.len() + 2).min(TRAILER_BYTES_MAX) }
                    };
                }
                State::Done => return Ok(true),
            }
        }
    }
}

/// The line at the start of `rest` without its CR LF; `None` while it is not all there.
fn line_of(rest: &[u8], bytes_max: usize) -> Result<Option<&[u8]>, Refusal> {
    match memchr::memchr(b'\n', rest) {
        Some(0) => Err(Refusal::CHUNK_UNREADABLE),
        Some(at) if at > bytes_max || rest[at - 1] != b'\r' => Err(Refusal::CHUNK_UNREADABLE),
        Some(at) => Ok(Some(&rest[..at - 1])),
        None if rest.len() > bytes_max => Err(Refusal::CHUNK_UNREADABLE),
        None => Ok(None),
    }
}

fn size_of(line: &[u8]) -> Result<usize, Refusal> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let after = line[digits..].iter().find(|&&byte| byte != b' ' && byte != b'\t');
    let ends_well = matches!(after, None | Some(b';'));
    if digits == 0 || !ends_well || line.contains(&b'\r') {
        return Err(Refusal::CHUNK_UNREADABLE);
    }
    let significant = line[..digits].iter().position(|&byte| byte != b'0').unwrap_or(digits);
    if digits - significant > SIZE_DIGITS_MAX {
        return Err(Refusal::BODY_TOO_LARGE);
    }
    Ok(line[significant..digits].iter().fold(0, |size, &byte| {
        size * 16 + usize::try_from(char::from(byte).to_digit(16).unwrap_or(0)).unwrap_or(0)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body and what lies after it.
    type Decoded = (Vec<u8>, Vec<u8>);

    /// Feeds `wire` in pieces of `step` bytes.
    fn decode(wire: &[u8], step: usize) -> Result<Option<Decoded>, Refusal> {
        let mut decoder = ChunkDecoder::new(1000);
        let mut buffer = Vec::new();
        let mut fed = 0;
        for piece in wire.chunks(step) {
            buffer.extend_from_slice(piece);
            fed += piece.len();
            if decoder.decode(&mut buffer)? {
                // What came after the body in this piece, and what was not fed at all.
                let mut rest = buffer[decoder.consumed..].to_vec();
                rest.extend_from_slice(&wire[fed..]);
                return Ok(Some((buffer[..decoder.decoded].to_vec(), rest)));
            }
            buffer.drain(decoder.take_waste());
            // What stays is the body and at most one unfinished line.
            assert!(buffer.len() <= decoder.decoded + TRAILER_BYTES_MAX);
        }
        Ok(None)
    }

    #[test]
    fn chunks_in_any_pieces_give_the_body_and_leave_the_rest() {
        let wire = b"3\r\nabc\r\n00A;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /";
        for step in 1..wire.len() {
            let (body, rest) = decode(wire, step).unwrap().unwrap();
            assert_eq!(body, b"abc0123456789");
            assert_eq!(rest, b"GET /");
        }
    }

    #[test]
    fn an_unfinished_body_waits() {
        assert_eq!(decode(b"3\r\nab", 1), Ok(None));
        assert_eq!(decode(b"3\r\nabc\r\n0\r\n", 2), Ok(None));
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for wire in [
            &b"\r\n"[..],
            b"g\r\n",
            b"-1\r\n",
            b"3\nabc",
            b"3\r\nabcd\r\n",
            b"3 x\r\nabc\r\n",
            b"3\r;\r\nabc\r\n",
            b"3\x0c\r\nabc\r\n",
        ] {
            assert_eq!(decode(wire, wire.len()).unwrap_err().status.code(), 400);
        }
        assert_eq!(decode(&[b'1'; 300], 300).unwrap_err().status.code(), 400);
    }

    #[test]
    fn sizes_past_the_bound_are_refused_before_the_bytes_arrive() {
        for wire in [&b"3e9\r\n"[..], b"ffffffffffffffffff\r\n"] {
            assert_eq!(decode(wire, 4).unwrap_err().status.code(), 413);
        }
        let trailers = format!("0\r\n{}", "A: b\r\n".repeat(1000));
        assert_eq!(decode(trailers.as_bytes(), 7).unwrap_err().status.code(), 400);
    }

    #[test]
    fn any_bytes_never_panic_and_never_decode_more_than_they_are() {
        arbtest::arbtest(|random| {
            let mut bytes = random.bytes(random.len())?.to_vec();
            let mut decoder = ChunkDecoder::new(100);
            let _ = decoder.decode(&mut bytes);
            assert!(decoder.decoded <= decoder.consumed && decoder.consumed <= bytes.len());
            assert!(decoder.decoded <= 100);
            Ok(())
        });
    }
}
