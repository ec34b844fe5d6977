//! One field's bytes into what the tables hold: ids, numbers, booleans, cents and text, in every
//! form that the known files have them. A field that cannot be read refuses its row, unless a
//! repair loses nothing that could be used; the row's other fields are not looked at here.

use super::date;
use super::encode::Encoder;
use super::repairs::{Repair, Repairs};
use super::rows::{Field, Row};
use memchr::memchr;

/// The most of a field that a refusal shows, in bytes.
const SHOWN_BYTES_MAX: usize = 60;

/// Why a row is not taken.
#[derive(Debug)]
pub enum Refusal {
    /// The row is bad: which column (from 0), and why.
    Row { column: usize, reason: String },
    /// The import cannot go on.
    Run(anyhow::Error),
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::Run(error)
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Run(error.into())
    }
}

/// Refuses a row for the value of `column`, which is shown.
fn refusal(row: &Row<'_>, column: usize, expected: &str) -> Refusal {
    let bytes = row.field(column).bytes;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES_MAX)]);
    Refusal::Row { column, reason: format!("\"{text}\" is not {expected}") }
}

/// Refuses a row whose id an earlier row has.
pub fn duplicate(column: usize, id: i32) -> Refusal {
    Refusal::Row { column, reason: format!("{id} is the id of an earlier row") }
}

/// Refuses a row that points at nothing, as in `no product has the id 17`.
pub fn orphan(column: usize, thing: &str, id: i32) -> Refusal {
    Refusal::Row { column, reason: orphan_reason(thing, id) }
}

pub fn orphan_reason(thing: &str, id: i32) -> String {
    format!("no {thing} has the id {id}")
}

/// The literal `null` without quotes, as the files write it.
fn is_null(field: Field<'_>) -> bool {
    !field.quoted && field.bytes.trim_ascii() == b"null"
}

/// A whole number of plain digits; `None` past the range of `i64` too.
pub fn digits(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() || bytes.len() > 18 {
        return None;
    }
    bytes.iter().try_fold(0_i64, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// The largest id taken: ids of new rows follow the largest, and need room up to the type's end.
const ID_MAX: i32 = 2_000_000_000;

/// An id, from 1.
pub fn id(row: &Row<'_>, column: usize) -> Result<i32, Refusal> {
    let number = digits(row.field(column).bytes.trim_ascii());
    match number.and_then(|number| i32::try_from(number).ok()) {
        Some(id) if (1..=ID_MAX).contains(&id) => Ok(id),
        _ => Err(refusal(row, column, "1..=2000000000")),
    }
}

/// A rating or a characteristic's value.
pub fn one_to_five(row: &Row<'_>, column: usize) -> Result<i16, Refusal> {
    match row.field(column).bytes.trim_ascii() {
        [digit @ b'1'..=b'5'] => Ok(i16::from(digit - b'0')),
        _ => Err(refusal(row, column, "1..=5")),
    }
}

pub fn boolean(row: &Row<'_>, column: usize) -> Result<bool, Refusal> {
    match row.field(column).bytes.trim_ascii() {
        b"1" | b"t" | b"T" => Ok(true),
        b"0" | b"f" | b"F" => Ok(false),
        word if word.eq_ignore_ascii_case(b"true") => Ok(true),
        word if word.eq_ignore_ascii_case(b"false") => Ok(false),
        _ => Err(refusal(row, column, "true or false")),
    }
}

/// A point in time, in microseconds since 1970.
pub fn date(row: &Row<'_>, column: usize) -> Result<i64, Refusal> {
    date::microseconds(row.field(column).bytes.trim_ascii())
        .ok_or_else(|| refusal(row, column, "a date"))
}

/// A count of votes; anything else becomes 0.
pub fn helpfulness(row: &Row<'_>, column: usize, repairs: &mut Repairs) -> i32 {
    whole(row.field(column)).unwrap_or_else(|| {
        repairs.note(Repair::Helpfulness);
        0
    })
}

/// A count of things; `None` for `null` and nothing, and for what is no count.
pub fn quantity(field: Field<'_>, repairs: &mut Repairs) -> Option<i32> {
    if field.bytes.trim_ascii().is_empty() || is_null(field) {
        return None;
    }
    let found = whole(field);
    if found.is_none() {
        repairs.note(Repair::Quantity);
    }
    found
}

/// A number that only has to be one, from 0.
pub fn number(row: &Row<'_>, column: usize) -> Result<i32, Refusal> {
    whole(row.field(column)).ok_or_else(|| refusal(row, column, "0..=2147483647"))
}

fn whole(field: Field<'_>) -> Option<i32> {
    digits(field.bytes.trim_ascii()).and_then(|number| i32::try_from(number).ok())
}

/// A price in cents; `None` for `null` and nothing, and for what is no price.
pub fn cents(field: Field<'_>, repairs: &mut Repairs) -> Option<i64> {
    let text = field.bytes.trim_ascii();
    if text.is_empty() || is_null(field) {
        return None;
    }
    let Some((cents, exact)) = price(text) else {
        repairs.note(Repair::Price);
        return None;
    };
    if !exact {
        repairs.note(Repair::Price);
    }
    Some(cents)
}

/// The cents of `1,234.5` or `$140`, and whether there was nothing smaller than a cent.
fn price(text: &[u8]) -> Option<(i64, bool)> {
    let text = text.strip_prefix(b"$").unwrap_or(text).trim_ascii_start();
    let point = memchr(b'.', text).unwrap_or(text.len());
    let mut whole = Vec::with_capacity(point);
    whole.extend(text[..point].iter().filter(|byte| **byte != b','));
    let fraction = text.get(point + 1..).unwrap_or_default();
    if whole.is_empty() && fraction.is_empty() || whole.len() > 15 {
        return None;
    }
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |place: usize| i64::from(fraction.get(place).map_or(0, |byte| byte - b'0'));
    let dollars = if whole.is_empty() { 0 } else { digits(&whole)? };
    let exact = fraction.iter().skip(2).all(|byte| *byte == b'0');
    Some((dollars * 100 + digit(0) * 10 + digit(1) + i64::from(digit(2) >= 5), exact))
}

/// A name, which should not be missing: `null` and nothing become the empty text.
pub fn name<'a>(field: Field<'a>, repairs: &mut Repairs) -> &'a [u8] {
    if field.bytes.is_empty() {
        repairs.note(Repair::Missing);
    }
    text(field, repairs)
}

