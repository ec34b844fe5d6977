//! A database server that says what a test's script has it say: start-up and preparing are
//! played as PostgreSQL would, what comes after is the script's.

use crate::common::PATIENCE;
use atelier::postgres::{Statement, Target, oid};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

/// The one statement that the server knows: a number, and a text that is there for its size.
pub static ECHO: Statement = Statement {
    name: "echo",
    sql: "select $1",
    parameters: &[oid::INT4, oid::TEXT],
    columns: &[oid::INT4],
};

pub trait Stream: Read + Write + Send {}
impl Stream for TcpStream {}
impl Stream for UnixStream {}

/// One client's connection, prepared and ready for requests.
pub struct Client {
    stream: Box<dyn Stream>,
}

/// Plays a server on a port of its own. `script` is called for each connection, with its number,
/// on a thread of the connection's; the connection closes when it returns.
pub fn serve(script: impl Fn(&mut Client, usize) + Send + Sync + 'static) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    accept_all(script, move || {
        let stream = listener.accept().unwrap().0;
        stream.set_nodelay(true).unwrap();
        // So that no thread stays behind when a client hangs.
        stream.set_read_timeout(Some(2 * PATIENCE)).unwrap();
        stream.set_write_timeout(Some(2 * PATIENCE)).unwrap();
        Box::new(stream)
    });
    Target::parse(&format!("postgres://u:p@127.0.0.1:{port}/d")).unwrap()
}

/// As [`serve`], on the socket that a client looks for in `directory`.
pub fn serve_in(directory: &Path, script: impl Fn(&mut Client, usize) + Send + Sync + 'static) {
    let listener = UnixListener::bind(directory.join(".s.PGSQL.5432")).unwrap();
    accept_all(script, move || {
        let stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(2 * PATIENCE)).unwrap();
        Box::new(stream)
    });
}

fn accept_all(
    script: impl Fn(&mut Client, usize) + Send + Sync + 'static,
    accept: impl Fn() -> Box<dyn Stream> + Send + 'static,
) {
    let script = Arc::new(script);
    thread::spawn(move || {
        for number in 0.. {
            let (mut client, script) = (Client { stream: accept() }, Arc::clone(&script));
            thread::spawn(move || {
                if client.begin().is_some() {
                    script(&mut client, number);
                }
            });
        }
    });
}

impl Client {
    /// Start-up and preparing.
    fn begin(&mut self) -> Option<()> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).ok()?;
        self.stream.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4]).ok()?;
        self.stream.write_all(&welcome()).ok()?;
        loop {
            let answer = match self.hear()?.0 {
                b'P' => frame(b'1', b""),
                b'D' => [
                    frame(b't', b"\0\x02\0\0\0\x17\0\0\0\x19"),
                    frame(b'T', b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0"),
                ]
                .concat(),
                b'S' => frame(b'Z', b"I"),
                tag => panic!("the client says {} while it prepares", char::from(tag)),
            };
            self.stream.write_all(&answer).ok()?;
            if answer[0] == b'Z' {
                return Some(());
            }
        }
    }

    /// The client's next message; `None` at its end.
    fn hear(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let mut body = vec![0; length as usize - 4];
        self.stream.read_exact(&mut body).ok()?;
        Some((head[0], body))
    }

    /// The number that the next request sends; `None` when the client is gone.
    pub fn request(&mut self) -> Option<i32> {
        let (tag, body) = self.hear()?;
        assert_eq!(tag, b'B', "a request begins with Bind");
        // The portal, the name, one format for all, two parameters, the length of the first.
        let at = 1 + ECHO.name.len() + 1 + 4 + 2 + 4;
        assert_eq!(self.hear()?.0, b'E');
        assert_eq!(self.hear()?.0, b'S');
        Some(i32::from_be_bytes(body[at..at + 4].try_into().unwrap()))
    }

    /// False when the client takes no more.
    pub fn say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Answers requests as they should be, until the client is gone.
    pub fn answer_all(&mut self) {
        while let Some(value) = self.request() {
            if !self.say(&answer(value)) {
                return;
            }
        }
    }

    /// Stays there and says nothing until the client is gone.
    pub fn linger(&mut self) {
        while self.stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
    }
}

pub fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[tag], &length[..], body].concat()
}

/// The whole answer to a start-up that needs no password.
pub fn welcome() -> Vec<u8> {
    let mut bytes = frame(b'R', &[0, 0, 0, 0]);
    bytes.extend(frame(b'S', b"server_version\x0015.4\0"));
    bytes.extend(frame(b'K', &[0, 0, 0, 9, 0, 0, 0, 1]));
    bytes.extend(frame(b'N', b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0"));
    bytes.extend(frame(b'Z', b"I"));
    bytes
}

pub fn error(severity: &str, code: &str) -> Vec<u8> {
    let body = format!("S{severity}\0V{severity}\0C{code}\0Mas told\0\0");
    frame(b'E', body.as_bytes())
}

/// A row of one number.
pub fn row(value: i32) -> Vec<u8> {
    frame(b'D', &[b"\0\x01\0\0\0\x04", &value.to_be_bytes()[..]].concat())
}

/// The answer to a request: one row with that number.
pub fn answer(value: i32) -> Vec<u8> {
    [frame(b'2', b""), row(value), frame(b'C', b"SELECT 1\0"), frame(b'Z', b"I")].concat()
}
