//! Replies as bytes: where one ends, its status and its body.
//!
//! Pure. Knows `Content-Length` and chunks, which is how all servers here send their bodies.

use anyhow::{Context, Result, bail, ensure};

/// Headers of a reply; Express with everything on sends ten.
const HEADERS_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// `Content-Type` without its parameters.
    pub content_type: String,
    pub body: Vec<u8>,
}

/// How a body is sent.
enum Framing {
    Length(usize),
    Chunks,
}

/// The reply that `bytes` begin with, and its length; none while it is incomplete.
///
/// # Errors
/// What is no reply.
pub fn parse(bytes: &[u8]) -> Result<Option<(Reply, usize)>> {
    let Some(head) = head(bytes)? else { return Ok(None) };
    let rest = &bytes[head.length..];
    let mut body = Vec::new();
    let length = match head.framing {
        Framing::Length(length) if rest.len() < length => return Ok(None),
        Framing::Length(length) => {
            body.extend_from_slice(&rest[..length]);
            length
        }
        Framing::Chunks => match chunks(rest, &mut body)? {
            Some(length) => length,
            None => return Ok(None),
        },
    };
    let reply = Reply { status: head.status, content_type: head.content_type, body };
    Ok(Some((reply, head.length + length)))
}

struct Head {
    status: u16,
    content_type: String,
    framing: Framing,
    length: usize,
}

fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes)? else { return Ok(None) };
    let status = response.code.context("a reply without a status")?;
    let mut framing = None;
    let mut content_type = String::new();
    for header in response.headers.iter() {
        let value = String::from_utf8_lossy(header.value);
        if header.name.eq_ignore_ascii_case("content-length") {
            framing = Some(Framing::Length(value.trim().parse().context("Content-Length")?));
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            ensure!(value.eq_ignore_ascii_case("chunked"), "Transfer-Encoding: {value}");
            framing = Some(Framing::Chunks);
        } else if header.name.eq_ignore_ascii_case("content-type") {
            value.split(';').next().unwrap_or_default().trim().clone_into(&mut content_type);
        }
    }
    let framing = match (status, framing) {
        (204 | 304, _) => Framing::Length(0),
        (_, Some(framing)) => framing,
        (_, None) => bail!("a reply whose end cannot be told: no Content-Length, no chunks"),
    };
    Ok(Some(Head { status, content_type, framing, length }))
}

/// Puts the data of chunks together, and tells where they end.
fn chunks(bytes: &[u8], body: &mut Vec<u8>) -> Result<Option<usize>> {
    let mut at = 0;
    loop {
        let parsed = httparse::parse_chunk_size(&bytes[at..]);
        let parsed = parsed.map_err(|_| anyhow::anyhow!("the size of a chunk is no number"))?;
        let httparse::Status::Complete((line, size)) = parsed else { return Ok(None) };
        let size = usize::try_from(size)?;
        let start = at + line;
        at = start.checked_add(size).and_then(|it| it.checked_add(2)).context("a huge chunk")?;
        if at > bytes.len() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
        body.extend_from_slice(&bytes[start..start + size]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_where_its_length_says() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Type: a/b; c=d\r\nContent-Length: 2\r\n\r\nokHTTP";
        let (reply, length) = parse(bytes).unwrap().unwrap();
        assert_eq!(reply.body, b"ok");
        assert_eq!((reply.status, reply.content_type.as_str()), (200, "a/b"));
        assert_eq!(&bytes[length..], b"HTTP");
        for cut in 0..length {
            assert!(parse(&bytes[..cut]).unwrap().is_none(), "{cut}");
        }
    }

    #[test]
    fn chunks_are_put_together() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n";
        let (reply, length) = parse(bytes).unwrap().unwrap();
        assert_eq!((reply.body.as_slice(), length), (b"ok!".as_slice(), bytes.len()));
        for cut in 0..length {
            assert!(parse(&bytes[..cut]).unwrap().is_none(), "{cut}");
        }
    }

    #[test]
    fn no_content_has_no_length() {
        let bytes = b"HTTP/1.1 204 No Content\r\n\r\n";
        let (reply, length) = parse(bytes).unwrap().unwrap();
        assert_eq!((reply.status, length), (204, bytes.len()));
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for bytes in [
            b"HTTP/1.1 200 OK\r\n\r\n".as_slice(),
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        ] {
            assert!(parse(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
