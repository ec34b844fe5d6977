//! A Redis on a Unix socket, asked by many coroutines at once, as Atelier's own pipeline asks
//! PostgreSQL: what the coroutines of one turn of the event loop ask leaves in one write, and a
//! value is copied from the socket's buffer into the reply that waits for it.
//!
//! For benchmarks only: there are no deadlines, and the process ends with its connection.

use anyhow::bail;
use atelier::polled::Polled;
use may::coroutine::{self, Builder, Coroutine};
use may::go;
use may::io::WaitIoWaker;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::rc::Rc;

const INPUT_BYTES: usize = 64 << 10;

/// How the keys of a turn are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A GET each.
    Get,
    /// One MGET a turn.
    Mget,
    /// One MGET at a time: while it is under way, keys gather for the next.
    MgetGated,
}

impl Command {
    pub fn of_name(name: &str) -> anyhow::Result<Self> {
        match name {
            "get" => Ok(Self::Get),
            "mget" => Ok(Self::Mget),
            "mget-gated" => Ok(Self::MgetGated),
            _ => bail!("REDIS_COMMAND is get, mget or mget-gated"),
        }
    }
}

pub struct Redis {
    command: Command,
    state: RefCell<State>,
}

struct State {
    waker: WaitIoWaker,
    /// Whether the connection's coroutine was woken and has not run since.
    woken: bool,
    /// What is asked and not yet in `output`, and by how many.
    batch: Vec<u8>,
    batch_keys: usize,
    /// What the socket has not taken yet.
    output: Vec<u8>,
    queue: VecDeque<Rc<Waiter>>,
}

struct Waiter {
    coroutine: Coroutine,
    body: RefCell<Vec<u8>>,
    /// Whether there was a value, once that is known.
    found: Cell<Option<bool>>,
}

impl Redis {
    /// Connects; to be called on the worker.
    pub fn open(socket: &Path, command: Command) -> io::Result<Rc<Self>> {
        let socket = Polled::new(UnixStream::connect(socket)?)?;
        let waker = socket.waker().ok_or(ErrorKind::NotConnected)?;
        let state = State {
            waker,
            woken: false,
            batch: Vec::new(),
            batch_keys: 0,
            output: Vec::new(),
            queue: VecDeque::new(),
        };
        let redis = Rc::new(Self { command, state: RefCell::new(state) });
        DRIVEN.set(Some((socket, Rc::clone(&redis))));
        go!(Builder::new().id(0), || {
            if let Some((socket, redis)) = DRIVEN.take() {
                let ended = redis.drive(&socket);
                eprintln!("error: the connection to Redis ended: {ended:?}");
            }
            std::process::exit(1);
        })?;
        Ok(redis)
    }

    /// Appends the value of `path?query` to `body`; false when there is none.
    pub fn get(&self, path: &str, query: &str, body: &mut Vec<u8>) -> bool {
        let waiter = Rc::new(Waiter {
            coroutine: coroutine::current(),
            body: RefCell::new(std::mem::take(body)),
            found: Cell::new(None),
        });
        self.ask(path, query, &waiter);
        loop {
            coroutine::park();
            if let Some(found) = waiter.found.get() {
                *body = waiter.body.take();
                return found;
            }
        }
    }

    fn ask(&self, path: &str, query: &str, waiter: &Rc<Waiter>) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let batch = &mut state.batch;
        if self.command == Command::Get {
            batch.extend_from_slice(b"*2\r\n$3\r\nGET\r\n");
        }
        let mark = usize::from(!query.is_empty());
        number(batch, b'$', path.len() + mark + query.len());
        batch.extend_from_slice(path.as_bytes());
        batch.extend_from_slice(&b"?"[..mark]);
        batch.extend_from_slice(query.as_bytes());
        batch.extend_from_slice(b"\r\n");
        state.batch_keys += 1;
        state.queue.push_back(Rc::clone(waiter));
        if !std::mem::replace(&mut state.woken, true) {
            state.waker.wakeup();
        }
    }

    /// Writes, reads and waits until the connection breaks.
    fn drive(&self, socket: &Polled<UnixStream>) -> io::Result<()> {
        let mut input = vec![0; INPUT_BYTES];
        let mut filled = 0;
        let mut readable = true;
        loop {
            self.state.borrow_mut().woken = false;
            while readable {
                if filled == input.len() {
                    input.resize(2 * filled, 0);
                }
                match socket.read(&mut input[filled..]) {
                    Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                    Ok(length) => {
                        filled += length;
                        readable = filled == input.len();
                        let taken = self.deliver(&input[..filled])?;
                        input.copy_within(taken..filled, 0);
                        filled -= taken;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
            self.flush(socket)?;
            readable = socket.wait();
        }
    }

    /// Writes what all coroutines of this turn have asked.
    fn flush(&self, socket: &Polled<UnixStream>) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let waits = self.command == Command::MgetGated && state.queue.len() > state.batch_keys;
        if state.batch_keys > 0 && !waits {
            if self.command != Command::Get {
                number(&mut state.output, b'*', state.batch_keys + 1);
                state.output.extend_from_slice(b"$4\r\nMGET\r\n");
            }
            state.output.append(&mut state.batch);
            state.batch_keys = 0;
        }
        while !state.output.is_empty() {
            match socket.write(&state.output) {
                Ok(length) => drop(state.output.drain(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Gives each whole value to who waits for it; how many bytes that were.
    fn deliver(&self, input: &[u8]) -> io::Result<usize> {
        let mut state = self.state.borrow_mut();
        let mut taken = 0;
        loop {
            let rest = &input[taken..];
            let Some(end) = memchr::memchr(b'\n', rest) else { return Ok(taken) };
            let line = rest[..end].trim_ascii_end();
            let value = match line.split_first() {
                // The head of the reply to an MGET; its values follow.
                Some((b'*', _)) => {
                    taken += end + 1;
                    continue;
                }
                Some((b'$', b"-1")) => None,
                Some((b'$', digits)) => {
                    let length = std::str::from_utf8(digits).ok().and_then(|it| it.parse().ok());
                    let length: usize = length.ok_or(ErrorKind::InvalidData)?;
                    let start = end + 1;
                    if rest.len() < start + length + 2 {
                        return Ok(taken);
                    }
                    Some(&rest[start..start + length])
                }
                _ => return Err(io::Error::other(String::from_utf8_lossy(line))),
            };
            taken += end + 1 + value.map_or(0, |value| value.len() + 2);
            let waiter = state.queue.pop_front().ok_or(ErrorKind::InvalidData)?;
            if let Some(value) = value {
                waiter.body.borrow_mut().extend_from_slice(value);
            }
            waiter.found.set(Some(value.is_some()));
            waiter.coroutine.unpark();
        }
    }
}

thread_local! {
    /// What the coroutine of a new connection takes over, on the same worker.
    static DRIVEN: Cell<Option<(Polled<UnixStream>, Rc<Redis>)>> = const { Cell::new(None) };
}

/// `$12` and the end of its line.
fn number(output: &mut Vec<u8>, sign: u8, value: usize) {
    output.push(sign);
    output.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    output.extend_from_slice(b"\r\n");
}
