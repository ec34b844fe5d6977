//! The few messages of the hot path, encoded and framed by hand: Bind, Execute and Sync on the
//! way out, headers on the way in. Everything else goes through `postgres-protocol`.

use super::statement::{Statement, oid};
use postgres_protocol::Oid;

/// Text and binary are the two formats; both ways everything here is binary.
const BINARY: i16 = 1;

/// Appends to a connection's output the parameters of one request.
pub struct Bind<'o> {
    output: &'o mut Vec<u8>,
    /// Where the request begins.
    start: usize,
    count: usize,
    /// Whether the request stands: otherwise no trace of it is to stay, not even after a panic of
    /// whoever writes the parameters, because others' requests follow in the same output.
    complete: bool,
}

/// Appends one request to `output`: Bind with the parameters that `parameters` writes, and Execute
/// for all rows. False, and `output` as it was, when the parameters are not as many as the
/// statement has or are too large for a message.
#[must_use]
pub fn encode_request(
    output: &mut Vec<u8>,
    statement: &Statement,
    parameters: impl FnOnce(&mut Bind<'_>),
) -> bool {
    let start = output.len();
    output.push(b'B');
    output.extend_from_slice(&[0; 4]);
    // The unnamed portal.
    output.push(0);
    output.extend_from_slice(statement.name.as_bytes());
    output.push(0);
    put_i16(output, 1);
    put_i16(output, BINARY);
    let count = i16::try_from(statement.parameters.len()).unwrap_or(i16::MAX);
    put_i16(output, count);
    let mut bind = Bind { output, start, count: 0, complete: false };
    parameters(&mut bind);
    bind.finish(statement.parameters.len())
}

/// Appends the Sync that ends the requests before it: the server sends what it has, and an error
/// among them concerns nothing that follows.
pub fn encode_sync(output: &mut Vec<u8>) {
    output.extend_from_slice(b"S\0\0\0\x04");
}

impl Bind<'_> {
    pub fn int4(&mut self, value: i32) {
        self.value(&value.to_be_bytes());
    }

    pub fn int8(&mut self, value: i64) {
        self.value(&value.to_be_bytes());
    }

    pub fn int2(&mut self, value: i16) {
        self.value(&value.to_be_bytes());
    }

    pub fn bool(&mut self, value: bool) {
        self.value(&[u8::from(value)]);
    }

    pub fn bytea(&mut self, value: &[u8]) {
        self.value(value);
    }

    pub fn text(&mut self, value: &str) {
        self.value(value.as_bytes());
    }

    /// An `int4[]`.
    pub fn int4_array(&mut self, values: impl ExactSizeIterator<Item = i32>) {
        self.array(oid::INT4, values, |output, value| {
            output.extend_from_slice(&4_i32.to_be_bytes());
            output.extend_from_slice(&value.to_be_bytes());
        });
    }

    /// A `text[]`.
    pub fn text_array<'t>(&mut self, values: impl ExactSizeIterator<Item = &'t str>) {
        self.array(oid::TEXT, values, |output, value| {
            let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
            output.extend_from_slice(&length.to_be_bytes());
            output.extend_from_slice(value.as_bytes());
        });
    }

    /// An integer as the type `oid`, `int4` or `int8`, has it. One that does not fit, or of another
    /// type, is left out, so that the request is refused.
    pub fn integer(&mut self, oid: Oid, value: i64) {
        match (oid, i32::try_from(value)) {
            (oid::INT4, Ok(value)) => self.int4(value),
            (oid::INT8, _) => self.int8(value),
            _ => {}
        }
    }

    /// As [`Bind::integer`], an array of the type.
    pub fn integer_array(&mut self, oid: Oid, values: impl ExactSizeIterator<Item = i64> + Clone) {
        match oid {
            oid::INT4 if values.clone().all(|value| i32::try_from(value).is_ok()) => {
                self.int4_array(values.map(|value| i32::try_from(value).unwrap_or(0)));
            }
            oid::INT8 => self.array(oid, values, |output, value| {
                output.extend_from_slice(&8_i32.to_be_bytes());
                output.extend_from_slice(&value.to_be_bytes());
            }),
            _ => {}
        }
    }

    /// Ends the request, if it has `count` parameters; whether it stands.
    fn finish(mut self, count: usize) -> bool {
        put_i16(self.output, 1);
        put_i16(self.output, BINARY);
        let length = i32::try_from(self.output.len() - self.start - 1);
        if let (Ok(length), true) = (length, self.count == count) {
            self.output[self.start + 1..self.start + 5].copy_from_slice(&length.to_be_bytes());
            // Execute: the unnamed portal, no limit of rows.
            self.output.extend_from_slice(b"E\0\0\0\x09\0\0\0\0\0");
            self.complete = true;
        }
        self.complete
    }

    fn value(&mut self, bytes: &[u8]) {
        // A length past i32 makes the whole message too long, which `encode_request` refuses.
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.output.extend_from_slice(&length.to_be_bytes());
        self.output.extend_from_slice(bytes);
        self.count += 1;
    }

    fn array<T>(
        &mut self,
        element: u32,
        values: impl ExactSizeIterator<Item = T>,
        mut put: impl FnMut(&mut Vec<u8>, T),
    ) {
        let start = self.output.len();
        self.output.extend_from_slice(&[0; 4]);
        let count = i32::try_from(values.len()).unwrap_or(i32::MAX);
        // Dimensions, "has nulls", the elements' type, then the one dimension from index 1.
        let dimensions = i32::from(count > 0);
        self.output.extend_from_slice(&dimensions.to_be_bytes());
        self.output.extend_from_slice(&0_i32.to_be_bytes());
        self.output.extend_from_slice(&element.to_be_bytes());
        if count > 0 {
            self.output.extend_from_slice(&count.to_be_bytes());
            self.output.extend_from_slice(&1_i32.to_be_bytes());
        }
        for value in values {
            put(self.output, value);
        }
        let length = i32::try_from(self.output.len() - start - 4).unwrap_or(i32::MAX);
        self.output[start..start + 4].copy_from_slice(&length.to_be_bytes());
        self.count += 1;
    }
}

