//! Requests at a constant rate, free of coordinated omission: a request is due at its time, whether
//! or not those before it are answered, and its latency counts from that time.
//!
//! A generator of our own, because those there are cannot do it here: README.md has the figures.
//! One thread, `epoll`, a timer that is set to when the next request is due. What is due while all
//! connections wait for replies goes out as soon as one is free, and its wait is in its latency.

use crate::driver::Load;
use crate::reply;
use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// The subcommand, which is not for people.
pub const COMMAND: &str = "pace";

/// The shortest sleep. Below it a wake-up costs more than the request that it is for; it is the
/// most that the generator itself adds to a latency.
const SLEEP_MIN: Duration = Duration::from_micros(20);
/// How long replies are waited for after the last request was due.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// The event of the timer; connections have their place.
const TIMER: u64 = u64::MAX;

/// What to do.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub port: u16,
    pub rate: f64,
    pub seconds: f64,
    pub connections: usize,
}

struct Entry {
    bytes: Vec<u8>,
    status: u16,
}

struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    /// When the request under way was due, and the status that it is to get.
    waiting: Option<(Instant, u16)>,
}

struct Generator<'e> {
    pace: Pace,
    entries: &'e [Entry],
    epoll: Epoll,
    timer: TimerFd,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    start: Instant,
    /// Requests sent, and how many there are to send.
    sent: u64,
    total: u64,
    answered: u64,
    errors: u64,
    bytes: u64,
    latency_us: Histogram<u64>,
}

/// Runs at the pace with the requests of a file.
///
/// # Errors
/// The file cannot be read, or nobody listens.
pub fn run(pace: Pace, requests: &Path) -> Result<Load> {
    let bytes = fs::read(requests).with_context(|| requests.display().to_string())?;
    let entries = entries(&bytes)?;
    ensure!(!entries.is_empty() && pace.rate > 0.0, "no requests");
    Generator::new(pace, &entries)?.run()
}

fn entries(mut bytes: &[u8]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    while let Some(end) = bytes.iter().position(|it| *it == b'\n') {
        let line = std::str::from_utf8(&bytes[..end])?;
        let (length, status) = line.split_once(' ').context("no length and status")?;
        bytes = &bytes[end + 1..];
        let (request, rest) = bytes.split_at_checked(length.parse()?).context("a short file")?;
        entries.push(Entry { bytes: request.to_vec(), status: status.parse()? });
        bytes = rest;
    }
    Ok(entries)
}

