//! Lets the importer load through our own database client.

use crate::postgres::{Session, Target};
use anyhow::Result;
use atelier_import::{Loader, Loaders};
use std::io::Write;

/// The database that an import opens its sessions in.
pub struct SessionLoaders<'t>(pub &'t Target);

impl Loaders for SessionLoaders<'_> {
    /// Statements of an import take as long as they take: an index over millions of rows has no
    /// deadline, only the socket's keep-alive.
    fn connect(&self) -> Result<Box<dyn Loader + Send + '_>> {
        let mut session = Session::connect(self.0)?;
        session.set_deadline(None);
        Ok(Box::new(SessionLoader(session)))
    }
}

/// A session that an import runs on.
struct SessionLoader(Session);

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
