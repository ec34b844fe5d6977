//! The socket under a connection to the database: TCP or unix, made within a deadline, and
//! movable to a descriptor number that the event loop gives to a certain worker. Knows nothing
//! of the protocol spoken over it.

use super::error::Error;
use super::url::{Host, Target};
use crate::polled;
use socket2::{Domain, SockAddr, SockRef, TcpKeepalive, Type};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A silent peer is asked for a sign of life after this time and then every
/// `KEEPALIVE_INTERVAL`. Systems give up after 8 or 9 unanswered ones, so a database whose
/// machine vanished is noticed within about a minute even where no deadline is set.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// A connected stream to the database server.
#[derive(Debug)]
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Connects to the target within its `connect_deadline`. Of a name with several addresses
    /// each gets an equal share of the time that is left, so that one which never answers
    /// cannot use up that of the next.
    pub fn connect(target: &Target) -> Result<Socket, Error> {
        let expires = Instant::now() + target.connect_deadline;
        let made = match &target.host {
            Host::Unix(directory, port) => {
                unix_connect(&directory.join(format!(".s.PGSQL.{port}")), expires)
            }
            Host::Tcp(host, port) => tcp_connect(host, *port, expires),
        };
        made.map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    format!("no answer within {:?}", target.connect_deadline)
                }
                io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                    format!("{error}; is the server running there?")
                }
                _ => error.to_string(),
            };
            Error::Connect(format!("cannot connect to {}: {why}", target.redacted()).into())
        })
    }

    /// The stream under a descriptor that the event loop gives to `worker`.
    pub fn on_worker(self, worker: usize, workers: usize) -> io::Result<Socket> {
        Ok(match self {
            Socket::Tcp(stream) => {
                Socket::Tcp(polled::on_worker(stream.into(), worker, workers)?.into())
            }
            Socket::Unix(stream) => {
                Socket::Unix(polled::on_worker(stream.into(), worker, workers)?.into())
            }
        })
    }

    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.set_nonblocking(nonblocking),
            Socket::Unix(stream) => stream.set_nonblocking(nonblocking),
        }
    }
}

fn unix_connect(path: &Path, expires: Instant) -> io::Result<Socket> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Where the server's queue is full, a connect waits in the kernel as long as a send may.
    socket.set_write_timeout(Some(remaining(expires)?))?;
    socket.connect(&SockAddr::unix(path)?)?;
    socket.set_write_timeout(None)?;
    Ok(Socket::Unix(OwnedFd::from(socket).into()))
}

fn tcp_connect(host: &str, port: u16, expires: Instant) -> io::Result<Socket> {
    let addresses = resolve(host, port, expires)?;
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for (tried, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = remaining(expires)? / left;
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => {
                let options = SockRef::from(&stream);
                options.set_nodelay(true)?;
                options.set_tcp_keepalive(
                    &TcpKeepalive::new()
                        .with_time(KEEPALIVE_IDLE)
                        .with_interval(KEEPALIVE_INTERVAL),
                )?;
                return Ok(Socket::Tcp(stream));
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The addresses of a host. The system's resolver has no deadline, so a name is looked up on
/// a thread of its own, which is left behind when it takes too long.
fn resolve(host: &str, port: u16, expires: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (answer, answers) = mpsc::sync_channel(1);
    let name = host.to_owned();
    thread::Builder::new().name("resolve".into()).spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // Nobody takes an answer that comes after the deadline.
        let _ = answer.send(found);
    })?;
    answers.recv_timeout(remaining(expires)?).map_err(|_| io::ErrorKind::TimedOut)?
}

fn remaining(expires: Instant) -> io::Result<Duration> {
    match expires.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => (&*stream).read(buffer),
            Socket::Unix(stream) => (&*stream).read(buffer),
        }
    }
}

impl Write for &Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => (&*stream).write(buffer),
            Socket::Unix(stream) => (&*stream).write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&mut &*self).read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        (&mut &*self).write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(stream) => stream.as_fd(),
            Socket::Unix(stream) => stream.as_fd(),
        }
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn target_of(url: &str) -> Target {
        Target::parse(url).unwrap()
    }

    #[test]
    fn a_socket_moves_to_a_descriptor_of_its_worker() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("postgres://127.0.0.1:{port}/a");
        for workers in 1..9 {
            for worker in 0..workers {
                let socket = Socket::connect(&target_of(&url)).unwrap();
                let mut peer = listener.accept().unwrap().0;
                let mut moved = socket.on_worker(worker, workers).unwrap();
                assert_eq!(usize::try_from(moved.as_raw_fd()).unwrap() % workers, worker);
                let options = SockRef::from(&moved);
                assert!(options.nodelay().unwrap() && options.keepalive().unwrap());
                moved.write_all(b"still open").unwrap();
                drop(moved);
                let mut received = String::new();
                peer.read_to_string(&mut received).unwrap();
                assert_eq!(received, "still open");
            }
        }
    }

    #[test]
    fn a_refused_connection_says_where() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let error = Socket::connect(&target_of(&format!("postgres://u:secret@localhost:{port}/a")))
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("localhost:{port}")), "{error}");
        assert!(error.contains("is the server running"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_full_unix_queue_ends_at_the_deadline() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".s.PGSQL.5432");
        let listener = UnixListener::bind(&path).unwrap();
        SockRef::from(&listener).listen(0).unwrap();
        let mut target = target_of("postgres:///a");
        target.host = Host::Unix(directory.path().into(), 5432);
        target.connect_deadline = Duration::from_millis(200);
        let start = Instant::now();
        let mut held = Vec::new();
        let error = loop {
            match Socket::connect(&target) {
                Ok(socket) => held.push(socket),
                Err(error) => break error,
            }
            assert!(held.len() < 10_000, "the queue never fills");
        };
        assert!(start.elapsed() < Duration::from_secs(5));
        assert!(error.to_string().contains("no answer within 200ms"), "{error}");
    }

    #[test]
    fn a_missing_unix_socket_says_where() {
        let target = target_of("postgres:///a?host=/nowhere&port=77");
        let error = Socket::connect(&target).unwrap_err().to_string();
        assert!(error.contains("/nowhere") && error.contains("77"), "{error}");
    }
}
