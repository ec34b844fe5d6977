//! Accepting connections, within bounds, until told to stop.

use super::Service;
use super::connection::Connection;
use super::counters::Counters;
use super::edge::Edge;
use super::timer::{TICK, ticks};
use crate::polled::Polled;
use may::coroutine::Builder;
use may::go;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Connections that may wait in the kernel to be accepted; it cuts this to its own somaxconn.
const BACKLOG_CONNECTIONS: u16 = 4096;
/// Connections accepted before the others are served again, however many wait: about 1 ms.
const TURN_CONNECTIONS: u16 = 64;

/// What a client can make grow or wait, bounded.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; the next is answered with 503 and closed.
    pub connections_max: usize,
    /// Bytes of a request's line and headers; more is answered with 431 or 414.
    pub head_bytes_max: usize,
    /// Bytes of a request's body, decoded; more is answered with 413.
    pub body_bytes_max: usize,
    /// Bytes of replies waiting for slow readers, over a worker; above it such a reader loses its
    /// connection.
    pub unsent_bytes_max: usize,
    /// Bytes by which input buffers may grow beyond 4 KiB each, over a worker; above it those who
    /// need more get 503.
    pub grown_bytes_max: usize,
    /// From the first byte of a head (or from the connection's start) to its last.
    pub head_deadline: Duration,
    /// From the end of a head to the end of its body.
    pub body_deadline: Duration,
    /// Between a reply and the next request.
    pub idle_deadline: Duration,
    /// For a client to take any more of a reply.
    pub write_deadline: Duration,
    /// The body of a 500 after a panic.
    pub error_text: &'static str,
}

/// What the connections of a server share, over all workers.
pub struct Shared {
    pub limits: Limits,
    pub common_headers: &'static str,
    pub counters: Counters,
    stopping: AtomicBool,
    accepting: AtomicBool,
}

impl Shared {
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// A connection's place among those open, given up when dropped.
pub struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let place = Self(Arc::clone(shared));
        let open = shared.counters.open.fetch_add(1, Ordering::Relaxed);
        (open < shared.limits.connections_max).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A server that accepts connections until it is stopped.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Server {
    /// Opens the port, without accepting yet.
    ///
    /// # Errors
    /// When the address is in use or not ours.
    pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // So that a restart need not wait out the last connections' TIME_WAIT. Not REUSEPORT: a
        // second server on the port must fail, not share its connections.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(i32::from(BACKLOG_CONNECTIONS))?;
        Ok(socket.into())
    }

    /// Accepts on `listener`. `service` gives the service of the worker it is called on;
    /// `common_headers` are whole lines that every reply carries.
    ///
    /// # Errors
    /// When the listener's address cannot be read or its coroutine not be started.
    pub fn start<S: Service + 'static>(
        listener: TcpListener,
        limits: Limits,
        common_headers: &'static str,
        service: impl Fn() -> Rc<S> + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            limits,
            common_headers,
            counters: Counters::default(),
            stopping: AtomicBool::new(false),
            accepting: AtomicBool::new(true),
        });
        let accepting = Arc::clone(&shared);
        let worker = usize::try_from(listener.as_raw_fd()).unwrap_or(0);
        go!(Builder::new().name("accept".to_owned()).id(worker), move || {
            if let Err(error) = accept_all(listener, &accepting, &service) {
                log::error!("cannot accept connections: {error}");
            }
            accepting.accepting.store(false, Ordering::Relaxed);
        })?;
        Ok(Self { shared, address })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Begins to stop: the port closes once what waits in its queue is accepted, idle connections
    /// close, the others after their reply. It takes effect at each worker's next tick.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the port is closed and no connection left, some time after [`Server::stop`].
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        !self.shared.accepting.load(Ordering::Relaxed)
            && self.shared.counters.open.load(Ordering::Relaxed) == 0
    }
}

