//! The importer from files to tables, against a database made of lists.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod catalogue;
mod database;
mod fixture;
mod loading;
mod order;
mod questions;
mod random;
mod services;
mod small;
mod trouble;
