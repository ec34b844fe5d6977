//! The tables of a database: there, made, or somebody else's.

use crate::postgres::{Session, Target};
use anyhow::{Context, Result, bail};
pub use atelier_import::schema::NAME;
use atelier_import::schema::{INDEXES, LOG, TABLES, VERSION};

/// What was found in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Whether there is no product.
    pub is_empty: bool,
}

/// Keeps two servers that start at once from making the tables both.
const LOCK: i64 = 0x6174_656c_6965_7201;

/// Sees to it that the database of `target` has our tables, of our version: makes them where it is
/// empty.
///
/// # Errors
/// When it holds something else, which is left alone, or cannot be reached.
pub fn ensure(target: &Target) -> Result<State> {
    let mut session = claim(target)?;
    let version = value(&mut session, &format!("select version from {NAME}.about"))?;
    if version.as_deref() != Some(VERSION.to_string().as_str()) {
        bail!(
            "the data is of version {}, this program reads version {VERSION}: \
             import it again with `atelier import`, or give an empty --data-dir for a new sample",
            version.as_deref().unwrap_or("unknown")
        );
    }
    let first = value(&mut session, &format!("select 1 from {NAME}.products limit 1"))?;
    Ok(State { is_empty: first.is_none() })
}

/// As [`ensure`], for whoever will replace the tables, of whatever version they are. The session
/// holds the lock that keeps others from making tables meanwhile.
///
/// # Errors
/// As [`ensure`].
pub fn claim(target: &Target) -> Result<Session> {
    let mut session = Session::connect(target)?;
    session.execute(&format!("select pg_advisory_lock({LOCK})"))?;
    if value(&mut session, "show server_encoding")?.as_deref() != Some("UTF8") {
        bail!("the database is not in UTF8: make one with `createdb --encoding UTF8 atelier`");
    }
    let ours = format!("select 1 where to_regclass('{NAME}.about') is not null");
    if value(&mut session, &ours)?.is_some() {
        // Only where it is missing: a server may have no right to make anything.
        let logs = "select 1 where to_regclass('atelier_log.interactions') is not null";
        if value(&mut session, logs)?.is_none() {
            session.execute(LOG).context("cannot make the table of interactions")?;
        }
        return Ok(session);
    }
    let others = session.rows(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) \
         from pg_tables \
         where schemaname not in ('pg_catalog', 'information_schema', 'atelier_log') \
         order by 1 limit 4",
    )?;
    let names: Vec<String> = others.into_iter().flatten().flatten().collect();
    let schema_taken =
        value(&mut session, &format!("select 1 from pg_namespace where nspname = '{NAME}'"))?;
    if !names.is_empty() || schema_taken.is_some() {
        let what = if names.is_empty() { format!("a schema {NAME}") } else { names.join(", ") };
        bail!(
            "the database holds something else ({what}) and is left alone: \
             give an empty one, made for example with `createdb atelier`"
        );
    }
    make(&mut session).context("cannot make the tables")?;
    Ok(session)
}

fn make(session: &mut Session) -> Result<()> {
    session.execute(&format!(
        "begin; create schema {NAME}; set local search_path = {NAME}; {TABLES}; {INDEXES}; {LOG}; \
         insert into about (version, source) values ({VERSION}, 'nothing imported yet'); commit"
    ))?;
    Ok(())
}

fn value(session: &mut Session, sql: &str) -> Result<Option<String>> {
    Ok(session.rows(sql)?.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
}
