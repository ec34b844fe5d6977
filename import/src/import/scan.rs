//! One record of bytes into fields, in three ways: strictly by the rules of CSV, leniently for a
//! line whose quotes are wrong, and with quoting off. Pure; knows nothing of files or lines before
//! or after. The usual parsers accept a quote in any place, and so cannot tell that a field was
//! closed by the next line's opening quote; that is why this one is our own.

use memchr::{memchr, memchr2};

/// The longest field that is taken, in bytes.
pub const FIELD_BYTES_MAX: usize = 1 << 20;

/// Where a field lies in the bytes that were scanned, without its quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
    /// It holds `""`, each of which stands for one quote.
    pub doubled: bool,
}

/// What [`strict`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// A record of `fields` fields over `lines` lines, that ends before byte `end`.
    Whole { end: usize, lines: u64, fields: usize },
    /// A quote is opened and not closed, or closed in the wrong place.
    Broken,
    /// A field is longer than [`FIELD_BYTES_MAX`].
    TooLong,
    /// The bytes end within the record, and there are more to come.
    More,
}

/// Where a field ended.
enum Edge {
    Comma(usize),
    Line(usize),
    Stop(Scan),
}

/// Splits the record at the start of `bytes`; `complete` says that the input ends with them.
/// At most `spans_max` fields are kept in `spans`, while all are counted.
pub fn strict(bytes: &[u8], complete: bool, spans: &mut Vec<Span>, spans_max: usize) -> Scan {
    spans.clear();
    let mut fields = 0;
    let mut lines = 1;
    let mut at = 0;
    loop {
        let start = spaces_end(bytes, at);
        let mut span = Span { start, ..Span::default() };
        let edge = if bytes.get(start) == Some(&b'"') {
            quoted(bytes, complete, &mut span, &mut lines)
        } else {
            unquoted(bytes, complete, &mut span)
        };
        let (next, last) = match edge {
            Edge::Comma(next) => (next, false),
            Edge::Line(next) => (next, true),
            Edge::Stop(scan) => return scan,
        };
        if span.end - span.start > FIELD_BYTES_MAX {
            return Scan::TooLong;
        }
        fields += 1;
        if spans.len() < spans_max {
            spans.push(span);
        }
        if last {
            return Scan::Whole { end: next, lines, fields };
        }
        at = next;
    }
}

fn unquoted(bytes: &[u8], complete: bool, span: &mut Span) -> Edge {
    let rest = &bytes[span.start..];
    match memchr2(b',', b'\n', rest) {
        Some(length) => {
            span.end = span.start + length;
            let next = span.end + 1;
            if bytes[span.end] == b',' {
                return Edge::Comma(next);
            }
            if length > 0 && bytes[span.end - 1] == b'\r' {
                span.end -= 1;
            }
            Edge::Line(next)
        }
        None if complete => {
            span.end = bytes.len() - usize::from(rest.last() == Some(&b'\r'));
            Edge::Line(bytes.len())
        }
        None if rest.len() > FIELD_BYTES_MAX => Edge::Stop(Scan::TooLong),
        None => Edge::Stop(Scan::More),
    }
}

/// `span.start` is at the opening quote.
fn quoted(bytes: &[u8], complete: bool, span: &mut Span, lines: &mut u64) -> Edge {
    span.quoted = true;
    span.start += 1;
    let mut at = span.start;
    loop {
        let Some(found) = memchr2(b'"', b'\n', &bytes[at..]).map(|found| at + found) else {
            return Edge::Stop(match bytes.len() - span.start {
                length if length > FIELD_BYTES_MAX => Scan::TooLong,
                _ if complete => Scan::Broken,
                _ => Scan::More,
            });
        };
        if bytes[found] == b'\n' {
            *lines += 1;
            at = found + 1;
        } else if bytes.get(found + 1) == Some(&b'"') {
            span.doubled = true;
            at = found + 2;
        } else {
            span.end = found;
            return after_quote(bytes, complete, found + 1);
        }
        if at - span.start > FIELD_BYTES_MAX {
            return Edge::Stop(Scan::TooLong);
        }
    }
}

