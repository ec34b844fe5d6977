//! Two clients: a library's for the shop's behaviour, a raw socket for the edge's.

use super::PATIENCE;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// A whole reply. Header names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One request on a connection of its own.
pub fn exchange(address: SocketAddr, method: &str, path: &str, body: Option<&str>) -> Response {
    exchange_as(address, None, method, path, body)
}

/// As [`exchange`], with an `Authorization`.
pub fn exchange_as(
    address: SocketAddr,
    token: Option<&str>,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> Response {
    let method = minreq::Method::Custom(method.to_owned());
    let mut request = minreq::Request::new(method, format!("http://{address}{path}"))
        .with_timeout(PATIENCE.as_secs());
    if let Some(token) = token {
        request = request.with_header("Authorization", token);
    }
    if let Some(body) = body {
        request = request.with_header("Content-Type", "application/json").with_body(body);
    }
    let response = request.send().unwrap_or_else(|error| panic!("{path}: {error}"));
    let headers = response.headers.iter();
    Response {
        status: response.status_code,
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.clone())).collect(),
        body: response.as_str().unwrap().to_owned(),
    }
}

/// A socket that sends any bytes and reads replies as they come.
pub struct Raw {
    pub socket: TcpStream,
    received: Vec<u8>,
}

impl Raw {
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, received: Vec::new() }
    }

    /// All that one request brings until the server closes; nothing where it does not serve.
    pub fn try_exchange(address: SocketAddr, request: &str) -> String {
        let Ok(mut socket) = TcpStream::connect(address) else { return String::new() };
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut received = Vec::new();
        let sent = socket.write_all(request.as_bytes());
        let _ = sent.and_then(|()| socket.shutdown(Shutdown::Write));
        match socket.read_to_end(&mut received) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("left waiting"),
            _ => String::from_utf8(received).unwrap(),
        }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.socket.write_all(bytes.as_ref()).unwrap();
        self
    }

    /// Says that nothing more will be sent.
    pub fn end_sending(&mut self) -> &mut Self {
        self.socket.shutdown(Shutdown::Write).unwrap();
        self
    }

    /// The next reply with a body of its Content-Length.
    pub fn reply(&mut self) -> Response {
        self.reply_to("GET")
    }

    /// The next reply to a request of that method: one to HEAD has no body.
    pub fn reply_to(&mut self, method: &str) -> Response {
        let head_end = loop {
            if let Some(at) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.receive() > 0, "the connection ended in a head: {}", self.shown());
        };
        let head = String::from_utf8(self.received[..head_end].to_vec()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status_line = lines.next().unwrap();
        assert!(status_line.starts_with("HTTP/1.1 "), "{status_line}");
        let status = status_line[9..12].parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap_or_else(|| panic!("no header: {line}")))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let bodiless = method == "HEAD" || matches!(status, 100 | 204);
        let length = match length {
            Some((_, length)) if !bodiless => length.parse::<usize>().unwrap(),
            _ => 0,
        };
        while self.received.len() < head_end + length {
            assert!(self.receive() > 0, "the connection ended in a body: {}", self.shown());
        }
        let body = self.received[head_end..head_end + length].to_vec();
        self.received.drain(..head_end + length);
        Response { status, headers, body: String::from_utf8(body).unwrap() }
    }

    /// Reads to the end of the connection, which must come; what came before it.
    pub fn rest(&mut self) -> String {
        while self.receive() > 0 {}
        self.shown()
    }

    /// Whether nothing comes for that long, not even the end.
    pub fn is_silent_for(&mut self, wait: Duration) -> bool {
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let mut byte = [0];
        let read = self.socket.read(&mut byte);
        self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
        match read {
            Ok(length) => {
                self.received.extend_from_slice(&byte[..length]);
                false
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    fn receive(&mut self) -> usize {
        let mut buffer = [0; 16 << 10];
        match self.socket.read(&mut buffer) {
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                length
            }
            // The server closed with bytes of ours unread.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("{error} after {}", self.shown()),
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }
}