/// Raises the process's limit of open descriptors as far as it may go; the limit then in force.
#[must_use]
pub fn raise_descriptor_limit() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1024 };
    let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    usize::try_from(if raised { hard } else { soft }).unwrap_or(usize::MAX)
}

fn accept_all<S: Service + 'static>(
    listener: TcpListener,
    shared: &Arc<Shared>,
    service: &(impl Fn() -> Rc<S> + Clone + Send + 'static),
) -> io::Result<()> {
    let listener = Polled::new(listener)?;
    let (Some(source), Some(waker)) = (listener.source(), listener.waker()) else { return Ok(()) };
    let edge = Edge::of_this_worker();
    let watch = edge.timer.watch(waker);
    let mut turn_connections = 0;
    // What waits in the kernel's queue is accepted even when stopping: closing the port would
    // reset it. What comes meanwhile is not waited for.
    let mut last_connections = BACKLOG_CONNECTIONS;
    let mut failing = false;
    while last_connections > 0 {
        match source.accept() {
            Ok((socket, _)) => {
                failing = false;
                admit(socket, shared, service);
                last_connections -= u16::from(shared.stopping());
                turn_connections += 1;
                if turn_connections == TURN_CONNECTIONS {
                    turn_connections = 0;
                    listener.pass_turn();
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if shared.stopping() {
                    break;
                }
                // Far ahead: the entry in the wheel is there to be woken when stopping.
                edge.timer.set(&watch, Duration::from_secs(60));
                listener.wait();
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of descriptors or memory. Trying again at once would spin and starve the
                // connections whose end is what gives them back.
                Counters::add(&shared.counters.accept_failures);
                if !std::mem::replace(&mut failing, true) {
                    log::warn!("cannot accept connections for now: {error}");
                }
                if shared.stopping() {
                    break;
                }
                let resume = edge.timer.now() + ticks(TICK);
                while edge.timer.now() < resume && !shared.stopping() {
                    edge.timer.set_at(&watch, resume);
                    listener.wait();
                }
            }
        }
    }
    edge.timer.unwatch(&watch);
    Ok(())
}

/// Errors that `accept` reports of a connection that died in the queue: the next may be well.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::PermissionDenied
    )
}

/// Gives `socket` a coroutine on its worker, or turns it away.
fn admit<S: Service + 'static>(
    socket: TcpStream,
    shared: &Arc<Shared>,
    service: &(impl Fn() -> Rc<S> + Clone + Send + 'static),
) {
    Counters::add(&shared.counters.accepted);
    let Some(place) = Place::take(shared) else {
        Counters::add(&shared.counters.refused);
        turn_away(&socket, shared);
        return;
    };
    let worker = usize::try_from(socket.as_raw_fd()).unwrap_or(0);
    let (serving, service) = (Arc::clone(shared), service.clone());
    // Replies leave in one write; waiting for acknowledgements could only delay them.
    let _ = socket.set_nodelay(true);
    let serve = move || match Polled::new(socket) {
        Ok(stream) => {
            if let Some(connection) = Connection::new(stream, service(), serving, place) {
                connection.serve();
            }
        }
        Err(error) => log::debug!("cannot serve a connection: {error}"),
    };
    // The runtime panics where it cannot map a stack; that must not end the accepting.
    let spawned = catch_unwind(AssertUnwindSafe(|| go!(Builder::new().id(worker), serve)));
    if !matches!(spawned, Ok(Ok(_))) {
        Counters::add(&shared.counters.accept_failures);
    }
}

/// Says 503 to a connection too many, as far as its socket takes it without waiting.
fn turn_away(mut socket: &TcpStream, shared: &Shared) {
    let _ = socket.set_nonblocking(true);
    let _ = write!(
        socket,
        "HTTP/1.1 503 Service Unavailable\r\n{}Retry-After: 1\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
        shared.common_headers
    );
    let _ = socket.shutdown(Shutdown::Write);
    // Closing with a request unread would reset the connection, and the reply with it.
    let _ = socket.read(&mut [0; 2048]);
}
