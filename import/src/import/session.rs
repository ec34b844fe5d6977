//! What a service is loaded through: a session of a database or, in a dry run, nothing. Tables are
//! filled, get their keys and indexes, and have documents rendered from them.

use super::encode::CopyStream;
use super::source::Ledger;
use super::staging;
use crate::progress::{Progress, Unit};
use crate::{Loader, Loaders, schema};
use anyhow::{Context, ensure};
use std::time::{Duration, Instant};

/// A row where the server was built with LZ4, which is read several times as fast as its own
/// compression.
const LZ4_IS_KNOWN: &str = "select 1 from pg_settings \
    where name = 'default_toast_compression' and 'lz4' = any(enumvals)";

/// Something that is counted in the database, and how many of it were loaded.
#[derive(Clone, Debug)]
pub struct Figure {
    pub what: &'static str,
    pub sql: String,
    pub rows: u64,
}

/// The way of one service's rows to their tables.
pub struct Session<'l> {
    /// Whose it is, as progress names it.
    service: &'static str,
    /// None in a dry run.
    loader: Option<Box<dyn Loader + Send + 'l>>,
    /// What each table has taken.
    loaded: Vec<(&'static str, u64)>,
}

impl<'l> Session<'l> {
    /// Opens a session that finds the tables to fill; of nothing, one that takes all rows and
    /// keeps none.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses.
    pub fn open(service: &'static str, loaders: Option<&'l dyn Loaders>) -> anyhow::Result<Self> {
        let mut loader = loaders.map(Loaders::connect).transpose()?;
        if let Some(loader) = &mut loader {
            staging::prepare_to_load(&mut **loader)?;
        }
        Ok(Self { service, loader, loaded: Vec::new() })
    }

    /// Fills an empty table: one transaction, with one COPY of the rows that `fill` encodes. Checks
    /// that the database took them all.
    ///
    /// # Errors
    /// When `fill` fails or the database refuses the rows; then the session is of no more use.
    pub fn copy(
        &mut self,
        sql: &'static str,
        mut fill: impl FnMut(&mut CopyStream<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Some(loader) = &mut self.loader else {
            return fill(&mut CopyStream::begin(&mut std::io::sink()));
        };
        // `copy TABLE (…`
        let table = sql.split(' ').nth(1).unwrap_or_default();
        // Rows can be frozen in a table that this very transaction has emptied.
        loader.execute(&format!("begin; truncate {table}"))?;
        let mut sent = 0;
        let taken = loader.copy_in(sql, &mut |writer| {
            let mut copy = CopyStream::begin(writer);
            fill(&mut copy)?;
            sent = copy.finish()?;
            Ok(())
        })?;
        ensure!(sent == taken, "the database took {taken} of {sent} rows");
        loader.execute("commit")?;
        self.loaded.push((table, taken));
        Ok(())
    }

    /// Makes the keys and indexes of tables, and puts those that are out of order into that of
    /// their keys; the time it took.
    ///
    /// # Errors
    /// When the database refuses, or another service has failed.
    pub fn index(
        &mut self,
        tables: &[&str],
        out_of_order: &[&str],
        ledger: &Ledger<'_>,
    ) -> anyhow::Result<Duration> {
        let indexes = tables.iter().flat_map(|table| schema::indexes_of(table));
        let indexes = indexes.map(|sql| (sql.to_owned(), "cannot make the indexes"));
        let clusters = out_of_order.iter().map(|table| {
            (format!("cluster {table} using {table}_pkey"), "cannot put a table in order")
        });
        let statements: Vec<_> = indexes.chain(clusters).collect();
        self.run("indexes", &statements, ledger)
    }

    /// Gathers statistics of tables.
    ///
    /// # Errors
    /// When the database refuses, or another service has failed.
    pub fn analyze(&mut self, tables: &[&str], ledger: &Ledger<'_>) -> anyhow::Result<Duration> {
        let sql = format!("analyze {}", tables.join(", "));
        self.run("statistics", &[(sql, "cannot gather statistics")], ledger)
    }

    /// Renders the documents of the catalogue, from tables that have their keys; the time it took.
    ///
    /// # Errors
    /// When the database refuses, or another service has failed.
    pub fn render(&mut self, tables: &[&str], ledger: &Ledger<'_>) -> anyhow::Result<Duration> {
        let context = "cannot render the documents";
        let Some(loader) = &mut self.loader else { return Ok(Duration::ZERO) };
        let known = loader.value(LZ4_IS_KNOWN).context(context)?;
        let lz4 = known.map(|_| "set default_toast_compression = 'lz4'".to_owned());
        // In one transaction with the emptying of the tables, no row has to be logged.
        let begin = format!("begin; truncate {}", tables.join(", "));
        let documents = schema::statements(schema::DOCUMENTS).map(str::to_owned);
        let statements = lz4.into_iter().chain([begin]).chain(documents);
        let statements = statements.chain(["commit".to_owned()]);
        let statements: Vec<_> = statements.map(|sql| (sql, context)).collect();
        self.run("documents", &statements, ledger)
    }

    /// Notes what a table is to hold that is filled from others.
    pub fn expect(&mut self, table: &'static str, rows: u64) {
        self.loaded.push((table, rows));
    }

    /// Compares what the tables hold with what was loaded into them, and so the `others`; how many
    /// tables there are.
    ///
    /// # Errors
    /// When one does not, the database refuses, or another service has failed.
    pub fn check(&mut self, others: &[Figure], ledger: &Ledger<'_>) -> anyhow::Result<usize> {
        let Some(loader) = &mut self.loader else { return Ok(0) };
        let tables = self.loaded.iter().map(|(table, rows)| Figure {
            what: table,
            sql: format!("select count(*) from {table}"),
            rows: *rows,
        });
        let figures: Vec<_> = tables.chain(others.iter().cloned()).collect();
        let label = format!("{}: check", self.service);
        let show = ledger.options.show;
        let mut progress = Progress::new(&label, figures.len() as u64, Unit::Statements, show);
        for Figure { what, sql, rows } in &figures {
            ledger.stop.check()?;
            let found = loader.value(sql).with_context(|| format!("cannot count {what}"))?;
            let found = found.unwrap_or_default();
            ensure!(
                found == rows.to_string(),
                "{what}: the database holds {found} of them, and {rows} were loaded"
            );
            progress.advance(1);
        }
        progress.finish();
        Ok(self.loaded.len())
    }

    /// Runs statements, each with what to say when it fails; the time they took.
    fn run(
        &mut self,
        what: &str,
        statements: &[(String, &'static str)],
        ledger: &Ledger<'_>,
    ) -> anyhow::Result<Duration> {
        let Some(loader) = &mut self.loader else { return Ok(Duration::ZERO) };
        let started = Instant::now();
        let label = format!("{}: {what}", self.service);
        let show = ledger.options.show;
        let mut progress = Progress::new(&label, statements.len() as u64, Unit::Statements, show);
        for (sql, context) in statements {
            ledger.stop.check()?;
            loader.execute(sql).context(*context)?;
            progress.advance(1);
        }
        progress.finish();
        Ok(started.elapsed())
    }
}
