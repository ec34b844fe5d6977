//! A floor: one static reply over Atelier's edge.

use anyhow::Context;
use atelier::http::{ContentType, Reply, Request, Service, Status};
use atelier::worker::{self, Workers};
use std::rc::Rc;

const BODY: &[u8] = include_bytes!("../../../static.json");

struct Static;

impl Service for Static {
    fn call(&self, _: &Request<'_>, reply: &mut Reply) {
        reply.begin(Status::OK, ContentType::Json);
        reply.body().extend_from_slice(BODY);
    }
}

fn main() -> anyhow::Result<()> {
    let port = std::env::var("PORT").context("PORT is not set")?.parse()?;
    worker::configure_runtime(1);
    let _workers = Workers::start(1)?;
    atelier_redis::serve(port, || Rc::new(Static))?;
    atelier_redis::wait()
}
