//! Atelier's edge and runtime before a Redis that holds the bodies of its replies: what "as fast
//! as a cache" is measured against. A request's path and query are the key.
//!
//! usage: `atelier-redis` serves; with `FILL_PRODUCTS=N` it first fills an empty Redis with the
//! replies about the products 1 to N, from an Atelier of its own over the database.
//! `atelier-redis fill ADDRESS FIRST LAST` fills it from an Atelier that runs.

mod fill;
mod redis;

use anyhow::{Context, bail, ensure};
use atelier::app::Doorway;
use atelier::http::{ContentType, Reply, Request, Service, Status};
use atelier::postgres::Target;
use atelier::worker::{self, Workers};
use may::coroutine::Builder;
use may::go;
use redis::{Command, Redis};
use std::cell::RefCell;
use std::env::{args, var};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(10);

thread_local! {
    static CACHE: RefCell<Option<Rc<Cache>>> = const { RefCell::new(None) };
}

struct Cache {
    redis: Rc<Redis>,
}

impl Service for Cache {
    fn call(&self, request: &Request<'_>, reply: &mut Reply) {
        reply.begin(Status::OK, ContentType::Json);
        if !self.redis.get(request.path, request.query, reply.body()) {
            reply.text(Status::NOT_FOUND, "Not Found");
        }
    }
}

fn main() -> anyhow::Result<()> {
    let socket = PathBuf::from(var("REDIS_SOCKET").context("REDIS_SOCKET is not set")?);
    let arguments: Vec<String> = args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {}
        ["fill", address, first, last] => {
            return fill::run(address.parse()?, &socket, first.parse()?..=last.parse()?);
        }
        _ => bail!("usage: atelier-redis [fill ADDRESS FIRST LAST]"),
    }
    let port = var("PORT").context("PORT is not set")?.parse()?;
    let command = Command::of_name(var("REDIS_COMMAND").as_deref().unwrap_or("get"))?;
    worker::configure_runtime(1);
    let workers = Workers::start(1)?;
    if let Ok(products) = var("FILL_PRODUCTS")
        && fill::is_empty(&socket)?
    {
        let atelier = serve_atelier(&workers)?;
        fill::run(atelier, &socket, 1..=products.parse()?)?;
    }
    let (opened, done) = mpsc::channel();
    let open = move || {
        let redis = Redis::open(&socket, command);
        let _ = opened.send(redis.map(|redis| CACHE.set(Some(Rc::new(Cache { redis })))));
    };
    go!(Builder::new().id(0), open)?;
    done.recv_timeout(DEADLINE)??;
    atelier_redis::serve(port, cache)?;
    atelier_redis::wait()
}

/// Serves the database of the environment on a port of its own; where.
fn serve_atelier(workers: &Workers) -> anyhow::Result<SocketAddr> {
    let [host, port, user, database] =
        ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"].map(|name| var(name).context(name));
    let url = format!("postgres://{}@/{}?host={}&port={}", user?, database?, host?, port?);
    workers.connect(&Target::parse(&url)?, DEADLINE, &Doorway::default())?;
    let deadline = Instant::now() + DEADLINE;
    while !workers.ready() {
        ensure!(Instant::now() < deadline, "the database does not answer");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(atelier_redis::serve(0, worker::app)?.address())
}

fn cache() -> Rc<Cache> {
    let cache = CACHE.with_borrow(Clone::clone);
    #[expect(clippy::expect_used, reason = "set before the port is served")]
    cache.expect("a worker has its service before it has connections")
}
