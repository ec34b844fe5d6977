//! The schema that an import fills beside the one that serves, and the swap of the two. What goes
//! into the tables is not decided here.
//!
//! A reader sees the old data until the swap commits, and the new data after it; an import that
//! fails or is killed leaves the old data serving.

use crate::Loader;
use crate::schema;
use anyhow::{Context, bail, ensure};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Taken for the length of an import, so that there is one at a time: "atelier" in ASCII.
const LOCK_KEY: i64 = 0x61_74_65_6c_69_65_72;

/// The schema that is filled.
const NEXT: &str = "atelier_next";

/// The schema that served until the swap, for the moment until it is dropped.
const OLD: &str = "atelier_old";

/// How long a statement waits for locks, and how often it is tried: a longer wait in the line for
/// a lock would hold up all who come behind it.
#[derive(Clone, Copy)]
struct Patience {
    timeout: &'static str,
    tries: u32,
}

const PATIENCE: Patience = Patience { timeout: "1s", tries: 10 };

/// For locks that keep readers out of tables: given up before the server, after 1 s, would take it
/// for a deadlock and end a reader.
const PATIENCE_WITH_READERS: Patience = Patience { timeout: "200ms", tries: 50 };

/// The limits are for the server's requests: an index takes as long as it takes, and the session
/// that waits for the others waits as long. With `standard_conforming_strings` a backslash in the
/// source's name stands for itself. Whatever else is committed asynchronously is on the disk with
/// the swap's own commit, which therefore must not be.
const SETTINGS: &str = "set application_name = 'atelier import'; \
    set statement_timeout = 0; \
    set idle_in_transaction_session_timeout = 0; \
    set standard_conforming_strings = on; \
    set search_path to atelier_next; \
    select set_config(name, case name when 'synchronous_commit' then 'on' else '0' end, false) \
    from pg_settings \
    where name = 'idle_session_timeout' or (name = 'synchronous_commit' and setting = 'off')";

/// Memory for the sort of an index, and for each sort and hash that documents are rendered with.
/// No commit has to wait for the disk before the swap's.
const LOAD_SETTINGS: &str = "set synchronous_commit = off; \
    set maintenance_work_mem = '256MB'; \
    set work_mem = '64MB'";

/// There is one import at a time, and it is this one.
const END_LEFTOVERS: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
    where application_name = 'atelier import' and datname = current_database() \
    and usename = current_user and pid <> pg_backend_pid()";

/// Between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// Set when new tables serve.
static SWAPPED: AtomicBool = AtomicBool::new(false);

/// Whether an import of this process has got as far as letting new tables serve.
pub fn has_swapped() -> bool {
    SWAPPED.load(Ordering::Relaxed)
}

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

/// Checks that tables of the data that serves can be taken over.
///
/// # Errors
/// When they are of another version.
pub fn check_serving(loader: &mut dyn Loader) -> anyhow::Result<()> {
    let serving = schema::NAME;
    if !serves(loader)? {
        return Ok(());
    }
    let version = loader.value(&format!("select version from {serving}.about"))?;
    ensure!(
        version.as_deref() == Some(schema::VERSION.to_string().as_str()),
        "what serves is of another version, and no part of it can be kept: import all services"
    );
    Ok(())
}

/// Whether there is a schema that serves.
fn serves(loader: &mut dyn Loader) -> anyhow::Result<bool> {
    let exists = format!("select 1 from pg_namespace where nspname = '{}'", schema::NAME);
    Ok(loader.value(&exists)?.is_some())
}

/// Makes the new tables, in place of those that an import which was killed has left.
///
/// # Errors
/// When the database refuses.
pub fn begin(loader: &mut dyn Loader, source: &str) -> anyhow::Result<()> {
    prepare(loader)?;
    // A killed import's statement may still run, and hold on to its table.
    loader.execute(END_LEFTOVERS).context("cannot end what a killed import has left running")?;
    for schema in [NEXT, OLD] {
        let sql = format!("drop schema if exists {schema} cascade");
        patiently(loader, &sql, PATIENCE)
            .with_context(|| format!("cannot drop the schema {schema} of an earlier import"))?;
    }
    loader.execute("begin").context("cannot begin")?;
    loader.execute(&format!("create schema {NEXT}")).context("cannot make the new schema")?;
    loader.execute(schema::TABLES).context("cannot make the tables")?;
    let (version, source) = (schema::VERSION, source.replace('\'', "''"));
    loader
        .execute(&format!("insert into about (version, source) values ({version}, '{source}')"))
        .context("cannot note the source")?;
    loader.execute("commit").context("cannot commit")?;
    Ok(())
}

