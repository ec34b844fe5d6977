//! A worker's connections to the database, in two classes: reads, which share statements, and
//! writes. A commit's flush to disk stalls only the writes behind it.

use crate::error::Failure;
use crate::postgres::pipeline::{Gauges, Options};
use crate::postgres::{BadRow, Bind, Done, Error, Gate, Key, Pipeline, Read, Row, Statement};
use crate::postgres::{Target, Weight};
use crate::statements;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Connections for reads that a worker keeps. One carries them as long as it is not held up; the
/// second steps in when it is, so that a slow product does not stop all others; the last has the
/// large lists as well. Reads of one row had a connection of their own once: a page's requests went
/// in twice as many writes then, and took a tenth more CPU, pinned a fifth.
const READ_CONNECTIONS: usize = 3;
/// Two commits can share one flush to disk.
const WRITE_CONNECTIONS: usize = 2;
/// Rows that a list may walk over to share its statement with others, so that nobody waits for a
/// much longer one: what pages ask for, and some pages on.
const SHARED_LIST_ROWS_MAX: i64 = 100;
/// Rows above which a list is a large one, which goes by itself: more than any page that a person
/// looks at.
const LARGE_LIST_ROWS: i64 = 1000;

/// Connections of one worker.
#[must_use]
pub const fn connections_of_a_worker() -> usize {
    READ_CONNECTIONS + WRITE_CONNECTIONS
}

/// The connections of one worker, by class.
pub struct Database {
    reads: Rc<Gate>,
    writes: Vec<Rc<Pipeline>>,
}

/// A pipeline's gauges with the class it belongs to.
pub type NamedGauges = (&'static str, Arc<Gauges>);

impl Database {
    /// Begins to connect worker `worker` of `workers`; to be called on it.
    #[must_use]
    pub fn open(target: &Target, deadline: Duration, worker: usize, workers: usize) -> Self {
        let options = |name, statements: &'static [&'static Statement]| Options {
            name,
            target: session_target(target, deadline),
            statements,
            deadline,
            worker,
            workers,
        };
        let writes = options("writes", statements::WRITES);
        Self {
            reads: Gate::open(&options("reads", statements::READS), READ_CONNECTIONS),
            writes: (0..WRITE_CONNECTIONS).map(|_| Pipeline::open(writes.clone())).collect(),
        }
    }

    /// Reads the row of `id`, if there is one.
    ///
    /// # Errors
    /// [`Error`].
    pub fn point(
        &self,
        read: &'static Read,
        id: i32,
        buffer: &mut Vec<u8>,
        decode: impl Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Result<Done, Error> {
        self.reads.read(read, [id.into(), 0, 0], buffer, decode)
    }

    /// Reads a list whose `key` has it walk over `rows_max` rows at most.
    ///
    /// # Errors
    /// [`Error`].
    pub fn list(
        &self,
        read: &'static Read,
        key: Key,
        rows_max: i64,
        buffer: &mut Vec<u8>,
        decode: impl Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Result<Done, Error> {
        if rows_max <= SHARED_LIST_ROWS_MAX {
            return self.reads.read(read, key, buffer, decode);
        }
        let weight = if rows_max > LARGE_LIST_ROWS { Weight::Heavy } else { Weight::Light };
        self.reads.query(weight, &read.one, |bind| read.bind(&key, bind), buffer, decode)
    }

    /// Reads a short list that has no key of integers.
    ///
    /// # Errors
    /// [`Error`].
    pub fn query(
        &self,
        statement: &'static Statement,
        parameters: impl FnOnce(&mut Bind<'_>),
        buffer: &mut Vec<u8>,
        decode: impl Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Result<Done, Error> {
        self.reads.query(Weight::Light, statement, parameters, buffer, decode)
    }

    /// Runs a statement that changes rows. What it returns, if anything, only counts.
    ///
    /// # Errors
    /// [`Failure`]: among others that it is unknown whether the change was made.
    pub fn write(
        &self,
        statement: &'static Statement,
        parameters: impl FnOnce(&mut Bind<'_>),
    ) -> Result<Done, Failure> {
        let mut unused = Vec::new();
        let pipeline = least_busy(&self.writes);
        let written = pipeline.query(statement, parameters, &mut unused, |_, _, _| Ok(()));
        written.map_err(Failure::of_write)
    }

    /// Runs a statement that changes the row of an id in the path.
    ///
    /// # Errors
    /// [`Failure`]; with the sentence `unknown` when no row has the id.
    pub fn change(
        &self,
        statement: &'static Statement,
        id: i32,
        unknown: &'static str,
    ) -> Result<(), Failure> {
        let changed = self.write(statement, |bind| bind.int4(id))?;
        if changed.affected == 0 { Err(Failure::IdUnknown(unknown)) } else { Ok(()) }
    }

    /// The gauges of all pipelines.
    #[must_use]
    pub fn gauges(&self) -> Vec<NamedGauges> {
        let classes = [("reads", self.reads.pipelines()), ("writes", &self.writes[..])];
        classes
            .into_iter()
            .flat_map(|(name, class)| class.iter().map(move |pipeline| (name, pipeline.gauges())))
            .collect()
    }
}

fn least_busy(class: &[Rc<Pipeline>]) -> &Pipeline {
    // A connection that is down has nothing in flight, and must not draw the requests to it.
    let busy = |pipeline: &&Rc<Pipeline>| (!pipeline.is_up(), pipeline.depth());
    class.iter().min_by_key(busy).unwrap_or(&class[0])
}

/// `target` with the settings that every connection of a worker needs.
fn session_target(target: &Target, deadline: Duration) -> Target {
    // The server gives up a little before we do, so that its backend is free again and the
    // requests behind are answered.
    let statement_timeout_ms = (deadline * 9 / 10).as_millis().max(1).to_string();
    target
        .clone()
        .with_setting("search_path", crate::schema::NAME)
        .with_setting("statement_timeout", &statement_timeout_ms)
        // A plan for each statement, made once: planning costs more than most statements do.
        .with_setting("plan_cache_mode", "force_generic_plan")
        .with_setting("jit", "off")
}
