//! The backend of the Atelier web shop.
//!
//! A request walks one straight line, one module a hop, and comes back the same way: [`http`] →
//! [`app`] → [`mod@route`] → [`params`], [`body`] → [`reviews`] → [`statements`] → [`database`] →
//! [`postgres`] → rows → [`json`] → [`http`].
//!
//! Around it: `main` → [`config`] → [`serve`] starts the database
//! ([`embedded`] or given; [`schema`]), the [`worker`]s and the two ports; [`admin`] and
//! [`metrics`] tell how it goes; [`error`] says what a failure is answered with; [`loader`] lends
//! our database client to the importer. [`polled`] is a socket on an event loop.

pub mod admin;
pub mod app;
pub mod body;
pub mod config;
pub mod database;
pub mod embedded;
pub mod error;
pub mod http;
pub mod json;
pub mod loader;
pub mod logger;
pub mod metrics;
pub mod params;
pub mod polled;
pub mod postgres;
pub mod reviews;
pub mod route;
pub mod schema;
pub mod serve;
pub mod statements;
pub mod worker;