/// What follows a closing quote: spaces, then the end of the field and nothing else.
fn after_quote(bytes: &[u8], complete: bool, quote_end: usize) -> Edge {
    let at = spaces_end(bytes, quote_end);
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b','), _) => Edge::Comma(at + 1),
        (Some(b'\n'), _) => Edge::Line(at + 1),
        (Some(b'\r'), Some(b'\n')) => Edge::Line(at + 2),
        (Some(b'\r') | None, None) if complete => Edge::Line(bytes.len()),
        (Some(b'\r') | None, None) => Edge::Stop(Scan::More),
        _ => Edge::Stop(Scan::Broken),
    }
}

/// Splits one line whose quotes are wrong: a field that begins with a quote ends at the next
/// quote before a comma or the end of the line, any other quote in it being text. Returns how
/// many fields there are.
pub fn lenient(line: &[u8], spans: &mut Vec<Span>, spans_max: usize) -> usize {
    spans.clear();
    let line = without_line_end(line);
    let mut fields = 0;
    let mut at = 0;
    loop {
        let start = spaces_end(line, at);
        let mut span = Span { start, end: line.len(), ..Span::default() };
        let mut next = None;
        if line.get(start) == Some(&b'"') {
            span.start += 1;
            span.quoted = true;
            next = lenient_quoted(line, &mut span);
        } else if let Some(length) = memchr(b',', &line[start..]) {
            span.end = start + length;
            next = Some(span.end + 1);
        }
        fields += 1;
        if spans.len() < spans_max {
            spans.push(span);
        }
        match next {
            Some(next) => at = next,
            None => return fields,
        }
    }
}

/// The place after the field's comma; `None` when the line ends with the field.
fn lenient_quoted(line: &[u8], span: &mut Span) -> Option<usize> {
    let mut at = span.start;
    while let Some(found) = memchr(b'"', &line[at..]).map(|found| at + found) {
        let after = spaces_end(line, found + 1);
        match line.get(after) {
            Some(b',') | None => {
                span.end = found;
                return line.get(after).map(|_| after + 1);
            }
            Some(b'"') if after == found + 1 => {
                span.doubled = true;
                at = found + 2;
            }
            Some(_) => at = found + 1,
        }
    }
    None
}

/// Splits one line at every comma, quoting off, and takes one quote off each end of a field.
/// Returns how many fields there are.
pub fn plain(line: &[u8], spans: &mut Vec<Span>, spans_max: usize) -> usize {
    spans.clear();
    let line = without_line_end(line);
    let mut fields = 0;
    let mut at = 0;
    loop {
        let comma = memchr(b',', &line[at..]).map(|found| at + found);
        let end = comma.unwrap_or(line.len());
        let start = spaces_end(&line[..end], at);
        let mut span = Span { start, end, quoted: false, doubled: false };
        if line[span.start..span.end].first() == Some(&b'"') {
            span.start += 1;
            span.quoted = true;
        }
        if line[span.start..span.end].last() == Some(&b'"') {
            span.end -= 1;
        }
        fields += 1;
        if spans.len() < spans_max {
            spans.push(span);
        }
        match comma {
            Some(comma) => at = comma + 1,
            None => return fields,
        }
    }
}

/// Appends `field` to `into` with each `""` as one quote.
pub fn undouble(field: &[u8], into: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(found) = memchr(b'"', &field[at..]).map(|found| at + found) {
        into.extend_from_slice(&field[at..=found]);
        at = found + 1 + usize::from(field.get(found + 1) == Some(&b'"'));
    }
    into.extend_from_slice(&field[at..]);
}

