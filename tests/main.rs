//! All integration tests in one program, so that they share one PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking, also in its helpers"
)]

mod answers;
mod cart;
mod cli;
mod common;
mod database_down;
mod embedded;
mod http;
mod import_swap;
mod interactions;
mod model;
mod odd;
mod openapi;
mod page;
mod pipeline;
mod prepared;
mod products;
mod questions;
mod readme;
mod reviews;
mod session;
mod tidy;
mod tokens;
