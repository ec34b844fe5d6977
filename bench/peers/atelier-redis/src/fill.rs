//! Fills a Redis with the replies of a running Atelier.

use anyhow::{Context, bail, ensure};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::RangeInclusive;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Products asked about under one write; their requests fit into a socket's buffer.
const PRODUCTS_AT_ONCE: u32 = 20;

/// What is asked of each product.
fn targets(product_id: u32) -> [String; 6] {
    [
        format!("/products/{product_id}"),
        format!("/products/{product_id}/styles"),
        format!("/products/{product_id}/related"),
        format!("/reviews?product_id={product_id}"),
        format!("/reviews/meta?product_id={product_id}"),
        format!("/qa/questions?product_id={product_id}"),
    ]
}

/// Stores the replies about the products of `ids`.
///
/// # Errors
/// When either server does not answer as it should.
pub fn run(atelier: SocketAddr, redis: &Path, ids: RangeInclusive<u32>) -> anyhow::Result<()> {
    let mut atelier = BufReader::with_capacity(1 << 20, TcpStream::connect(atelier)?);
    let mut redis = BufReader::new(UnixStream::connect(redis)?);
    let mut stored_bytes = 0;
    let mut next = *ids.start();
    while next <= *ids.end() {
        let last = ids.end().min(&(next + PRODUCTS_AT_ONCE - 1)).to_owned();
        let targets: Vec<String> = (next..=last).flat_map(targets).collect();
        let mut asked = String::new();
        for target in &targets {
            write!(asked, "GET {target} HTTP/1.1\r\nHost: atelier\r\n\r\n")?;
        }
        atelier.get_mut().write_all(asked.as_bytes())?;
        let mut sets = Vec::new();
        for target in &targets {
            let body = read_reply(&mut atelier).with_context(|| target.clone())?;
            stored_bytes += body.len();
            write!(sets, "*3\r\n$3\r\nSET\r\n${}\r\n{target}\r\n", target.len())?;
            write!(sets, "${}\r\n", body.len())?;
            sets.extend_from_slice(&body);
            sets.extend_from_slice(b"\r\n");
        }
        redis.get_mut().write_all(&sets)?;
        for target in &targets {
            let line = read_line(&mut redis)?;
            ensure!(line == "+OK", "Redis says {line} to {target}");
        }
        next = last + 1;
    }
    eprintln!("stored {} MiB of replies about the products {ids:?}", stored_bytes >> 20);
    Ok(())
}

/// Whether nothing is stored yet.
///
/// # Errors
/// When Redis does not answer.
pub fn is_empty(redis: &Path) -> anyhow::Result<bool> {
    let mut redis = BufReader::new(UnixStream::connect(redis)?);
    redis.get_mut().write_all(b"DBSIZE\r\n")?;
    Ok(read_line(&mut redis)? == ":0")
}

/// The body of the next reply.
fn read_reply(atelier: &mut impl BufRead) -> anyhow::Result<Vec<u8>> {
    let status = read_line(atelier)?;
    ensure!(status.starts_with("HTTP/1.1 200 "), "{status}");
    let mut length = None;
    loop {
        let line = read_line(atelier)?;
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length.context("a reply has no length")?];
    atelier.read_exact(&mut body)?;
    Ok(body)
}

fn read_line(from: &mut impl BufRead) -> anyhow::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        bail!("the server closed the connection");
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}