/// `line` without the `\n` or `\r\n` that ends it.
pub fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn spaces_end(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 16;

    fn texts(bytes: &[u8], spans: &[Span]) -> Vec<String> {
        let text = |span: &Span| {
            let mut out = Vec::new();
            let field = &bytes[span.start..span.end];
            if span.doubled {
                undouble(field, &mut out);
            } else {
                out.extend_from_slice(field);
            }
            String::from_utf8(out).unwrap()
        };
        spans.iter().map(text).collect()
    }

    #[test]
    fn strict_splits_what_the_rules_allow() {
        #[rustfmt::skip]
        let cases: [(&str, &[&str], u64); 9] = [
            ("1,a,\n2", &["1", "a", ""], 1),
            ("1,\"a,b\"\r\n2", &["1", "a,b"], 1),
            ("1, \"a\" ,  b\r\n", &["1", "a", "b"], 1),
            ("\"a\"\"b\",\"\"\n", &["a\"b", ""], 1),
            ("1,\"two\nlines\",3\n4", &["1", "two\nlines", "3"], 2),
            ("1,it's 6\" long\n", &["1", "it's 6\" long"], 1),
            ("1,2", &["1", "2"], 1),
            ("1,\"2\"", &["1", "2"], 1),
            ("1,", &["1", ""], 1),
        ];
        for (input, fields, lines_expected) in cases {
            let mut spans = Vec::new();
            match strict(input.as_bytes(), true, &mut spans, MANY) {
                Scan::Whole { lines, fields, .. } => {
                    assert_eq!((lines, fields), (lines_expected, spans.len()), "{input:?}");
                }
                other => panic!("{input:?}: {other:?}"),
            }
            assert_eq!(texts(input.as_bytes(), &spans), fields, "{input:?}");
        }
    }

    #[test]
    fn strict_refuses_a_quote_in_the_wrong_place() {
        for input in ["1,\"a\n2,\"b\"\n", "\"a\"b\n", "\"a\" b", "\"open", "\"a\"\rb\n"] {
            let scan = strict(input.as_bytes(), true, &mut Vec::new(), MANY);
            assert_eq!(scan, Scan::Broken, "{input:?}");
        }
    }

    #[test]
    fn strict_asks_for_more_at_every_place_where_the_bytes_may_end() {
        let whole = b"1, \"a\"\"b\nc\" ,d,\"e\"\r\n";
        for length in 0..whole.len() {
            let scan = strict(&whole[..length], false, &mut Vec::new(), MANY);
            assert_eq!(scan, Scan::More, "{length} bytes");
        }
        let scan = strict(whole, false, &mut Vec::new(), MANY);
        assert_eq!(scan, Scan::Whole { end: whole.len(), lines: 2, fields: 4 });
    }

    #[test]
    fn a_field_over_the_limit_is_too_long_and_one_at_the_limit_is_not() {
        for (quote, extra, whole) in [("", 0, true), ("", 1, false), ("\"", 0, true)] {
            let text = "x".repeat(FIELD_BYTES_MAX + extra);
            let line = format!("1,{quote}{text}{quote}\n");
            let scan = strict(line.as_bytes(), true, &mut Vec::new(), MANY);
            assert_eq!(matches!(scan, Scan::Whole { .. }), whole);
            assert_eq!(scan == Scan::TooLong, !whole);
        }
        let open = format!("1,\"{}", "x\n".repeat(FIELD_BYTES_MAX));
        assert_eq!(strict(open.as_bytes(), true, &mut Vec::new(), MANY), Scan::TooLong);
    }

    #[test]
    fn lenient_closes_what_was_left_open_and_keeps_stray_quotes() {
        #[rustfmt::skip]
        let cases: [(&str, &[&str]); 5] = [
            ("1,\"u\",\"left open\r\n", &["1", "u", "left open"]),
            ("1,\"he said \"hi\" there\",3\n", &["1", "he said \"hi\" there", "3"]),
            ("1,\"a, \"b\", c\"", &["1", "a, \"b", "c\""]),
            ("\"a\"\"b\",\"c\" \n", &["a\"b", "c"]),
            ("\"", &[""]),
        ];
        for (line, fields) in cases {
            let mut spans = Vec::new();
            assert_eq!(lenient(line.as_bytes(), &mut spans, MANY), fields.len(), "{line:?}");
            assert_eq!(texts(line.as_bytes(), &spans), fields, "{line:?}");
        }
    }

    #[test]
    fn plain_splits_at_every_comma_and_takes_the_outer_quotes_off() {
        let line = b"1, \"left open,\"b\",closed\",\",\r\n";
        let mut spans = Vec::new();
        assert_eq!(plain(line, &mut spans, MANY), 6);
        assert_eq!(texts(line, &spans), ["1", "left open", "b", "closed", "", ""]);
    }
}
