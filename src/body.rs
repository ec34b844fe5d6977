//! JSON bodies of requests: bounded before they are parsed, and lenient where pages are.
//!
//! Pure. The resources declare what their bodies hold; this has what they share.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, Unexpected, Visitor};
use serde_json::Value;
use std::fmt;

/// Objects and arrays within each other. Parsers recurse, and a coroutine's stack is 128 KiB:
/// `serde_json` gets by with 16 KiB of it at 32 levels, also unoptimised (`sonic-rs` overflowed all
/// of it on one unknown key). No page sends more than three levels.
const DEPTH_MAX: usize = 32;

/// Parses a body; `None` when it is no JSON, no object, too deep, or not what `T` declares.
#[must_use]
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    // An array would be taken for an object's values in the order of their declaration.
    parse_value(body).filter(Value::is_object).and_then(|value| T::deserialize(value).ok())
}

/// By way of a value, in which the last of a repeated key counts, as in JavaScript.
fn parse_value(body: &[u8]) -> Option<Value> {
    if is_shallow(body) { serde_json::from_slice(body).ok() } else { None }
}

/// Whether objects and arrays are nested no deeper than allowed. Counts brackets outside of
/// strings; whether they match is the parser's business.
fn is_shallow(body: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in body {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

/// An integer, or a string that reads as one: pages send both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer(pub i64);

/// A boolean, or the strings and numbers that stand for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag(pub bool);

/// A string that says something: not empty, and without the NUL that PostgreSQL has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

/// A text with something before an `@` and something behind it, and no space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(pub String);

/// A text, or a number as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextOrNumber(pub String);

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        let parts = text.rsplit_once('@');
        let whole = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
        if !whole || text.contains(char::is_whitespace) {
            return Err(D::Error::invalid_value(Unexpected::Str(&text), &"an address"));
        }
        Ok(Self(text))
    }
}

impl<'de> Deserialize<'de> for TextOrNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => Ok(Self(number.to_string())),
            other => {
                Text::deserialize(other).map(|Text(text)| Self(text)).map_err(D::Error::custom)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntegerVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() || text.contains('\0') {
            return Err(D::Error::invalid_value(Unexpected::Str(&text), &"a text"));
        }
        Ok(Self(text))
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = i64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an integer")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        // 5.0 is the integer 5 to JavaScript. Beyond 2^53 a double is no exact integer.
        const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() <= EXACT_MAX {
            #[expect(clippy::cast_possible_truncation, reason = "bounded by the line above")]
            return Ok(value as i64);
        }
        Err(E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
        let text = value.trim();
        match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(integer), _) => Ok(integer),
            (_, Ok(number)) => self.visit_f64(number),
            _ => Err(E::invalid_value(Unexpected::Str(value), &self)),
        }
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("true or false")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        u64::try_from(value)
            .map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
            .and_then(|value| self.visit_u64(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        match value {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        // 1.0 is 1 to JavaScript, as with integers.
        IntegerVisitor.visit_f64(value).and_then(|value| self.visit_i64(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        match value {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(E::invalid_value(Unexpected::Str(value), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One entry of a body.
    fn entry<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
        parse_value(json).and_then(|value| T::deserialize(value).ok())
    }

    #[test]
    fn a_body_is_an_object() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Body {
            sku_id: Integer,
        }
        assert_eq!(parse(b"{\"sku_id\":1}"), Some(Body { sku_id: Integer(1) }));
        for body in ["[1]", "1", "null", "\"sku_id\"", "[{\"sku_id\":1}]", ""] {
            assert_eq!(parse::<Body>(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn numbers_and_strings_that_read_as_numbers_are_integers() {
        for (json, expected) in [
            ("7", Some(7)),
            ("\"7\"", Some(7)),
            ("\" 7 \"", Some(7)),
            ("-1", Some(-1)),
            ("5.0", Some(5)),
            ("5.5", None),
            ("\"4.0\"", Some(4)),
            ("\"4.5\"", None),
            ("\"NaN\"", None),
            ("\"inf\"", None),
            ("\"x\"", None),
            ("\"\"", None),
            ("true", None),
            ("null", None),
            ("[1]", None),
            ("1e400", None),
            ("18446744073709551615", None),
        ] {
            assert_eq!(entry::<Integer>(json.as_bytes()), expected.map(Integer), "{json}");
        }
    }

    #[test]
    fn four_forms_of_a_boolean_are_flags() {
        for json in ["true", "1", "1.0", "\"true\"", "\"1\""] {
            assert_eq!(entry::<Flag>(json.as_bytes()), Some(Flag(true)), "{json}");
        }
        for json in ["false", "0", "0.0", "\"false\"", "\"0\""] {
            assert_eq!(entry::<Flag>(json.as_bytes()), Some(Flag(false)), "{json}");
        }
        for json in ["null", "2", "0.5", "-1", "\"yes\"", "{}"] {
            assert_eq!(entry::<Flag>(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn a_text_is_not_empty_and_has_no_nul() {
        assert_eq!(entry(b"\"\\u00e9 a\""), Some(Text("é a".to_owned())));
        for json in [&b"\"\""[..], b"\"a\\u0000b\"", b"5", b"null", b"\"\\ud800\"", b"\"\xff\""] {
            assert_eq!(entry::<Text>(json), None);
        }
    }

    #[test]
    fn an_email_has_a_user_and_a_host() {
        for email in ["\"a@b\"", "\"first.last+x@mail.example\"", "\"a@b@c\""] {
            assert!(entry::<Email>(email.as_bytes()).is_some(), "{email}");
        }
        for email in ["\"\"", "\"a\"", "\"@b\"", "\"a@\"", "\"a b@c\"", "\"a@b\\n\"", "1", "null"] {
            assert_eq!(entry::<Email>(email.as_bytes()), None, "{email}");
        }
    }

    #[test]
    fn a_time_is_a_text_or_a_number() {
        for (json, expected) in [
            ("\"7753.4000000003725\"", Some("7753.4000000003725")),
            ("1600000000000", Some("1600000000000")),
            ("7753.5", Some("7753.5")),
            ("\"\"", None),
            ("null", None),
            ("true", None),
            ("{}", None),
        ] {
            let parsed = entry::<TextOrNumber>(json.as_bytes());
            assert_eq!(parsed, expected.map(|text| TextOrNumber(text.to_owned())), "{json}");
        }
    }

    #[test]
    fn depth_is_bounded_before_anything_is_parsed() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(entry::<Value>(nested(32).as_bytes()).is_some());
        assert!(entry::<Value>(nested(33).as_bytes()).is_none());
        assert!(entry::<Value>(nested(30_000).as_bytes()).is_none());
        assert!(is_shallow(
            b"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\""
        ));
    }

    #[test]
    fn any_bytes_are_a_value_or_none() {
        arbtest::arbtest(|random| {
            let bytes = random.bytes(random.len())?;
            let _ = entry::<Value>(bytes);
            let _ = entry::<Text>(bytes);
            Ok(())
        });
    }
}