/// A text, which may be empty; `null` becomes the empty text.
pub fn text<'a>(field: Field<'a>, repairs: &mut Repairs) -> &'a [u8] {
    if is_null(field) {
        repairs.note(Repair::Missing);
        return b"";
    }
    field.bytes
}

/// A text that may be absent: `null` and nothing are no text.
fn optional_text(field: Field<'_>) -> Option<&[u8]> {
    (!field.bytes.is_empty() && !is_null(field)).then_some(field.bytes)
}

/// Has `into` hold a text that may be absent; whether it is there.
pub fn set_optional(field: Field<'_>, into: &mut Vec<u8>, repairs: &mut Repairs) -> bool {
    into.clear();
    let text = optional_text(field);
    append(text.unwrap_or_default(), into, repairs);
    text.is_some()
}

/// Appends a field of a text that may be absent, null where it is.
pub fn append_optional(field: Field<'_>, to: &mut Encoder, repairs: &mut Repairs) {
    let text = |to: &mut Encoder, text| to.text_with(|to| append(text, to, repairs));
    to.nullable(optional_text(field), text);
}

/// Appends a text as the database takes it, without NUL bytes and in valid UTF-8.
pub fn append(text: &[u8], into: &mut Vec<u8>, repairs: &mut Repairs) {
    if memchr(0, text).is_none() && std::str::from_utf8(text).is_ok() {
        into.extend_from_slice(text);
        return;
    }
    let mut kept = text.to_vec();
    kept.retain(|byte| *byte != 0);
    if kept.len() < text.len() {
        repairs.note(Repair::Nul);
    }
    let valid = String::from_utf8_lossy(&kept);
    if valid.as_bytes() != kept {
        repairs.note(Repair::Utf8);
    }
    into.extend_from_slice(valid.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::rows::{Rows, Step};

    /// What `read` makes of a row of one field, and the repairs.
    fn one<T>(field: &str, read: impl FnOnce(&Row<'_>, &mut Repairs) -> T) -> (T, Repairs) {
        let line = format!("{field},");
        let mut rows = Rows::new(line.as_bytes(), 2);
        let Step::Row(row) = rows.step().unwrap() else { panic!("{field:?} is no field") };
        let mut repairs = Repairs::default();
        let value = read(&row, &mut repairs);
        (value, repairs)
    }

    fn only(repair: Repair) -> Repairs {
        let mut repairs = Repairs::default();
        repairs.note(repair);
        repairs
    }

    fn reason(refused: Refusal) -> String {
        match refused {
            Refusal::Row { reason, .. } => reason,
            Refusal::Run(error) => panic!("{error}"),
        }
    }

    #[test]
    fn ids_are_whole_numbers_from_one() {
        for (field, expected) in [("1", 1), (" 42 ", 42), ("\"7\"", 7), ("2000000000", ID_MAX)] {
            assert_eq!(one(field, |row, _| id(row, 0).unwrap()).0, expected);
        }
        for field in ["0", "-1", "", "null", "1.0", "+1", "2000000001", "9999999999999999999999"] {
            let refused = one(field, |row, _| id(row, 0).unwrap_err()).0;
            assert_eq!(reason(refused), format!("\"{field}\" is not 1..=2000000000"));
        }
    }

    #[test]
    fn ratings_are_one_to_five() {
        assert_eq!(one(" 5", |row, _| one_to_five(row, 0).unwrap()).0, 5);
        for field in ["0", "6", "x", "", "4.5", "11"] {
            let refused = one(field, |row, _| one_to_five(row, 0).unwrap_err()).0;
            assert_eq!(reason(refused), format!("\"{field}\" is not 1..=5"));
        }
    }

    #[test]
    fn booleans_have_four_forms() {
        for (field, expected) in [
            ("true", true),
            ("\"TRUE\"", true),
            ("t", true),
            ("1", true),
            ("False", false),
            ("f", false),
            (" 0", false),
        ] {
            assert_eq!(one(field, |row, _| boolean(row, 0).unwrap()).0, expected, "{field}");
        }
        for field in ["", "null", "yes", "2"] {
            assert!(one(field, |row, _| boolean(row, 0)).0.is_err(), "{field}");
        }
    }

    #[test]
    fn prices_become_cents() {
        for (field, expected) in [
            ("140", Some(14_000)),
            ("140.5", Some(14_050)),
            ("\"$1,234.56\"", Some(123_456)),
            ("$ 0.990", Some(99)),
            (".5", Some(50)),
            ("7.", Some(700)),
            ("null", None),
            ("", None),
        ] {
            let found = one(field, |row, repairs| cents(row.field(0), repairs));
            assert_eq!(found, (expected, Repairs::default()), "{field}");
        }
        for (field, expected) in
            [("1.005", Some(101)), ("free", None), ("-5", None), ("1.2.3", None), ("$", None)]
        {
            let found = one(field, |row, repairs| cents(row.field(0), repairs));
            assert_eq!(found, (expected, only(Repair::Price)), "{field}");
        }
    }

    #[test]
    fn helpfulness_that_is_no_count_becomes_zero() {
        let read = |row: &Row<'_>, repairs: &mut Repairs| helpfulness(row, 0, repairs);
        assert_eq!(one("8", read), (8, Repairs::default()));
        for field in ["-1", "null", "", "many", "99999999999"] {
            assert_eq!(one(field, read), (0, only(Repair::Helpfulness)), "{field}");
        }
    }

    #[test]
    fn a_quantity_that_is_no_count_is_left_empty() {
        let read = |row: &Row<'_>, repairs: &mut Repairs| quantity(row.field(0), repairs);
        for (field, expected) in [("8", Some(8)), (" \"0\"", Some(0)), ("null", None), ("", None)] {
            assert_eq!(one(field, read), (expected, Repairs::default()), "{field}");
        }
        for field in ["-1", "\"null\"", "many", "99999999999", "1.5"] {
            assert_eq!(one(field, read), (None, only(Repair::Quantity)), "{field}");
        }
    }

    #[test]
    fn null_is_no_text_unless_it_is_quoted() {
        let mut repairs = Repairs::default();
        let null = Field { bytes: b"null", quoted: false };
        let quoted = Field { bytes: b"null", quoted: true };
        let empty = Field { bytes: b"", quoted: true };
        assert_eq!(optional_text(null), None);
        assert_eq!(optional_text(empty), None);
        assert_eq!(optional_text(quoted), Some(&b"null"[..]));
        assert_eq!(text(quoted, &mut repairs), b"null");
        assert_eq!(text(empty, &mut repairs), b"");
        assert_eq!(repairs, Repairs::default());
        assert_eq!(text(null, &mut repairs), b"");
        assert_eq!(repairs, only(Repair::Missing));
        let mut repairs = Repairs::default();
        assert_eq!(name(empty, &mut repairs), b"");
        assert_eq!(repairs, only(Repair::Missing));
    }

    #[test]
    fn text_is_made_valid() {
        let cleaned = |text: &[u8]| {
            let (mut into, mut repairs) = (Vec::new(), Repairs::default());
            append(text, &mut into, &mut repairs);
            (String::from_utf8(into).unwrap(), repairs)
        };
        assert_eq!(cleaned("naïve".as_bytes()), ("naïve".to_owned(), Repairs::default()));
        assert_eq!(cleaned(b"a\0b\0"), ("ab".to_owned(), only(Repair::Nul)));
        assert_eq!(cleaned(b"a\xff"), ("a\u{fffd}".to_owned(), only(Repair::Utf8)));
        let mut both = only(Repair::Nul);
        both.note(Repair::Utf8);
        assert_eq!(cleaned(b"\0\xe9"), ("\u{fffd}".to_owned(), both));
    }
}
