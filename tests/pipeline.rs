//! The pipeline against a real PostgreSQL, in this process. What becomes of its connection is in
//! `connection`; servers that misbehave are in `hostile`; reads that share their statements are in
//! `gate` and `interleaved`.

mod connection;
pub mod fake;
mod gate;
mod hostile;
mod interleaved;
mod turns;
mod worker;

use self::worker::{Client, query};
use crate::common::{Database, PATIENCE, cluster};
use atelier::postgres::{BadRow, Error, Pipeline, Row, Statement, oid};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// For requests whose outcome is to come long before.
const DEADLINE_FAR: Duration = PATIENCE;

const ECHO: Statement = Statement {
    name: "echo",
    sql: "select $1, $2",
    parameters: &[oid::INT4, oid::TEXT],
    columns: &[oid::INT4, oid::TEXT],
};
const ROWS: Statement = Statement {
    name: "rows",
    sql: "select $1 + n, 'row' from generate_series(1, $2) n",
    parameters: &[oid::INT4, oid::INT4],
    columns: &[oid::INT4, oid::TEXT],
};
const DIVIDE: Statement = Statement {
    name: "divide",
    sql: "select $1 / (n - $2), 'row' from generate_series(1, 1000) n",
    parameters: &[oid::INT4, oid::INT4],
    columns: &[oid::INT4, oid::TEXT],
};
const SLEEP: Statement = Statement {
    name: "sleep",
    sql: "select $1, '' from pg_sleep($2 / 1000.0)",
    parameters: &[oid::INT4, oid::INT4],
    columns: &[oid::INT4, oid::TEXT],
};
const BIG: Statement = Statement {
    name: "big",
    sql: "select $1, repeat('x', $1) from generate_series(1, $2)",
    parameters: &[oid::INT4, oid::INT4],
    columns: &[oid::INT4, oid::TEXT],
};
static STATEMENTS: &[&Statement] = &[&ECHO, &ROWS, &DIVIDE, &SLEEP, &BIG];

/// `number text;` for each row.
fn pair(row: &mut Row<'_>, row_index: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    assert_eq!(row_index == 0, output.ends_with(b":"), "rows are counted from 0");
    output.extend_from_slice(row.int4()?.to_string().as_bytes());
    output.push(b' ');
    output.extend_from_slice(row.text()?);
    output.push(b';');
    Ok(())
}

fn echo(pipeline: &Pipeline, value: i32, text: &str) -> Result<String, Error> {
    let mut buffer = b"kept:".to_vec();
    let bind = |bind: &mut atelier::postgres::Bind<'_>| {
        bind.int4(value);
        bind.text(text);
    };
    let done = pipeline.query(&ECHO, bind, &mut buffer, pair)?;
    assert_eq!((done.rows, done.affected), (1, 1));
    let rows = String::from_utf8(buffer).unwrap();
    Ok(rows.strip_prefix("kept:").expect("what was in the buffer stays").to_owned())
}

/// A pipeline with the statements above, over a database that is to outlive it.
fn open() -> (Database, Client) {
    let database = cluster().empty();
    let client = Client::open(&database.target(), STATEMENTS, DEADLINE_FAR);
    (database, client)
}

/// Asks a thing of the kind `kind`, and holds the answer to what it must be.
fn ask_any(pipeline: &Pipeline, kind: u32, value: i32) {
    match kind {
        0..4 => {
            let text = format!("text of {value}");
            assert_eq!(echo(pipeline, value, &text).unwrap(), format!("{value} {text};"));
        }
        4..7 => {
            let count = value % 50;
            let (done, rows) = query(pipeline, &ROWS, &[value, count], pair);
            let expected: String =
                (1..=count).map(|n| format!("{} row;", i64::from(value) + i64::from(n))).collect();
            assert_eq!(rows, expected);
            assert_eq!(done.unwrap().rows, u64::from(count.unsigned_abs()));
        }
        // Some rows come before the error.
        7..9 => {
            let (outcome, _) = query(pipeline, &DIVIDE, &[value, value % 900 + 1], pair);
            assert_eq!(outcome.unwrap_err().sqlstate().unwrap().as_str(), "22012");
        }
        _ => {
            let (outcome, rows) = query(pipeline, &SLEEP, &[value, 10_000], pair);
            let Err(Error::Server(error)) = outcome else { panic!("{outcome:?}") };
            assert!(error.is_query_canceled() && rows.is_empty(), "{error}");
        }
    }
}

