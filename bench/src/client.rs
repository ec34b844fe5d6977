//! One connection that asks one request at a time, for everything but load.

use crate::reply::{self, Reply};
use crate::workload::{Expected, Request};
use anyhow::{Context, Result, bail, ensure};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// How long a reply may take before it counts as none.
const REPLY_MAX: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Client {
    port: u16,
    stream: Option<TcpStream>,
}

impl Client {
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// The reply to `GET path`.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&mut self, path: &str) -> Result<Reply> {
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").as_bytes())
    }

    /// The reply to a request. After an error the next request has a connection of its own.
    ///
    /// # Errors
    /// There is none.
    pub fn ask(&mut self, request: &[u8]) -> Result<Reply> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.port)?,
        };
        let (reply, stream) = exchange(stream, request)?;
        self.stream = Some(stream);
        Ok(reply)
    }

    /// Asks, and says what is wrong with the reply.
    ///
    /// # Errors
    /// No reply, or not the expected one.
    pub fn check(&mut self, request: &Request) -> Result<()> {
        let line = || {
            let line = request.bytes.split(|it| *it == b'\r').next().unwrap_or_default();
            String::from_utf8_lossy(line).into_owned()
        };
        let reply = self.ask(&request.bytes).with_context(line)?;
        request.expected.check(&reply).with_context(line)
    }
}

impl Expected {
    fn check(&self, reply: &Reply) -> Result<()> {
        let body = String::from_utf8_lossy(&reply.body);
        let start: String = body.chars().take(200).collect();
        let (expected, status) = (self.status, reply.status);
        ensure!(expected == status, "{status} instead of {expected}: {start}");
        match self.body_has.iter().find(|it| !body.contains(it.as_str())) {
            Some(missing) => bail!("no {missing} in the reply: {start}"),
            None => Ok(()),
        }
    }
}

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("nobody listens on port {port}"))?;
    stream.set_read_timeout(Some(REPLY_MAX))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn exchange(mut stream: TcpStream, request: &[u8]) -> Result<(Reply, TcpStream)> {
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        let read = stream.read(&mut part).context("no reply in time")?;
        ensure!(read > 0, "the connection was closed before the reply");
        bytes.extend_from_slice(&part[..read]);
        if let Some((reply, length)) = reply::parse(&bytes)? {
            ensure!(length == bytes.len(), "more than one reply to one request");
            return Ok((reply, stream));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_held_against_what_is_expected() {
        let expected = Expected { status: 200, body_has: vec!["\"results\":[".to_owned()] };
        let reply = |status, body: &[u8]| Reply {
            status,
            content_type: "application/json".to_owned(),
            body: body.to_vec(),
        };
        assert!(expected.check(&reply(200, b"{\"results\":[]}")).is_ok());
        assert!(expected.check(&reply(201, b"{\"results\":[]}")).is_err());
        assert!(expected.check(&reply(200, b"{}")).is_err());
    }
}
