//! The PostgreSQL client: knows nothing of shops or HTTP.
//!
//! Two halves. [`session`] is blocking and lives on a plain thread: it connects, authenticates,
//! prepares, copies; imports, tests and start-up use it. [`pipeline`] lives on a worker: it adopts
//! a session's socket and keeps the requests of many coroutines in flight on it; reads of many
//! coroutines share their statements at a [`gate`] in front of it.

pub mod batch;
mod claim;
mod clock;
pub mod error;
pub mod gate;
mod link;
mod pending;
pub mod pipeline;
mod relief;
pub mod row;
pub mod session;
mod socket;
pub mod statement;
pub mod url;
pub mod wire;

pub use batch::{Key, Read};
pub use claim::{Decode, Done};
pub use clock::{TICK, tick};
pub use error::Error;
pub use gate::{Gate, Weight};
pub use link::close;
pub use pipeline::Pipeline;
pub use row::{BadRow, Row};
pub use session::Session;
pub use statement::{Statement, oid};
pub use url::Target;
pub use wire::Bind;
