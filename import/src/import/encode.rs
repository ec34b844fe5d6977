//! Rows in PostgreSQL's binary COPY format. [`Encoder`] appends fields to a buffer,
//! [`CopyStream`] sends whole rows on in pieces. Which columns a table has is not known here: a
//! row's fields are appended in the order of the statement's column list.

use std::io::{self, Write};

/// What the stream begins with: the signature, no flags, no header extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What follows the last row.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Rows are sent on when this many bytes of them have gathered.
const SEND_BYTES: usize = 64 << 10;

/// The length that stands for a null.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// 2000-01-01 in microseconds since 1970: the database counts from there.
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;

/// The object ids of array elements' types, fixed in every PostgreSQL.
const INT4_OID: i32 = 23;
const TEXT_OID: i32 = 25;

/// Fields one after the other, each with its length before it.
#[derive(Debug, Default)]
pub struct Encoder {
    pub bytes: Vec<u8>,
}

impl Encoder {
    fn sized<const N: usize>(&mut self, value: [u8; N]) {
        // Every N is 1 to 8, and fits.
        #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "1..=8")]
        let length = N as i32;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(&value);
    }

    pub fn null(&mut self) {
        self.bytes.extend_from_slice(&NULL);
    }

    pub fn smallint(&mut self, value: i16) {
        self.sized(value.to_be_bytes());
    }

    pub fn int(&mut self, value: i32) {
        self.sized(value.to_be_bytes());
    }

    pub fn bigint(&mut self, value: i64) {
        self.sized(value.to_be_bytes());
    }

    pub fn boolean(&mut self, value: bool) {
        self.sized([u8::from(value)]);
    }

    /// What `some` appends for a value, or a null for none.
    pub fn nullable<T>(&mut self, value: Option<T>, some: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => some(self, value),
            None => self.null(),
        }
    }

    /// A `timestamptz` from microseconds since 1970.
    pub fn timestamp(&mut self, microseconds: i64) {
        self.sized((microseconds - EPOCH_MICROSECONDS).to_be_bytes());
    }

    /// A field of the bytes that `fill` appends, as `text` and `json` have it.
    pub fn text_with(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        self.null();
        fill(&mut self.bytes);
        let length = self.bytes.len() - start - NULL.len();
        self.bytes[start..start + NULL.len()].copy_from_slice(&length_bytes(length));
    }

    /// A field of these bytes, which are valid UTF-8 without NUL.
    pub fn text(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(&length_bytes(text.len()));
        self.bytes.extend_from_slice(text);
    }

    pub fn int_array(&mut self, values: impl ExactSizeIterator<Item = i32>) {
        self.array(INT4_OID, values.len(), |encoder| values.for_each(|value| encoder.int(value)));
    }

    pub fn text_array<'a>(&mut self, values: impl ExactSizeIterator<Item = &'a [u8]>) {
        self.array(TEXT_OID, values.len(), |encoder| values.for_each(|value| encoder.text(value)));
    }

    /// One dimension from 1, without nulls; an empty array has no dimension at all.
    fn array(&mut self, element: i32, length: usize, elements: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.null();
        let dimensions = i32::from(length > 0);
        for word in [dimensions, 0, element] {
            self.bytes.extend_from_slice(&word.to_be_bytes());
        }
        if length > 0 {
            self.bytes.extend_from_slice(&length_bytes(length));
            self.bytes.extend_from_slice(&1_i32.to_be_bytes());
            elements(self);
        }
        let size = self.bytes.len() - start - NULL.len();
        self.bytes[start..start + NULL.len()].copy_from_slice(&length_bytes(size));
    }
}

/// A length as the format has it. Past 2 GiB, which no field reaches since all the bytes of one
/// file's row are bounded, the database refuses the negative length.
fn length_bytes(length: usize) -> [u8; 4] {
    i32::try_from(length).unwrap_or(i32::MIN).to_be_bytes()
}

/// One COPY: rows in, pieces of [`SEND_BYTES`] out.
pub struct CopyStream<'w> {
    encoder: Encoder,
    writer: &'w mut dyn Write,
    rows: u64,
}

impl<'w> CopyStream<'w> {
    pub fn begin(writer: &'w mut dyn Write) -> Self {
        let mut bytes = Vec::with_capacity(2 * SEND_BYTES);
        bytes.extend_from_slice(HEADER);
        Self { encoder: Encoder { bytes }, writer, rows: 0 }
    }

