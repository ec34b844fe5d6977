//! The Atelier data set: CSV files into PostgreSQL ([`import`]), and synthetic files in the real
//! ones' form ([`generate`]).
//!
//! This package reads and writes files and speaks to databases only through [`Loaders`], which
//! the server's own client implements; it links no database client.

pub mod generate;
pub mod import;
pub mod progress;
pub mod schema;

use std::io::Write;

/// Where an import has its connections from, one for each service that is loaded beside others.
pub trait Loaders: Sync {
    /// Connects to the database.
    ///
    /// # Errors
    /// When no connection can be made.
    fn connect(&self) -> anyhow::Result<Box<dyn Loader + Send + '_>>;
}

/// What an import needs of a database connection.
pub trait Loader {
    /// Runs one or more statements, separated by semicolons; the rows the last one touched.
    ///
    /// # Errors
    /// When the database refuses a statement or the connection ends.
    fn execute(&mut self, sql: &str) -> anyhow::Result<u64>;

    /// The first column of the first row of `sql` as text; `None` for no row or a null.
    ///
    /// # Errors
    /// When the database refuses the statement or the connection ends.
    fn value(&mut self, sql: &str) -> anyhow::Result<Option<String>>;

    /// Runs `sql`, a `copy … from stdin`, with the bytes that `fill` writes; the rows loaded.
    /// When `fill` fails the copy is cancelled and its error returned.
    ///
    /// # Errors
    /// When `fill` fails, the database refuses the data, or the connection ends.
    fn copy_in(
        &mut self,
        sql: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64>;
}
