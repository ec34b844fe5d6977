//! The shop's routes on axum and tokio-postgres, as their users would write them well: the peer
//! that Atelier is judged against.
//!
//! `DATABASE_MODE` says how the database is asked: `pool` (deadpool-postgres, a connection a
//! request) or `pipelined` (a few clients that all requests share). `CONNECTIONS` says how many.

mod answers;
mod database;
mod failure;
mod json;
mod params;
mod products;
mod questions;
mod reviews;

use anyhow::Context;
use axum::Router;
use axum::routing::{get, post, put};
use database::Database;
use std::net::Ipv4Addr;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Shop = axum::extract::State<&'static Database>;

fn main() -> anyhow::Result<()> {
    axum_peer::runtime()?.block_on(async {
        let port = std::env::var("PORT").context("PORT is not set")?.parse()?;
        // It lives as long as the process; a reference costs a request nothing.
        let database: &'static Database = Box::leak(Box::new(Database::open().await?));
        axum_peer::serve((Ipv4Addr::LOCALHOST, port).into(), routes(database)).await
    })
}

fn routes(database: &'static Database) -> Router {
    Router::new()
        .route("/products", get(products::list))
        .route("/products/{product_id}", get(products::one))
        .route("/products/{product_id}/styles", get(products::styles))
        .route("/products/{product_id}/related", get(products::related))
        .route("/reviews", get(reviews::list).post(reviews::add))
        .route("/reviews/meta", get(reviews::meta))
        .route("/reviews/{review_id}/helpful", put(reviews::helpful))
        .route("/qa/questions", get(questions::list).post(questions::add))
        .route("/qa/questions/{question_id}/answers", get(answers::list))
        .route("/qa/questions/{question_id}/answers", post(answers::add))
        .with_state(database)
}