impl Drop for Bind<'_> {
    fn drop(&mut self) {
        if !self.complete {
            self.output.truncate(self.start);
        }
    }
}

/// One message from the server.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'b> {
    pub tag: u8,
    pub body: &'b [u8],
}

/// Bytes of a message's tag and length.
pub const HEADER_BYTES: usize = 5;

/// What lies at the start of the bytes received.
#[derive(Debug, PartialEq, Eq)]
pub enum Framing<'b> {
    /// A whole message, and the bytes it takes.
    Whole(Frame<'b>, usize),
    /// A part of one, which takes so many bytes; zero when not even the header is there.
    Part(usize),
    /// No message of this protocol.
    Nonsense,
}

/// Finds the message at the start of `bytes`.
#[must_use]
pub fn frame(bytes: &[u8]) -> Framing<'_> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Framing::Part(0);
    };
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
    // The length counts itself, and the protocol's own limit is i32.
    if !(4..=i32::MAX.cast_unsigned()).contains(&length) {
        return Framing::Nonsense;
    }
    let body_bytes = length as usize - 4;
    rest.get(..body_bytes).map_or(Framing::Part(HEADER_BYTES + body_bytes), |body| {
        Framing::Whole(Frame { tag: header[0], body }, HEADER_BYTES + body_bytes)
    })
}

/// The rows a command touched, out of its tag: `INSERT 0 5`, `UPDATE 3`, `SELECT 10`.
#[must_use]
pub fn rows_of_tag(tag: &[u8]) -> u64 {
    let tag = tag.strip_suffix(b"\0").unwrap_or(tag);
    let digits = tag.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn put_i16(output: &mut Vec<u8>, value: i16) {
    output.extend_from_slice(&value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: Statement = Statement {
        name: "s",
        sql: "select $1, $2",
        parameters: &[oid::INT4, oid::TEXT],
        columns: &[],
    };

    #[test]
    fn a_request_is_bind_and_execute_and_sync_ends_it() {
        let mut output = b"before".to_vec();
        assert!(encode_request(&mut output, &STATEMENT, |bind| {
            bind.int4(7);
            bind.text("ab");
        }));
        encode_sync(&mut output);
        assert_eq!(
            output,
            b"beforeB\0\0\0\x1f\0s\0\0\x01\0\x01\0\x02\0\0\0\x04\0\0\0\x07\0\0\0\x02ab\0\x01\0\x01\
              E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04"
        );
    }

    #[test]
    fn a_request_that_is_not_finished_leaves_no_trace() {
        let mut output = b"before".to_vec();
        assert!(!encode_request(&mut output, &STATEMENT, |bind| bind.int4(7)));
        assert_eq!(output, b"before");
        let mut panicking = || encode_request(&mut output, &STATEMENT, |_| panic!("on purpose"));
        let panicking = std::panic::AssertUnwindSafe(&mut panicking);
        assert!(std::panic::catch_unwind(panicking).is_err());
        assert_eq!(output, b"before");
    }

    #[test]
    fn frames_are_whole_partial_or_nonsense() {
        let bytes = b"Z\0\0\0\x05Irest";
        let whole = Framing::Whole(Frame { tag: b'Z', body: b"I" }, 6);
        assert_eq!(frame(bytes), whole);
        assert_eq!(frame(&bytes[..4]), Framing::Part(0));
        assert_eq!(frame(&bytes[..5]), Framing::Part(6));
        assert_eq!(frame(b"Z\0\0\0\x03I"), Framing::Nonsense);
        assert_eq!(frame(b"Z\xff\xff\xff\xffI"), Framing::Nonsense);
    }

    #[test]
    fn tags_tell_how_many_rows() {
        assert_eq!(rows_of_tag(b"INSERT 0 5\0"), 5);
        assert_eq!(rows_of_tag(b"UPDATE 3\0"), 3);
        assert_eq!(rows_of_tag(b"BEGIN\0"), 0);
    }
}
