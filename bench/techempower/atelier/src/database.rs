//! What is asked of the database. Each row is read by a statement of its own, as the rules have
//! it: those of one request, and those of many, are in flight together but never become one.

use crate::app;
use atelier::postgres::pipeline::Options;
use atelier::postgres::{BadRow, Error, Pipeline, Row, Statement, Target, oid};
use may::coroutine::Builder;
use may::go;
use may::sync::Semphore;
use serde::Serialize;
use std::rc::Rc;
use std::time::Duration;

/// Connections for reads, and one for writes: behind a single one of them updates come one after
/// the other, and cannot lock each other out.
const READ_CONNECTIONS: usize = 1;
/// Queries on their way at once; a connection refuses more than 2,048.
pub const QUERIES_MAX: usize = 2000 * READ_CONNECTIONS;
/// The ids and the numbers of the table.
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=10_000;
const DEADLINE: Duration = Duration::from_secs(5);
/// `pg_type.oid` of varchar.
const VARCHAR: u32 = 1043;

static WORLD: Statement = Statement {
    name: "world",
    sql: "select id, randomnumber from world where id = $1",
    parameters: &[oid::INT4],
    columns: &[oid::INT4, oid::INT4],
};

static WORLD_UPDATE: Statement = Statement {
    name: "world_update",
    sql: "update world set randomnumber = new.randomnumber \
          from unnest($1::int4[], $2::int4[]) as new (id, randomnumber) \
          where world.id = new.id",
    parameters: &[oid::INT4_ARRAY, oid::INT4_ARRAY],
    columns: &[],
};

static FORTUNES: Statement = Statement {
    name: "fortunes",
    sql: "select id, message from fortune",
    parameters: &[],
    columns: &[oid::INT4, VARCHAR],
};

static READS: [&Statement; 2] = [&WORLD, &FORTUNES];
static WRITES: [&Statement; 1] = [&WORLD_UPDATE];

/// A row of the table.
#[derive(Serialize)]
pub struct World {
    pub id: i32,
    #[serde(rename = "randomNumber")]
    pub random_number: i32,
}

/// The connections of the worker.
pub struct Database {
    reads: Vec<Rc<Pipeline>>,
    writes: Rc<Pipeline>,
    /// Room for queries of requests that ask several.
    room: Semphore,
}

/// A random id, or the random number of a row.
pub fn random() -> i32 {
    fastrand::i32(NUMBERS)
}

impl Database {
    /// Begins to connect; to be called on the worker.
    pub fn open(target: &Target) -> Self {
        let pipeline = |name, statements| {
            let target = target.clone();
            let (worker, workers) = (0, 1);
            Pipeline::open(Options {
                name,
                target,
                statements,
                deadline: DEADLINE,
                worker,
                workers,
            })
        };
        Self {
            reads: (0..READ_CONNECTIONS).map(|_| pipeline("reads", &READS)).collect(),
            writes: pipeline("writes", &WRITES),
            room: Semphore::new(QUERIES_MAX),
        }
    }

    /// Writes the row of `id` as JSON to the end of `body`.
    pub fn world_json(&self, id: i32, body: &mut Vec<u8>) -> Result<(), Error> {
        let done = self.reads().query(
            &WORLD,
            |bind| bind.int4(id),
            body,
            |row, _, body| serde_json::to_writer(body, &World::decode(row)?).map_err(|_| BadRow),
        )?;
        one(done.rows)
    }

    /// The rows of `ids`, in their order, all asked before the first is waited for.
    pub fn worlds(&self, ids: Vec<i32>) -> Result<Vec<World>, Error> {
        if let [id] = ids[..] {
            return Ok(vec![self.world(id)?]);
        }
        let mut waiting = Vec::with_capacity(ids.len());
        for id in ids {
            self.room.wait();
            let ask = move || {
                let database = &app::of_this_worker().database;
                let world = database.world(id);
                database.room.post();
                world
            };
            waiting.push(go!(Builder::new().id(0), ask).map_err(|error| {
                self.room.post();
                Error::Io(error.kind())
            })?);
        }
        let lost = |_| Error::Refused("the coroutine of a query panicked".into());
        waiting.into_iter().map(|query| query.join().map_err(lost)?).collect()
    }

    /// Writes the numbers of `worlds`.
    pub fn update(&self, worlds: &[World]) -> Result<(), Error> {
        let bind = |bind: &mut atelier::postgres::Bind<'_>| {
            bind.int4_array(worlds.iter().map(|world| world.id));
            bind.int4_array(worlds.iter().map(|world| world.random_number));
        };
        let done = self.writes.query(&WORLD_UPDATE, bind, &mut Vec::new(), |_, _, _| Ok(()))?;
        let all = usize::try_from(done.affected) == Ok(worlds.len());
        if all { Ok(()) } else { Err(Error::Refused("an update missed rows".into())) }
    }

    /// All fortunes, each as its id, the length of its message and the message.
    pub fn fortune_rows(&self) -> Result<Vec<u8>, Error> {
        let mut rows = Vec::with_capacity(2048);
        self.reads().query(
            &FORTUNES,
            |_| (),
            &mut rows,
            |row, _, rows| {
                rows.extend_from_slice(&row.int4()?.to_ne_bytes());
                let message = row.text()?;
                rows.extend_from_slice(&message.len().to_ne_bytes());
                rows.extend_from_slice(message);
                Ok(())
            },
        )?;
        Ok(rows)
    }

    fn world(&self, id: i32) -> Result<World, Error> {
        let mut row = Vec::with_capacity(8);
        let done = self.reads().query(
            &WORLD,
            |bind| bind.int4(id),
            &mut row,
            |row, _, bytes| {
                let world = World::decode(row)?;
                bytes.extend_from_slice(&world.id.to_ne_bytes());
                bytes.extend_from_slice(&world.random_number.to_ne_bytes());
                Ok(())
            },
        )?;
        one(done.rows)?;
        let numbers = row.as_chunks().0;
        let [id, random_number] = [0, 1].map(|place| i32::from_ne_bytes(numbers[place]));
        Ok(World { id, random_number })
    }

    fn reads(&self) -> &Pipeline {
        self.reads.iter().min_by_key(|pipeline| pipeline.depth()).unwrap_or(&self.reads[0])
    }
}

impl World {
    fn decode(row: &mut Row<'_>) -> Result<Self, BadRow> {
        Ok(Self { id: row.int4()?, random_number: row.int4()? })
    }
}

fn one(rows: u64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Refused("an id has no row".into())) }
}