#[test]
fn many_coroutines_get_each_their_own_rows_whatever_befalls_the_others() {
    const QUERIES: usize = 25;
    let database = cluster().empty();
    let target = database.target().with_setting("statement_timeout", "200");
    let client = Client::open(&target, STATEMENTS, DEADLINE_FAR);
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let mut random = random.fork();
            move |pipeline: &Pipeline| {
                for _ in 0..QUERIES {
                    // One in a hundred is cancelled, which takes the 200 ms.
                    let kind = if random.u32(..100) == 0 { 9 } else { random.u32(..9) };
                    ask_any(pipeline, kind, random.i32(0..1_000_000));
                }
            }
        })
        .collect();
    let outcomes = client.each(tasks);
    (0..40).for_each(|_| outcomes.next());
    assert_eq!(client.count(|gauges| &gauges.requests), 40 * QUERIES as u64);
    assert_eq!(client.count(|gauges| &gauges.connects), 1);
    assert_eq!(client.count(|gauges| &gauges.late), 0);
    assert_eq!(client.gauges.depth.load(Ordering::Relaxed), 0);
}

#[test]
fn requests_of_one_turn_share_a_write() {
    let (_database, client) = open();
    let tasks = (0..64).map(|value| move |pipeline: &Pipeline| echo(pipeline, value, "a").unwrap());
    let outcomes = client.each(tasks);
    (0..64).for_each(|_| drop(outcomes.next()));
    assert_eq!(client.count(|gauges| &gauges.requests), 64);
    let flushes = client.count(|gauges| &gauges.flushes);
    assert!(flushes <= 4, "{flushes} writes");
}

const VALUES: Statement = Statement {
    name: "values",
    sql: "select null::text, $1, $2, $3, $4, $5, array[]::text[]",
    parameters: &[oid::BOOL, oid::INT2, oid::INT8, oid::INT4_ARRAY, oid::TEXT_ARRAY],
    columns: &[
        oid::TEXT,
        oid::BOOL,
        oid::INT2,
        oid::INT8,
        oid::INT4_ARRAY,
        oid::TEXT_ARRAY,
        oid::TEXT_ARRAY,
    ],
};

fn values(row: &mut Row<'_>, _: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    assert_eq!(row.bytes()?, None);
    let scalars = (row.bool()?, row.int2()?, row.int8()?);
    let (mut numbers, mut texts) = (Vec::new(), Vec::new());
    let mut array = row.array()?;
    while let Some(number) = array.int4()? {
        numbers.push(number);
    }
    let mut array = row.array()?;
    while let Some(text) = array.text()? {
        texts.push(String::from_utf8_lossy(text).into_owned());
    }
    assert_eq!(row.array()?.text()?, None);
    assert_eq!(row.bytes(), Err(BadRow), "no column is left");
    output.extend_from_slice(format!("{scalars:?} {numbers:?} {texts:?}").as_bytes());
    Ok(())
}

#[test]
fn values_of_all_types_go_in_and_come_out() {
    let database = cluster().empty();
    let client = Client::open(&database.target(), &[&VALUES], DEADLINE_FAR);
    let ask = |numbers: Vec<i32>, texts: Vec<&'static str>| {
        client.ask(move |pipeline| {
            let mut buffer = Vec::new();
            let bind = |bind: &mut atelier::postgres::Bind<'_>| {
                bind.bool(true);
                bind.int2(i16::MIN);
                bind.int8(i64::MAX);
                bind.int4_array(numbers.into_iter());
                bind.text_array(texts.into_iter());
            };
            pipeline.query(&VALUES, bind, &mut buffer, values).unwrap();
            String::from_utf8(buffer).unwrap()
        })
    };
    assert_eq!(
        ask(vec![i32::MIN, -1, 0, i32::MAX], vec!["", "ü\n\"", "null"]),
        "(true, -32768, 9223372036854775807) [-2147483648, -1, 0, 2147483647] \
         [\"\", \"ü\\n\\\"\", \"null\"]"
    );
    assert_eq!(ask(vec![], vec![]), "(true, -32768, 9223372036854775807) [] []");
}

#[test]
fn a_value_of_3_mib_passes_both_ways_between_small_ones() {
    let (_database, client) = open();
    let tasks = (0..12).map(|value| {
        move |pipeline: &Pipeline| {
            let text =
                if value == 3 || value == 6 { "ü".repeat(3 << 19) } else { "small".to_owned() };
            assert!(echo(pipeline, value, &text).unwrap() == format!("{value} {text};"));
        }
    });
    let outcomes = client.each(tasks);
    (0..12).for_each(|_| outcomes.next());
}