    /// Begins a row; its fields are to be appended to the encoder.
    ///
    /// # Errors
    /// When the rows before it cannot be sent.
    pub fn row(&mut self, columns: i16) -> io::Result<&mut Encoder> {
        if self.encoder.bytes.len() >= SEND_BYTES {
            self.send()?;
        }
        self.rows += 1;
        self.encoder.bytes.extend_from_slice(&columns.to_be_bytes());
        Ok(&mut self.encoder)
    }

    /// Ends the stream and returns how many rows it held.
    ///
    /// # Errors
    /// When the last rows cannot be sent.
    pub fn finish(mut self) -> io::Result<u64> {
        self.encoder.bytes.extend_from_slice(&TRAILER);
        self.send()?;
        Ok(self.rows)
    }

    fn send(&mut self) -> io::Result<()> {
        self.writer.write_all(&self.encoder.bytes)?;
        self.encoder.bytes.clear();
        Ok(())
    }
}

/// Appends `text` as a JSON string, quotes included, with the escapes that JavaScript writes and
/// PostgreSQL too.
pub fn json_string(text: &[u8], into: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    into.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => into.extend_from_slice(&[b'\\', *byte]),
            0x08 => into.extend_from_slice(b"\\b"),
            0x0c => into.extend_from_slice(b"\\f"),
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            b'\t' => into.extend_from_slice(b"\\t"),
            0..0x20 => {
                into.extend_from_slice(b"\\u00");
                into.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => into.push(*byte),
        }
    }
    into.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(fill: impl FnOnce(&mut Encoder)) -> Vec<u8> {
        let mut encoder = Encoder::default();
        fill(&mut encoder);
        encoder.bytes
    }

    #[test]
    fn fields_are_their_length_and_their_bytes() {
        assert_eq!(encoded(Encoder::null), [255; 4]);
        assert_eq!(encoded(|row| row.smallint(-2)), [0, 0, 0, 2, 255, 254]);
        assert_eq!(encoded(|row| row.nullable(None, Encoder::int)), [255; 4]);
        assert_eq!(encoded(|row| row.nullable(Some(1), Encoder::int)), [0, 0, 0, 4, 0, 0, 0, 1]);
        assert_eq!(encoded(|row| row.int(258)), [0, 0, 0, 4, 0, 0, 1, 2]);
        assert_eq!(encoded(|row| row.boolean(true)), [0, 0, 0, 1, 1]);
        assert_eq!(encoded(|row| row.bigint(1)), [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(encoded(|row| row.text(b"ab")), [0, 0, 0, 2, b'a', b'b']);
        assert_eq!(encoded(|row| row.text_with(|to| to.push(b'a'))), [0, 0, 0, 1, b'a']);
        let after_2000 = |row: &mut Encoder| row.timestamp(EPOCH_MICROSECONDS + 3);
        assert_eq!(encoded(after_2000), [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 3]);
    }

    #[test]
    fn arrays_have_one_dimension_or_none() {
        let empty = [0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23];
        assert_eq!(encoded(|row| row.int_array([].into_iter())), empty);
        #[rustfmt::skip]
        let one = [0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1,
                   0, 0, 0, 1, b'a'];
        assert_eq!(encoded(|row| row.text_array([&b"a"[..]].into_iter())), one);
    }

    #[test]
    fn a_copy_is_sent_in_pieces_with_a_header_and_a_trailer() {
        struct Pieces(Vec<Vec<u8>>);
        impl Write for Pieces {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.push(bytes.to_vec());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut pieces = Pieces(Vec::new());
        let mut copy = CopyStream::begin(&mut pieces);
        for _ in 0..3 {
            copy.row(1).unwrap().text(&[b'x'; SEND_BYTES - 100]);
        }
        assert_eq!(copy.finish().unwrap(), 3);
        assert_eq!(pieces.0.len(), 2);
        assert!(pieces.0[0].starts_with(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x01"));
        assert!(pieces.0[1].ends_with(b"xx\xff\xff"));
    }

    #[test]
    fn json_strings_escape_what_json_demands() {
        let mut into = Vec::new();
        json_string("a\"b\\c\n\r\t\u{1}\u{8}\u{c}\u{1f}é".as_bytes(), &mut into);
        let expected = r#""a\"b\\c\n\r\t\u0001\b\f\u001fé""#;
        assert_eq!(String::from_utf8(into).unwrap(), expected);
    }
}
