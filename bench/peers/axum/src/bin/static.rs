//! A floor: one static reply over the same loop as the shop on axum.

use anyhow::Context;
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use std::net::Ipv4Addr;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BODY: &str = include_str!("../../../static.json");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

fn main() -> anyhow::Result<()> {
    axum_peer::runtime()?.block_on(async {
        let port = std::env::var("PORT").context("PORT is not set")?.parse()?;
        let routes = Router::new().route("/", get(async || ([(CONTENT_TYPE, JSON)], BODY)));
        axum_peer::serve((Ipv4Addr::LOCALHOST, port).into(), routes).await
    })
}
