//! TechEmpower's six tests, served by Atelier's `http` and `postgres` with nothing of the shop.
//!
//! [`app`] answers, [`database`] asks, [`fortunes`] renders the page, [`clock`] keeps the worker's
//! time. Configured by `PORT` and `DATABASE_URL`; one worker; ends on SIGTERM.

mod app;
mod clock;
mod database;
mod fortunes;

use anyhow::{Context, Result};
use atelier::http::{Limits, Server, raise_descriptor_limit};
use atelier::postgres::Target;
use atelier::{logger, worker};
use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

/// As in the two servers beside it, so that they do not differ by their allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stacks kept: those of connections, and one for each query that is on its way.
const STACKS_KEPT: usize = 1024 + database::QUERIES_MAX;

const COMMON_HEADERS: &str = "Server: atelier\r\n";

const LIMITS: Limits = Limits {
    connections_max: 4096,
    head_bytes_max: 16 << 10,
    body_bytes_max: 64 << 10,
    unsent_bytes_max: 64 << 20,
    grown_bytes_max: 64 << 20,
    head_deadline: Duration::from_secs(10),
    body_deadline: Duration::from_secs(10),
    idle_deadline: Duration::from_secs(75),
    write_deadline: Duration::from_secs(10),
    error_text: "",
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    logger::start()?;
    let port = env::var("PORT").context("set PORT")?.parse().context("PORT")?;
    let target = Target::parse(&env::var("DATABASE_URL").context("set DATABASE_URL")?)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = Server::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let _ = raise_descriptor_limit();
    worker::configure_runtime(1);
    may::config().set_pool_capacity(STACKS_KEPT);
    clock::start()?;
    app::open(target)?;
    let server = Server::start(listener, LIMITS, COMMON_HEADERS, app::of_this_worker)?;
    println!("serves on http://{}", server.address());
    loop {
        std::thread::park();
    }
}