#[test]
fn a_reply_beyond_8_mib_is_cut_at_a_row_alone() {
    let (_database, client) = open();
    let ask = |bytes, rows| move |pipeline: &Pipeline| query(pipeline, &BIG, &[bytes, rows], pair);
    let outcomes = client.each([ask(1 << 20, 40), ask(3, 2), ask(4 << 10, 1000)]);
    let mut outcomes: Vec<_> = (0..3).map(|_| outcomes.next()).collect();
    outcomes.sort_by_key(|(_, rows)| rows.len());
    let [(small, rows), (large, many), (cut, most)] = &outcomes[..] else { unreachable!() };
    let (small, large, cut) = (small.as_ref().unwrap(), large.as_ref().unwrap(), cut.as_ref());
    assert_eq!((small.rows, small.cut, rows.as_str()), (2, false, "3 xxx;3 xxx;"));
    assert_eq!((large.rows, large.cut, many.len()), (1000, false, 1000 * ((4 << 10) + 6)));
    // Seven rows of 1 MiB and their numbers fit, the eighth does not.
    let cut = cut.unwrap();
    assert_eq!((cut.rows, cut.cut, most.len()), (7, true, 7 * ((1 << 20) + 9)));
    assert_eq!(client.count(|gauges| &gauges.connects), 1);
}

#[test]
fn rows_that_are_not_decoded_fail_their_request_alone() {
    let (_database, client) = open();
    let outcomes = client.each((0..30).map(|value| {
        move |pipeline: &Pipeline| match value % 3 {
            0 => assert_eq!(echo(pipeline, value, "a").unwrap(), format!("{value} a;")),
            1 => {
                let wrong = |row: &mut Row<'_>, _: u64, _: &mut Vec<u8>| row.bool().map(drop);
                let (outcome, rows) = query(pipeline, &ROWS, &[value, 5], wrong);
                assert!(matches!(outcome, Err(Error::Refused(_))) && rows.is_empty());
            }
            _ => {
                let (outcome, rows) =
                    query(pipeline, &ROWS, &[value, 5], |_, _, _| panic!("on purpose"));
                assert!(matches!(outcome, Err(Error::Refused(_))) && rows.is_empty());
            }
        }
    }));
    (0..30).for_each(|_| outcomes.next());
    assert_eq!(client.count(|gauges| &gauges.connects), 1);
}

#[test]
fn parameters_that_are_not_the_statements_leave_no_trace() {
    let (_database, client) = open();
    let outcomes = client.each((0..20).map(|value| {
        move |pipeline: &Pipeline| match value % 2 {
            0 => assert_eq!(echo(pipeline, value, "a").unwrap(), format!("{value} a;")),
            _ => {
                let (outcome, _) = query(pipeline, &ROWS, &[value], pair);
                assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
            }
        }
    }));
    (0..20).for_each(|_| outcomes.next());
    assert_eq!(client.count(|gauges| &gauges.requests), 10);
    assert_eq!(client.count(|gauges| &gauges.connects), 1);
}

const NOTE_ADD: Statement = Statement {
    name: "note_add",
    sql: "insert into notes select n, $2 from generate_series($1, $1 + 1) n",
    parameters: &[oid::INT4, oid::TEXT],
    columns: &[],
};
const NOTES: Statement = Statement {
    name: "notes",
    sql: "select id, note from notes where id = $1",
    parameters: &[oid::INT4],
    columns: &[oid::INT4, oid::TEXT],
};

#[test]
fn a_write_is_read_as_soon_as_it_is_answered_also_over_another_connection() {
    let database = cluster().empty();
    database
        .session()
        .execute("create table public.notes (id int primary key, note text)")
        .unwrap();
    let target = database.target().with_setting("search_path", "public");
    let writes = Client::open(&target, &[&NOTE_ADD], DEADLINE_FAR);
    let reads = Client::open(&target, &[&NOTES], DEADLINE_FAR);
    let add = |pipeline: &Pipeline, id: i32| {
        let bind = |bind: &mut atelier::postgres::Bind<'_>| {
            bind.int4(id);
            bind.text("noted");
        };
        pipeline.query(&NOTE_ADD, bind, &mut Vec::new(), |_, _, _| Ok(()))
    };
    let outcomes = writes.each((0..50).map(|number| {
        let reads = reads.clone();
        move |pipeline: &Pipeline| {
            let id = 10 * number;
            let done = add(pipeline, id).unwrap();
            assert_eq!((done.rows, done.affected), (0, 2));
            let (done, rows) = query(&reads.pipeline(), &NOTES, &[id + 1], pair);
            assert_eq!((done.unwrap().rows, rows), (1, format!("{} noted;", id + 1)));
            let again = add(pipeline, id).unwrap_err();
            assert_eq!(again.sqlstate().unwrap().as_str(), "23505");
        }
    }));
    (0..50).for_each(|_| outcomes.next());
    assert_eq!(database.value("select count(*) from public.notes").as_deref(), Some("100"));
}
