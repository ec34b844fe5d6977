//! All integration tests in one program, so that they share one PostgreSQL.

mod common;
mod embedded;
mod reviews;
mod session;
