//! What rows are loaded through: a session of a database or, in a dry run, nothing.

use super::encode::CopyStream;
use crate::Loader;
use anyhow::ensure;

/// The way to the tables.
pub struct Session<'l> {
    /// None in a dry run.
    loader: Option<&'l mut dyn Loader>,
}

impl<'l> Session<'l> {
    pub fn new(loader: &'l mut dyn Loader) -> Self {
        Self { loader: Some(loader) }
    }

    /// One that takes all rows and keeps none.
    pub fn dry() -> Self {
        Self { loader: None }
    }

    /// The database's end; `None` in a dry run.
    pub fn loader(&mut self) -> Option<&mut (dyn Loader + 'l)> {
        self.loader.as_deref_mut()
    }

    /// Runs one COPY with the rows that `fill` encodes, and checks that the database took them
    /// all.
    ///
    /// # Errors
    /// When `fill` fails or the database refuses the rows.
    pub fn copy(
        &mut self,
        sql: &str,
        mut fill: impl FnMut(&mut CopyStream<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Some(loader) = &mut self.loader else {
            return fill(&mut CopyStream::begin(&mut std::io::sink()));
        };
        let mut sent = 0;
        let taken = loader.copy_in(sql, &mut |writer| {
            let mut copy = CopyStream::begin(writer);
            fill(&mut copy)?;
            sent = copy.finish()?;
            Ok(())
        })?;
        ensure!(sent == taken, "the database took {taken} of {sent} rows");
        Ok(())
    }
}
