//! Atelier's routes and database client behind the loop of `may_minihttp`: what our own edge is
//! judged against. It has none of that edge's bounds and deadlines.

use anyhow::{Context, ensure};
use atelier::app::Doorway;
use atelier::http::{Reply, Request, Service, Status};
use atelier::postgres::Target;
use atelier::worker::{self, Workers};
use may_minihttp::{HttpServer, HttpService, Response};
use std::env::var;
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// For a request to be answered by the database, as Atelier's own default.
const DATABASE_DEADLINE: Duration = Duration::from_secs(2);
const READY_DEADLINE: Duration = Duration::from_secs(10);

fn main() -> anyhow::Result<()> {
    let port = var("PORT").context("PORT is not set")?;
    worker::configure_runtime(1);
    let workers = Workers::start(1)?;
    workers.connect(&target()?, DATABASE_DEADLINE, &Doorway::default())?;
    let deadline = Instant::now() + READY_DEADLINE;
    while !workers.ready() {
        ensure!(Instant::now() < deadline, "the database does not answer");
        std::thread::sleep(Duration::from_millis(5));
    }
    let server = HttpServer(Shop::default()).start(format!("127.0.0.1:{port}"))?;
    server.join().ok().context("the server ended")
}

/// The database of the environment, by its socket.
fn target() -> anyhow::Result<Target> {
    let [host, port, user, database] =
        ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"].map(|name| var(name).context(name));
    let url = format!("postgres://{}@/{}?host={}&port={}", user?, database?, host?, port?);
    Ok(Target::parse(&url)?)
}

/// The service of one connection.
#[derive(Clone, Default)]
struct Shop {
    /// What replies are written into; one at a time.
    buffer: Vec<u8>,
}

impl HttpService for Shop {
    fn call(
        &mut self,
        request: may_minihttp::Request<'_, '_, '_>,
        response: &mut Response<'_>,
    ) -> io::Result<()> {
        if request.method() == "GET" {
            return self.answer(&Request::without_headers("GET", request.path(), b""), response);
        }
        // Reading the body ends the hold on the rest.
        let (method, target) = (request.method().to_owned(), request.path().to_owned());
        let mut body = Vec::new();
        request.body().read_to_end(&mut body)?;
        self.answer(&Request::without_headers(&method, &target, &body), response)
    }
}

impl Shop {
    fn answer(&mut self, request: &Request<'_>, response: &mut Response<'_>) -> io::Result<()> {
        let mut reply = Reply::detached(std::mem::take(&mut self.buffer));
        worker::app().call(request, &mut reply);
        let (status, buffer, body_start) =
            reply.into_body().ok_or_else(|| io::Error::other("nothing was answered"))?;
        response.header("Access-Control-Allow-Origin: *");
        if status == Status::OK {
            response.header("Content-Type: application/json; charset=utf-8");
        } else {
            response.status_code(status.code().into(), "-");
            response.header("Content-Type: text/plain; charset=utf-8");
        }
        response.body_mut().extend_from_slice(&buffer[body_start..]);
        self.buffer = buffer;
        Ok(())
    }
}
