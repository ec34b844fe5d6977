//! A floor: one static reply over the loop of `may_minihttp`.

use anyhow::Context;
use atelier::worker;
use may_minihttp::{HttpServer, HttpService, Request, Response};
use std::io;

const BODY: &str = include_str!("../../../static.json");

fn main() -> anyhow::Result<()> {
    let port = std::env::var("PORT").context("PORT is not set")?;
    worker::configure_runtime(1);
    let server = HttpServer(Static).start(format!("127.0.0.1:{port}"))?;
    server.join().ok().context("the server ended")
}

#[derive(Clone)]
struct Static;

impl HttpService for Static {
    fn call(&mut self, _: Request<'_, '_, '_>, response: &mut Response<'_>) -> io::Result<()> {
        // The head of Atelier's replies, as far as it can be had.
        response.header("Access-Control-Allow-Origin: *");
        response.header("Content-Type: application/json; charset=utf-8");
        response.body(BODY);
        Ok(())
    }
}
