//! The six routes.

use crate::database::{self, Database, World};
use crate::fortunes;
use anyhow::{Context, Result};
use atelier::http::{ContentType, Method, Reply, Request, Service, Status};
use atelier::postgres::{Error, Target};
use may::coroutine::Builder;
use may::go;
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

/// How long the worker may take to begin; it does nothing but open descriptors.
const START_DEADLINE: Duration = Duration::from_secs(10);
/// What the `queries` parameter is cut to.
const QUERIES_OF_A_REQUEST_MAX: i64 = 500;

thread_local! {
    static APP: RefCell<Option<Rc<App>>> = const { RefCell::new(None) };
}

/// The service of the worker.
pub struct App {
    pub database: Database,
}

#[derive(Serialize)]
struct Message {
    message: &'static str,
}

/// Gives the worker its service, which begins to connect to the database.
///
/// # Errors
/// When the worker does not take it.
pub fn open(target: Target) -> Result<()> {
    let (opened, is_open) = mpsc::channel();
    let open = move || {
        APP.set(Some(Rc::new(App { database: Database::open(&target) })));
        let _ = opened.send(());
    };
    go!(Builder::new().name("open".to_owned()).id(0), open).context("cannot start the worker")?;
    is_open.recv_timeout(START_DEADLINE).context("the worker did not start")
}

/// The service of the worker that this is called on.
///
/// # Panics
/// Never on the worker: [`open`] comes before the port is served.
pub fn of_this_worker() -> Rc<App> {
    let app = APP.with_borrow(Clone::clone);
    #[expect(clippy::expect_used, reason = "see the doc comment")]
    app.expect("the worker has its service before it has connections")
}

impl Service for App {
    fn call(&self, request: &Request<'_>, reply: &mut Reply) {
        if !matches!(request.method, Method::Get | Method::Head) {
            return reply.text(Status::METHOD_NOT_ALLOWED, "");
        }
        let answered = match request.path {
            "/plaintext" => {
                reply.text(Status::OK, "Hello, World!");
                Ok(())
            }
            "/json" => {
                write_json(reply, &Message { message: "Hello, World!" });
                Ok(())
            }
            "/db" => self.world(reply),
            "/queries" => self.worlds(queries_of(request.query), reply),
            "/updates" => self.update(queries_of(request.query), reply),
            "/fortunes" => self.fortunes(reply),
            _ => {
                reply.text(Status::NOT_FOUND, "");
                Ok(())
            }
        };
        if let Err(error) = answered {
            log::warn!("{}: {error}", request.path);
            reply.text(Status::SERVICE_UNAVAILABLE, "");
        }
    }
}

impl App {
    fn world(&self, reply: &mut Reply) -> Result<(), Error> {
        reply.begin(Status::OK, ContentType::Json);
        self.database.world_json(database::random(), reply.body())
    }

    fn worlds(&self, queries: usize, reply: &mut Reply) -> Result<(), Error> {
        let ids = (0..queries).map(|_| database::random()).collect();
        write_json(reply, &self.database.worlds(ids)?);
        Ok(())
    }

    fn update(&self, queries: usize, reply: &mut Reply) -> Result<(), Error> {
        let mut worlds: Vec<World> = self.database.worlds(random_ids(queries))?;
        for world in &mut worlds {
            world.random_number = database::random();
        }
        self.database.update(&worlds)?;
        write_json(reply, &worlds);
        Ok(())
    }

    fn fortunes(&self, reply: &mut Reply) -> Result<(), Error> {
        let rows = self.database.fortune_rows()?;
        reply.begin(Status::OK, ContentType::Html);
        fortunes::render(&rows, reply.body());
        Ok(())
    }
}

fn write_json(reply: &mut Reply, value: &impl Serialize) {
    reply.begin(Status::OK, ContentType::Json);
    if let Err(error) = serde_json::to_writer(reply.body(), value) {
        log::warn!("cannot write JSON: {error}");
        reply.text(Status::INTERNAL_SERVER_ERROR, "");
    }
}

/// Different ids in rising order: an update of one row twice would have two outcomes, and updates
/// that lock rows in the same order cannot lock each other out.
fn random_ids(count: usize) -> Vec<i32> {
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let id = database::random();
        if let Err(place) = ids.binary_search(&id) {
            ids.insert(place, id);
        }
    }
    ids
}

/// How many rows a request asks for: 1 when it does not say or says no number.
fn queries_of(query: &str) -> usize {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("queries="));
    let number = value.and_then(|value| value.parse::<i64>().ok()).unwrap_or(1);
    usize::try_from(number.clamp(1, QUERIES_OF_A_REQUEST_MAX)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_bounded() {
        for (query, queries) in [
            ("", 1),
            ("queries=", 1),
            ("queries=foo", 1),
            ("queries=-3", 1),
            ("queries=0", 1),
            ("queries=20", 20),
            ("a=b&queries=500", 500),
            ("queries=501", 500),
        ] {
            assert_eq!(queries_of(query), queries, "{query}");
        }
    }

    #[test]
    fn ids_of_an_update_rise() {
        let ids = random_ids(500);
        assert_eq!(ids.len(), 500);
        assert!(ids.is_sorted_by(|one, next| one < next));
    }
}
