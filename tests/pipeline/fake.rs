//! A database server that says what a test's script has it say: start-up and preparing are
//! played as PostgreSQL would, what comes after is the script's.

use crate::common::PATIENCE;
use atelier::postgres::{Read as ManyRead, Statement, Target, oid};
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

/// The read that it knows: its statements have the server say what it likes.
pub static LOOK_UP: ManyRead = ManyRead {
    one: Statement {
        name: "one",
        sql: "select $1",
        parameters: &[oid::INT4],
        columns: &[oid::INT4],
    },
    many: Statement {
        name: "many",
        sql: "select place, n from unnest($1) with ordinality as wanted (n, place)",
        parameters: &[oid::INT4_ARRAY],
        columns: &[oid::INT8, oid::INT4],
    },
    keys_max: 16,
    single_row: false,
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
            let (tag, body) = self.hear()?;
            let answer = match tag {
                b'P' => frame(b'1', b""),
                b'D' => description(&body),
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

    /// The statements up to the next Sync: the name of each, and the integers of its first
    /// parameter. `None` when the client is gone.
    pub fn statements(&mut self) -> Option<Vec<(String, Vec<i32>)>> {
        let mut statements = Vec::new();
        loop {
            match self.hear()? {
                (b'B', body) => {
                    let name = body[1..].split(|&byte| byte == 0).next().unwrap().to_vec();
                    let value = &body[1 + name.len() + 1 + 4 + 2..];
                    let length = usize::try_from(integer(value)).unwrap();
                    let value = &value[4..4 + length];
                    // An array of int4 has 20 bytes before its elements, which are eight each.
                    let keys = match length {
                        4 => vec![integer(value)],
                        _ => value[20..].chunks(8).map(|element| integer(&element[4..])).collect(),
                    };
                    statements.push((String::from_utf8(name).unwrap(), keys));
                }
                (b'E', _) => {}
                (b'S', _) => return Some(statements),
                (tag, _) => panic!("the client says {}", char::from(tag)),
            }
        }
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

/// What a statement takes and returns, as preparing asks for it.
fn description(body: &[u8]) -> Vec<u8> {
    let name = &body[1..body.len() - 1];
    let known = [&ECHO, &LOOK_UP.one, &LOOK_UP.many];
    let statement = known.into_iter().find(|known| known.name.as_bytes() == name).unwrap();
    let count = |list: &[u32]| u16::try_from(list.len()).unwrap().to_be_bytes().to_vec();
    let mut parameters = count(statement.parameters);
    parameters.extend(statement.parameters.iter().flat_map(|oid| oid.to_be_bytes()));
    let mut columns = count(statement.columns);
    for oid in statement.columns {
        columns.extend_from_slice(b"a\0\0\0\0\0\0\0");
        columns.extend_from_slice(&oid.to_be_bytes());
        columns.extend_from_slice(b"\0\x04\xff\xff\xff\xff\0\0");
    }
    [frame(b't', &parameters), frame(b'T', &columns)].concat()
}

fn integer(bytes: &[u8]) -> i32 {
    i32::from_be_bytes(bytes[..4].try_into().unwrap())
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

/// A row of a batch: the number for the key at `place`.
pub fn placed_row(place: i64, value: i32) -> Vec<u8> {
    let (place, value) = (place.to_be_bytes(), value.to_be_bytes());
    let body = [b"\0\x02\0\0\0\x08", &place[..], b"\0\0\0\x04", &value[..]].concat();
    frame(b'D', &body)
}

/// The answer to a request: one row with that number.
pub fn answer(value: i32) -> Vec<u8> {
    [frame(b'2', b""), row(value), frame(b'C', b"SELECT 1\0"), frame(b'Z', b"I")].concat()
}
