//! The page of fortunes: the rows of the database and one more, in the order of their messages.

const HEAD: &str = "<!DOCTYPE html><html><head><title>Fortunes</title></head><body><table>\
                    <tr><th>id</th><th>message</th></tr>";
const TAIL: &str = "</table></body></html>";
/// The row that each request adds.
const ADDED: Fortune<'static> =
    Fortune { id: 0, message: b"Additional fortune added at request time." };

struct Fortune<'r> {
    id: i32,
    message: &'r [u8],
}

/// Writes the page of `rows`, which are as `Database::fortune_rows` gives them, to the end of
/// `body`.
pub fn render(rows: &[u8], body: &mut Vec<u8>) {
    let mut fortunes = Vec::with_capacity(16);
    let mut rest = rows;
    while let Some((fortune, next)) = Fortune::first(rest) {
        fortunes.push(fortune);
        rest = next;
    }
    fortunes.push(ADDED);
    fortunes.sort_unstable_by_key(|fortune| fortune.message);
    body.extend_from_slice(HEAD.as_bytes());
    for fortune in &fortunes {
        body.extend_from_slice(b"<tr><td>");
        body.extend_from_slice(fortune.id.to_string().as_bytes());
        body.extend_from_slice(b"</td><td>");
        write_escaped(fortune.message, body);
        body.extend_from_slice(b"</td></tr>");
    }
    body.extend_from_slice(TAIL.as_bytes());
}

impl<'r> Fortune<'r> {
    /// The fortune at the start of `rows`, and what follows it.
    fn first(rows: &'r [u8]) -> Option<(Self, &'r [u8])> {
        let (id, rest) = rows.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (message, rest) = rest.split_at_checked(usize::from_ne_bytes(*length))?;
        Some((Self { id: i32::from_ne_bytes(*id), message }, rest))
    }
}

/// Writes `text` so that HTML takes none of it for markup.
fn write_escaped(text: &[u8], body: &mut Vec<u8>) {
    let mut plain_start = 0;
    for (place, byte) in text.iter().enumerate() {
        let reference: &[u8] = match byte {
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'&' => b"&amp;",
            b'"' => b"&quot;",
            b'\'' => b"&#39;",
            _ => continue,
        };
        body.extend_from_slice(&text[plain_start..place]);
        body.extend_from_slice(reference);
        plain_start = place + 1;
    }
    body.extend_from_slice(&text[plain_start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_escaped() {
        let mut rows = Vec::new();
        for (id, message) in [(7, "b's <b>\"&"), (12, "フ"), (3, "A")] {
            rows.extend_from_slice(&i32::to_ne_bytes(id));
            rows.extend_from_slice(&message.len().to_ne_bytes());
            rows.extend_from_slice(message.as_bytes());
        }
        let mut body = Vec::new();
        render(&rows, &mut body);
        let body = String::from_utf8(body).unwrap();
        let table = body.strip_prefix(HEAD).unwrap().strip_suffix(TAIL).unwrap();
        assert_eq!(
            table,
            "<tr><td>3</td><td>A</td></tr>\
             <tr><td>0</td><td>Additional fortune added at request time.</td></tr>\
             <tr><td>7</td><td>b&#39;s &lt;b&gt;&quot;&amp;</td></tr>\
             <tr><td>12</td><td>フ</td></tr>"
        );
    }
}