/// Has a session of an import find the new tables.
///
/// # Errors
/// When the database refuses.
fn prepare(loader: &mut dyn Loader) -> anyhow::Result<()> {
    loader.execute(SETTINGS).context("cannot begin")?;
    Ok(())
}

/// As [`prepare`], for a session that fills tables and indexes them.
///
/// # Errors
/// When the database refuses.
pub fn prepare_to_load(loader: &mut dyn Loader) -> anyhow::Result<()> {
    prepare(loader)?;
    loader.execute(LOAD_SETTINGS).context("cannot begin")?;
    Ok(())
}

/// Sets the sequences.
///
/// # Errors
/// When the database refuses.
pub fn complete(loader: &mut dyn Loader, sequences: &[Sequence]) -> anyhow::Result<()> {
    for (sequence, largest) in sequences {
        let (value, used) = ((*largest).max(1), *largest > 0);
        loader
            .execute(&format!("select setval('{sequence}', {value}, {used})"))
            .with_context(|| format!("cannot set the sequence {sequence}"))?;
    }
    Ok(())
}

/// What an import of some services leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub tables: Vec<&'static str>,
    pub sequences: Vec<&'static str>,
}

/// Lets the new tables serve, and drops the old ones; a sentence when those are still in use.
/// Renaming waits for no reader and holds none up, as dropping would. What is kept moves into the
/// new schema within the same transaction, so that nothing is lost that is written meanwhile; for
/// a moment that keeps its readers waiting.
///
/// # Errors
/// When the database refuses; the old tables serve then.
pub fn swap(loader: &mut dyn Loader, kept: &Kept) -> anyhow::Result<Option<String>> {
    let serving = schema::NAME;
    let mut sql = format!("alter schema {NEXT} rename to {serving}");
    let mut patience = PATIENCE;
    if serves(loader)? {
        sql = format!("alter schema {serving} rename to {OLD}; {sql}");
        let tables = kept.tables.iter().map(|table| ("table", table));
        let sequences = kept.sequences.iter().map(|sequence| ("sequence", sequence));
        for (kind, name) in tables.chain(sequences) {
            let drop = format!("drop {kind} {NEXT}.{name}");
            sql = format!("{drop}; alter {kind} {serving}.{name} set schema {NEXT}; {sql}");
            patience = PATIENCE_WITH_READERS;
        }
    } else {
        // There is nothing to keep; the tables stay empty, but get their keys.
        let indexes = kept.tables.iter().flat_map(|table| schema::indexes_of(table));
        for statement in indexes {
            loader.execute(statement).context("cannot make the indexes")?;
        }
    }
    patiently(loader, &sql, patience).context("cannot swap the new tables in")?;
    SWAPPED.store(true, Ordering::Relaxed);
    let dropped = patiently(loader, &format!("drop schema if exists {OLD} cascade"), PATIENCE);
    Ok(dropped.err().map(|error| {
        format!("the old tables are still there as {OLD}, which the next import drops: {error:#}")
    }))
}

/// Leaves nothing behind but the tables that served before. The connection may be what failed:
/// then the next import drops the rest.
pub fn abandon(loader: &mut dyn Loader) {
    if loader.execute("rollback").is_ok() {
        // The sessions of the services may take a moment to end.
        patiently(loader, &format!("drop schema if exists {NEXT} cascade"), PATIENCE).ok();
    }
}

/// Runs `sql` in a transaction that waits for locks only shortly, several times if need be. The
/// commit is asked for by itself: when this process is ended while its session waits for a lock,
/// nothing comes of it.
fn patiently(loader: &mut dyn Loader, sql: &str, patience: Patience) -> anyhow::Result<()> {
    let transaction = format!("begin; set local lock_timeout = '{}'; {sql}", patience.timeout);
    let mut tries = 0;
    loop {
        let done = loader.execute(&transaction).and_then(|_| loader.execute("commit"));
        let Err(error) = done else { return Ok(()) };
        tries += 1;
        // A failed rollback means that the connection is gone.
        if loader.execute("rollback").is_err() || tries == patience.tries {
            return Err(error);
        }
        thread::sleep(LOCK_PAUSE);
    }
}