impl<'e> Generator<'e> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn new(pace: Pace, entries: &'e [Entry]) -> Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::empty())?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK)?;
        let edge = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        epoll.add(&timer, EpollEvent::new(edge, TIMER))?;
        let mut generator = Self {
            pace,
            entries,
            epoll,
            timer,
            connections: Vec::new(),
            idle: (0..pace.connections).collect(),
            start: Instant::now(),
            sent: 0,
            total: (pace.rate * pace.seconds) as u64,
            answered: 0,
            errors: 0,
            bytes: 0,
            latency_us: Histogram::new_with_bounds(1, 60_000_000, 3)?,
        };
        for place in 0..pace.connections {
            let connection = generator.connect(place)?;
            generator.connections.push(connection);
        }
        Ok(generator)
    }

    fn connect(&self, place: usize) -> Result<Connection> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.pace.port))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        self.epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, place as u64))?;
        Ok(Connection { stream, input: Vec::new(), waiting: None })
    }

    #[expect(clippy::cast_precision_loss)]
    fn run(mut self) -> Result<Load> {
        let mut events = vec![EpollEvent::empty(); self.connections.len() + 1];
        let mut buffer = vec![0; 256 << 10];
        self.start = Instant::now();
        let end = self.start + Duration::from_secs_f64(self.pace.seconds);
        loop {
            self.send_due()?;
            let now = Instant::now();
            let is_done = self.sent == self.total && self.idle.len() == self.connections.len();
            if is_done || now > end + DRAIN_MAX {
                break;
            }
            let count = self.epoll.wait(&mut events, EpollTimeout::from(100_u8))?;
            for event in &events[..count] {
                if event.data() != TIMER {
                    self.receive(usize::try_from(event.data())?, &mut buffer)?;
                }
            }
        }
        self.give_up();
        let seconds = self.start.elapsed().as_secs_f64().max(self.pace.seconds);
        let at = |quantile: f64| self.latency_us.value_at_quantile(quantile) as f64;
        Ok(Load {
            requests: self.answered,
            seconds,
            bytes: self.bytes,
            errors: self.errors,
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: self.latency_us.max() as f64,
        })
    }

    #[expect(clippy::cast_precision_loss)]
    fn due(&self, number: u64) -> Instant {
        self.start + Duration::from_secs_f64(number as f64 / self.pace.rate)
    }

    /// Sends what is due on connections that are free, and sets the timer to what comes next.
    fn send_due(&mut self) -> Result<()> {
        while self.sent < self.total {
            let due = self.due(self.sent);
            let now = Instant::now();
            if due > now {
                // While none is free a reply comes first.
                if !self.idle.is_empty() {
                    let sleep = (due - now).max(SLEEP_MIN);
                    let expiration = Expiration::OneShot(TimeSpec::from_duration(sleep));
                    self.timer.set(expiration, TimerSetTimeFlags::empty())?;
                }
                return Ok(());
            }
            let Some(place) = self.idle.pop() else { return Ok(()) };
            let index = usize::try_from(self.sent)? % self.entries.len();
            let entry = &self.entries[index];
            self.sent += 1;
            self.connections[place].waiting = Some((due, entry.status));
            if self.connections[place].stream.write_all(&entry.bytes).is_err() {
                self.replace(place)?;
            }
        }
        Ok(())
    }

    fn receive(&mut self, place: usize, buffer: &mut [u8]) -> Result<()> {
        let connection = &mut self.connections[place];
        let read = match connection.stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Ok(0) | Err(_) => return self.replace(place),
            Ok(read) => read,
        };
        self.bytes += read as u64;
        // Most replies come whole; what does not is put together.
        let whole = if connection.input.is_empty() {
            &buffer[..read]
        } else {
            connection.input.extend_from_slice(&buffer[..read]);
            &connection.input
        };
        let Some((end, status)) = reply::end(whole)? else {
            if connection.input.is_empty() {
                connection.input.extend_from_slice(&buffer[..read]);
            }
            return Ok(());
        };
        ensure!(end == whole.len(), "more than one reply to one request");
        connection.input.clear();
        let Some((due, expected)) = connection.waiting.take() else {
            bail!("a reply that nobody asked for");
        };
        self.answered += 1;
        self.errors += u64::from(status != expected);
        self.record(due);
        self.idle.push(place);
        Ok(())
    }

    fn record(&mut self, due: Instant) {
        let us = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.latency_us.saturating_record(us.max(1));
    }

    /// A connection that is lost counts as an error, and another takes its place.
    fn replace(&mut self, place: usize) -> Result<()> {
        self.errors += 1;
        let was_waiting = self.connections[place].waiting.is_some();
        self.connections[place] = self.connect(place).context("the server is gone")?;
        if was_waiting {
            self.idle.push(place);
        }
        Ok(())
    }

    /// What was not answered in the end has waited at least until now. It is no error: the server
    /// cannot keep the rate, which the rate that it did keep tells.
    fn give_up(&mut self) {
        let waiting: Vec<Instant> =
            self.connections.iter().filter_map(|it| it.waiting.map(|it| it.0)).collect();
        for due in waiting {
            self.record(due);
        }
        for number in self.sent..self.total {
            let due = self.due(number);
            self.record(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// A server that answers one connection, and sleeps once before the reply of this number.
    fn server(slow: u32, pause: Duration) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut input = [0; 1024];
            for number in 0.. {
                match stream.read(&mut input) {
                    Ok(0) | Err(_) => return,
                    Ok(_) if number == slow => thread::sleep(pause),
                    Ok(_) => {}
                }
                let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                if stream.write_all(reply).is_err() {
                    return;
                }
            }
        });
        port
    }

    #[test]
    fn requests_that_a_stall_holds_up_count_as_late() {
        let entries = [Entry { bytes: b"GET / HTTP/1.1\r\n\r\n".to_vec(), status: 200 }];
        let port = server(100, Duration::from_millis(300));
        let pace = Pace { port, rate: 1000.0, seconds: 1.0, connections: 1 };
        let load = Generator::new(pace, &entries).unwrap().run().unwrap();
        assert_eq!((load.requests, load.errors), (1000, 0));
        assert!(load.max_us >= 299_000.0, "{load:?}");
        // 300 requests were due meanwhile: a tenth of all waited 200 ms or longer.
        assert!(load.p90_us >= 150_000.0, "{load:?}");
    }

    #[test]
    fn a_wrong_status_is_an_error() {
        let entries = [Entry { bytes: b"GET / HTTP/1.1\r\n\r\n".to_vec(), status: 204 }];
        let pace =
            Pace { port: server(9, Duration::ZERO), rate: 500.0, seconds: 0.1, connections: 1 };
        let load = Generator::new(pace, &entries).unwrap().run().unwrap();
        assert_eq!((load.requests, load.errors), (50, 50));
    }

    #[test]
    fn a_file_of_requests_is_read() {
        let entries = entries(b"3 200\na\nb2 404\ncd").unwrap();
        assert_eq!(entries[0].bytes, b"a\nb");
        assert_eq!((entries[1].bytes.as_slice(), entries[1].status), (b"cd".as_slice(), 404));
        assert!(super::entries(b"9 200\na").is_err());
    }
}
