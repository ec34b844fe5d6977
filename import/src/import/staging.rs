//! The schema that an import fills beside the one that serves, and the swap of the two. What goes
//! into the tables is not decided here.
//!
//! A reader sees the old data until the swap commits, and the new data after it; an import that
//! fails or is killed leaves the old data serving.

use crate::Loader;
use crate::progress::{Progress, Show, Unit};
use crate::schema;
use anyhow::{Context, bail};
use std::thread;
use std::time::Duration;

/// Taken for the length of an import, so that there is one at a time: "atelier" in ASCII.
const LOCK_KEY: i64 = 0x61_74_65_6c_69_65_72;

/// The schema that is filled.
const NEXT: &str = "atelier_next";

/// The schema that served until the swap, for the moment until it is dropped.
const OLD: &str = "atelier_old";

/// How often a statement that waits for locks is tried, each try waiting 1 s at most: a longer
/// wait in the line for a lock would hold up all who come behind it.
const LOCK_TRIES: u32 = 10;
const LOCK_TIMEOUT: &str = "1s";

/// The memory of each sort and each hash that the documents are rendered with.
const WORK_MEM: &str = "64MB";

/// A row where the server was built with LZ4, which is read several times as fast as its own
/// compression.
const LZ4_IS_KNOWN: &str = "select 1 from pg_settings \
    where name = 'default_toast_compression' and 'lz4' = any(enumvals)";

/// The tables that documents are rendered from: statistics show the planner that their rows lie in
/// the order of their keys, which spares a sort of all photos.
const CATALOGUE: &str = "products, features, styles, style_photos, skus, related_products";

/// The other tables that an import fills.
const OTHERS: &str = "legacy_carts, product_documents, style_documents, reviews, \
    characteristics, characteristic_reviews, review_meta, questions, answers";

