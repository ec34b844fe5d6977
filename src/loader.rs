//! Lets the importer load through our own database client.

use crate::postgres::{Session, Target};
use anyhow::Result;
use atelier_import::Loader;
use std::io::Write;

/// A session that an import runs on.
pub struct SessionLoader(Session);

impl SessionLoader {
    /// Connects. Statements of an import take as long as they take: an index over millions of rows
    /// has no deadline, only the socket's keep-alive.
    ///
    /// # Errors
    /// When no connection can be made.
    pub fn connect(target: &Target) -> Result<Self> {
        let mut session = Session::connect(target)?;
        session.set_deadline(None);
        Ok(Self(session))
    }
}

impl Loader for SessionLoader {
    fn execute(&mut self, sql: &str) -> Result<u64> {
        Ok(self.0.execute(sql)?)
    }

    fn value(&mut self, sql: &str) -> Result<Option<String>> {
        let rows = self.0.rows(sql)?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    fn copy_in(
        &mut self,
        sql: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<()>,
    ) -> Result<u64> {
        let mut copy = self.0.copy_in(sql)?;
        // Dropped unfinished, the copy is cancelled. An error of the database's own is in the
        // writer's error.
        fill(&mut copy)?;
        Ok(copy.finish()?)
    }
}
