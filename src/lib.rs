//! The backend of the Atelier web shop.
//!
//! A request walks one straight line, one module a hop, and comes back the same way: [`http`] →
//! [`app`] → [`campus`], [`mod@route`] → [`params`], [`body`] → [`products`], [`reviews`],
//! [`questions`], [`answers`], [`cart`] or [`interactions`] → [`statements`] → [`database`] →
//! [`postgres`] → rows → [`json`] → [`http`]. What is there for people is in [`pages`], and who
//! is let in at all in [`tokens`].
//!
//! Around it: `main` → [`config`] → [`serve`] starts the database
//! ([`embedded`] or given; [`schema`]), the [`worker`]s and the two ports; [`admin`] and
//! [`metrics`] tell how it goes; [`error`] says what a failure is answered with; [`loader`] lends
//! our database client to the importer. [`polled`] is a socket on an event loop.

pub mod admin;
pub mod answers;
pub mod app;
pub mod body;
pub mod campus;
pub mod cart;
pub mod config;
pub mod database;
pub mod embedded;
pub mod error;
pub mod http;
pub mod interactions;
pub mod json;
pub mod loader;
pub mod logger;
pub mod metrics;
pub mod pages;
pub mod params;
pub mod polled;
pub mod postgres;
pub mod products;
pub mod questions;
pub mod reviews;
pub mod route;
pub mod schema;
pub mod serve;
pub mod statements;
pub mod tokens;
pub mod worker;