/// Between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A sequence and the largest id it must stay clear of.
pub type Sequence = (&'static str, i32);

/// Makes this the only import on the database.
///
/// # Errors
/// When another one is running.
pub fn lock(loader: &mut dyn Loader) -> anyhow::Result<()> {
    let sql = format!("select case when pg_try_advisory_lock({LOCK_KEY}) then 1 else 0 end");
    match loader.value(&sql)?.as_deref() {
        Some("1") => Ok(()),
        _ => bail!("another import is running on this database; wait until it is done"),
    }
}

/// Lets the next import begin. The end of the connection does so too, which is why a failure here
/// is of no consequence.
pub fn unlock(loader: &mut dyn Loader) {
    loader.execute(&format!("select pg_advisory_unlock({LOCK_KEY})")).ok();
}

/// Begins the transaction that fills the new tables, and makes them.
///
/// # Errors
/// When the database refuses.
pub fn begin(loader: &mut dyn Loader) -> anyhow::Result<()> {
    for schema in [NEXT, OLD] {
        let sql = format!("drop schema if exists {schema} cascade");
        patiently(loader, &sql)
            .with_context(|| format!("cannot drop the schema {schema} of an earlier import"))?;
    }
    loader.execute("begin").context("cannot begin")?;
    // The limits are for the server's requests; an index takes as long as it takes. With the
    // last setting a backslash in the source's name stands for itself.
    loader
        .execute(&format!(
            "set local statement_timeout = 0; \
             set local idle_in_transaction_session_timeout = 0; \
             set local standard_conforming_strings = on; \
             create schema {NEXT}; \
             set local search_path to {NEXT}"
        ))
        .context("cannot make the new schema")?;
    loader.execute(schema::TABLES).context("cannot make the tables")?;
    Ok(())
}

/// Makes keys and indexes, and puts the tables that are out of order into that of their keys.
///
/// # Errors
/// When the database refuses.
pub fn index(loader: &mut dyn Loader, out_of_order: &[&str], show: Show) -> anyhow::Result<()> {
    let indexes: Vec<_> = schema::statements(schema::INDEXES).collect();
    let count = (indexes.len() + out_of_order.len()) as u64;
    let mut progress = Progress::new("indexes", count, Unit::Statements, show);
    for statement in indexes {
        loader.execute(statement).context("cannot make the indexes")?;
        progress.advance(1);
    }
    for table in out_of_order {
        loader
            .execute(&format!("cluster {table} using {table}_pkey"))
            .with_context(|| format!("cannot put {table} in order"))?;
        progress.advance(1);
    }
    progress.finish();
    Ok(())
}

/// Renders the documents of the catalogue, from tables that have their keys.
///
/// # Errors
/// When the database refuses.
pub fn render(loader: &mut dyn Loader, show: Show) -> anyhow::Result<()> {
    let context = "cannot render the documents";
    let documents: Vec<_> = schema::statements(schema::DOCUMENTS).collect();
    let count = 1 + documents.len() as u64;
    let mut progress = Progress::new("documents", count, Unit::Statements, show);
    analyze(loader, CATALOGUE)?;
    progress.advance(1);
    loader.execute(&format!("set local work_mem = '{WORK_MEM}'")).context(context)?;
    if loader.value(LZ4_IS_KNOWN).context(context)?.is_some() {
        loader.execute("set local default_toast_compression = 'lz4'").context(context)?;
    }
    for statement in documents {
        loader.execute(statement).context(context)?;
        progress.advance(1);
    }
    progress.finish();
    Ok(())
}

fn analyze(loader: &mut dyn Loader, tables: &str) -> anyhow::Result<()> {
    loader.execute(&format!("analyze {tables}")).context("cannot gather statistics")?;
    Ok(())
}

/// Gathers statistics, sets the sequences, says where the data came from, and commits.
///
/// # Errors
/// When the database refuses.
pub fn complete(
    loader: &mut dyn Loader,
    sequences: &[Sequence],
    source: &str,
) -> anyhow::Result<()> {
    analyze(loader, OTHERS)?;
    for (sequence, largest) in sequences {
        let (value, used) = ((*largest).max(1), *largest > 0);
        loader
            .execute(&format!("select setval('{sequence}', {value}, {used})"))
            .with_context(|| format!("cannot set the sequence {sequence}"))?;
    }
    let (version, source) = (schema::VERSION, source.replace('\'', "''"));
    loader
        .execute(&format!("insert into about (version, source) values ({version}, '{source}')"))
        .context("cannot note the source")?;
    loader.execute("commit").context("cannot commit")?;
    Ok(())
}

/// Lets the new tables serve, and drops the old ones; a sentence when those are still in use.
/// Renaming waits for no reader and holds none up, as dropping would.
///
/// # Errors
/// When the database refuses; the old tables serve then.
pub fn swap(loader: &mut dyn Loader) -> anyhow::Result<Option<String>> {
    let serving = schema::NAME;
    let exists = format!("select 1 from pg_namespace where nspname = '{serving}'");
    let mut sql = format!("alter schema {NEXT} rename to {serving}");
    if loader.value(&exists)?.is_some() {
        sql = format!("alter schema {serving} rename to {OLD}; {sql}");
    }
    patiently(loader, &sql).context("cannot swap the new tables in")?;
    let dropped = patiently(loader, &format!("drop schema if exists {OLD} cascade"));
    Ok(dropped.err().map(|error| {
        format!("the old tables are still there as {OLD}, which the next import drops: {error:#}")
    }))
}

/// Leaves nothing behind but the tables that served before. The connection may be what failed:
/// then the database rolls back by itself, and the next import drops the rest.
pub fn abandon(loader: &mut dyn Loader) {
    if loader.execute("rollback").is_ok() {
        loader.execute(&format!("drop schema if exists {NEXT} cascade")).ok();
    }
}

/// Runs `sql` in a transaction that waits for locks only shortly, several times if need be.
fn patiently(loader: &mut dyn Loader, sql: &str) -> anyhow::Result<()> {
    let transaction = format!("begin; set local lock_timeout = '{LOCK_TIMEOUT}'; {sql}; commit");
    let mut tries = 0;
    loop {
        let Err(error) = loader.execute(&transaction) else { return Ok(()) };
        tries += 1;
        // A failed rollback means that the connection is gone.
        if loader.execute("rollback").is_err() || tries == LOCK_TRIES {
            return Err(error);
        }
        thread::sleep(LOCK_PAUSE);
    }
}
