//! What the programs here share: the edge on one worker, with Atelier's own bounds.

use atelier::app::COMMON_HEADERS;
use atelier::error::INTERNAL_TEXT;
use atelier::http::{Limits, Server, Service};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// Atelier's defaults.
const LIMITS: Limits = Limits {
    connections_max: 16_384,
    head_bytes_max: 16 << 10,
    body_bytes_max: 64 << 10,
    unsent_bytes_max: 64 << 20,
    grown_bytes_max: 16 << 20,
    head_deadline: Duration::from_secs(10),
    body_deadline: Duration::from_secs(30),
    idle_deadline: Duration::from_secs(75),
    write_deadline: Duration::from_secs(10),
    error_text: INTERNAL_TEXT,
};

/// Serves on `port` of the loopback; 0: on any.
///
/// # Errors
/// When the port cannot be had.
pub fn serve<S: Service + 'static>(
    port: u16,
    service: impl Fn() -> Rc<S> + Clone + Send + 'static,
) -> io::Result<Server> {
    let listener = Server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Server::start(listener, LIMITS, COMMON_HEADERS, service)
}

/// Lets the workers work until the process is ended.
pub fn wait() -> ! {
    loop {
        std::thread::park();
    }
}
