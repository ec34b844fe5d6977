//! Rows as PostgreSQL sends them: DataRow messages, all columns binary.

use atelier::postgres::{Statement, oid};

/// What stands in one column.
pub enum Column<'c> {
    Null,
    Bool(bool),
    Int2(i16),
    Int4(i32),
    /// Microseconds since 2000-01-01.
    Time(i64),
    /// Or json, which is sent alike.
    Text(&'c str),
    Int4s(&'c [i32]),
    Texts(&'c [&'c str]),
}

/// The rows of one statement, one message behind another.
pub struct Rows {
    statement: &'static Statement,
    pub bytes: Vec<u8>,
}

impl Rows {
    pub fn of(statement: &'static Statement) -> Self {
        Self { statement, bytes: Vec::new() }
    }

    /// With one more row.
    ///
    /// # Panics
    /// When it has other columns than the statement: it would no longer be what is sent.
    #[must_use]
    pub fn with(mut self, columns: &[Column<'_>]) -> Self {
        let Statement { name, columns: expected, .. } = self.statement;
        assert_eq!(columns.len(), expected.len(), "{name} has other columns");
        let mut body = Vec::new();
        body.extend_from_slice(&size16(columns.len()));
        for column in columns {
            put(&mut body, column);
        }
        self.bytes.push(b'D');
        // The length counts itself.
        self.bytes.extend_from_slice(&size(body.len() + 4));
        self.bytes.extend_from_slice(&body);
        self
    }
}

/// A column: its length, -1 for null, and its bytes.
fn put(body: &mut Vec<u8>, column: &Column<'_>) {
    let bytes = match *column {
        Column::Null => return body.extend_from_slice(&(-1_i32).to_be_bytes()),
        Column::Bool(value) => vec![u8::from(value)],
        Column::Int2(value) => value.to_be_bytes().to_vec(),
        Column::Int4(value) => value.to_be_bytes().to_vec(),
        Column::Time(value) => value.to_be_bytes().to_vec(),
        Column::Text(value) => value.as_bytes().to_vec(),
        Column::Int4s(values) => array(oid::INT4, values.iter().map(|value| value.to_be_bytes())),
        Column::Texts(values) => array(oid::TEXT, values.iter()),
    };
    body.extend_from_slice(&size(bytes.len()));
    body.extend_from_slice(&bytes);
}

/// Dimensions, "has nulls", the elements' type, how many there are, the first one's index, and each
/// element behind its length.
fn array(element: u32, values: impl ExactSizeIterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    let mut bytes = [1, 0, element, 0, 1].map(u32::to_be_bytes).concat();
    bytes[12..16].copy_from_slice(&size(values.len()));
    for value in values {
        bytes.extend_from_slice(&size(value.as_ref().len()));
        bytes.extend_from_slice(value.as_ref());
    }
    bytes
}

fn size(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

fn size16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}
