//! Reads that share their statements, against a real PostgreSQL: who asks together goes together,
//! and whatever befalls a statement, everybody gets the rows of their own key or an error.

use super::DEADLINE_FAR;
use super::worker::GateClient;
use crate::common::{Database, cluster, wait_until};
use atelier::postgres::pipeline::Gauges;
use atelier::postgres::{BadRow, Error, Gate, Read, Row, Statement, Target, Weight, oid};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Keys in which a read of [`LIST`] divides by zero, and sleeps for longer than it may.
pub(super) const POISON: i32 = 97;
pub(super) const SLOW: i32 = 89;

/// `row_limit` rows for a key, which say whether it was asked alone.
pub(super) static LIST: Read = Read {
    one: Statement {
        name: "list",
        sql: "select $1 + n::int / ($1 % 97), 'one' from generate_series(1, $2) n \
              where case when $1 % 89 = 0 then pg_sleep(10)::text is not null else true end",
        parameters: &[oid::INT4, oid::INT8],
        columns: &[oid::INT4, oid::TEXT],
    },
    many: Statement {
        name: "list_many",
        sql: "select place, id + n::int / (id % 97), 'many' \
              from unnest($1, $2) with ordinality as wanted (id, row_limit, place) \
              cross join lateral generate_series(1, row_limit) n \
              where case when id % 89 = 0 then pg_sleep(10)::text is not null else true end",
        parameters: &[oid::INT4_ARRAY, oid::INT8_ARRAY],
        columns: &[oid::INT8, oid::INT4, oid::TEXT],
    },
    keys_max: 16,
    single_row: false,
};
/// A row for a key; none for odd ones.
static POINT: Read = Read {
    one: Statement {
        name: "point",
        sql: "select 1 / ($1 % 97) * 0 + $1, 'one' where $1 % 2 = 0",
        parameters: &[oid::INT4],
        columns: &[oid::INT4, oid::TEXT],
    },
    many: Statement {
        name: "point_many",
        sql: "select place, 1 / (id % 97) * 0 + id, 'many' \
              from unnest($1) with ordinality as wanted (id, place) where id % 2 = 0",
        parameters: &[oid::INT4_ARRAY],
        columns: &[oid::INT8, oid::INT4, oid::TEXT],
    },
    keys_max: 64,
    single_row: true,
};
pub(super) const SLEEP: Statement = Statement {
    name: "sleep",
    sql: "select $1, 'slept' from pg_sleep($2 / 1000.0)",
    parameters: &[oid::INT4, oid::INT4],
    columns: &[oid::INT4, oid::TEXT],
};
pub(super) static STATEMENTS: &[&Statement] =
    &[&LIST.one, &LIST.many, &POINT.one, &POINT.many, &SLEEP];

/// `number how;` for each row.
fn pair(row: &mut Row<'_>, row_index: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    assert_eq!(row_index == 0, output.ends_with(b":"), "rows are counted from 0");
    output.extend_from_slice(format!("{} ", row.int4()?).as_bytes());
    output.extend_from_slice(row.text()?);
    output.push(b';');
    Ok(())
}

/// The rows of a key, and in how much company it was asked.
pub(super) fn read(gate: &Gate, read: &'static Read, key: i32, rows: i64) -> Result<String, Error> {
    let mut buffer = b"kept:".to_vec();
    let done = gate.read(read, [key.into(), rows, 0], &mut buffer, pair)?;
    let text = String::from_utf8(buffer).unwrap();
    let text = text.strip_prefix("kept:").expect("what was in the buffer stays");
    assert_eq!(done.rows, text.matches(';').count() as u64);
    Ok(text.to_owned())
}

/// What [`read`] gives for a key that neither fails nor sleeps, without the company.
pub(super) fn expected(list: bool, key: i32, rows: i64) -> String {
    if !list {
        return if key % 2 == 0 { format!("{key};") } else { String::new() };
    }
    (1..=rows).map(|n| format!("{};", i64::from(key) + n / i64::from(key % POISON))).collect()
}

pub(super) fn without_company(rows: &str) -> String {
    rows.replace(" one;", ";").replace(" many;", ";")
}

/// Plans are made without the values, as the server has them: with them, the division by zero of an
/// odd [`POISON`] would fail a read of no rows when it is planned.
fn target(database: &Database) -> Target {
    database
        .target()
        .with_setting("plan_cache_mode", "force_generic_plan")
        .with_setting("statement_timeout", "200")
}

pub(super) fn open(connections: usize) -> (Database, GateClient) {
    let database = cluster().empty();
    let client = GateClient::open(&target(&database), STATEMENTS, DEADLINE_FAR, connections);
    (database, client)
}

pub(super) fn statements(gauges: &Gauges) -> &AtomicU64 {
    &gauges.statements
}

/// Asks for a random key, and holds what comes to what it must be. `lossy`: connections may be
/// lost meanwhile.
fn ask_any(gate: &Gate, random: &mut fastrand::Rng, lossy: bool) {
    let list = random.bool();
    let (key, rows) = (random.i32(1..200), random.i64(0..40));
    let asked = if list { read(gate, &LIST, key, rows) } else { read(gate, &POINT, key, 0) };
    let lost = |error: &Error| matches!(error, Error::ConnectionLost | Error::Unavailable);
    let sleeps = list && key % SLOW == 0 && rows > 0;
    let fails = key % POISON == 0 && if list { rows > 0 } else { key % 2 == 0 };
    match asked {
        Ok(given) => {
            assert!(!sleeps && !fails, "{key} has no rows: {given}");
            assert_eq!(without_company(&given), expected(list, key, rows), "of {key}");
        }
        Err(error) if lost(&error) => assert!(lossy, "{key}: {error}"),
        Err(Error::Server(error)) => {
            let code = if sleeps { "57014" } else { "22012" };
            assert!((sleeps || fails) && error.sqlstate.as_str() == code, "{key}: {error}");
        }
        Err(error) => panic!("{key}: {error}"),
    }
}

fn ask_many(client: &GateClient, coroutines: usize, queries: usize, lossy: bool) {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let tasks: Vec<_> = (0..coroutines)
        .map(|_| {
            let mut random = random.fork();
            move |gate: &Gate| (0..queries).for_each(|_| ask_any(gate, &mut random, lossy))
        })
        .collect();
    let outcomes = client.each(tasks);
    (0..coroutines).for_each(|_| outcomes.next());
}

#[test]
fn a_key_that_fails_or_sleeps_costs_its_neighbours_nothing_but_time() {
    for connections in [1, 2] {
        let (_database, client) = open(connections);
        ask_many(&client, 40, 25, false);
        let repeats = client.count(|gauges| &gauges.repeats);
        assert!(repeats > 10, "keys are asked again");
        assert!(client.count(|gauges| &gauges.requests) >= 1000 + repeats);
        assert!(client.count(statements) < 900, "statements are shared");
        let connects = client.count(|gauges| &gauges.connects);
        assert_eq!(connects, connections as u64, "no connection is lost");
    }
}

#[test]
fn whoever_loses_a_connection_gets_their_own_rows_or_an_error() {
    let (database, client) = open(2);
    let stop = Arc::new(AtomicBool::new(false));
    let terminator = {
        let (stop, mut session) = (Arc::clone(&stop), database.session());
        thread::spawn(move || {
            let sql = "select pg_terminate_backend(pid) from pg_stat_activity \
                where datname = current_database() and pid <> pg_backend_pid() \
                order by random() limit 1";
            while !stop.load(Ordering::Relaxed) {
                session.execute(sql).unwrap();
                thread::sleep(Duration::from_millis(150));
            }
        })
    };
    for _ in 0..5 {
        wait_until("a connection stands", || {
            client.gauges.iter().any(|gauges| gauges.ready.load(Ordering::Relaxed))
        });
        ask_many(&client, 40, 20, true);
    }
    stop.store(true, Ordering::Relaxed);
    terminator.join().unwrap();
    wait_until("a lost connection is replaced", || client.count(|gauges| &gauges.connects) > 2);
    wait_until("the gate heals", || {
        let rows = client.each([|gate: &Gate| read(gate, &LIST, 5, 1)]).next();
        rows.is_ok_and(|rows| rows == "5 one;")
    });
}

#[test]
fn the_other_connection_takes_up_the_reads_of_one_that_is_lost() {
    let database = cluster().empty();
    let client = GateClient::open(&database.target(), STATEMENTS, DEADLINE_FAR, 2);
    let outcomes = client.each([|gate: &Gate| read(gate, &LIST, SLOW, 1)]);
    let busy = "select pid from pg_stat_activity where state = 'active' \
        and datname = current_database() and pid <> pg_backend_pid()";
    // Once more, and then it is told: nobody is asked for ever.
    for repeats in 0..2 {
        wait_until("it is asked", || client.count(|gauges| &gauges.repeats) == repeats);
        wait_until("a backend is busy", || database.value(busy).is_some());
        let pid = database.value(busy).unwrap();
        database.session().execute(&format!("select pg_terminate_backend({pid})")).unwrap();
    }
    assert!(matches!(outcomes.next(), Err(Error::ConnectionLost)));
    assert_eq!(client.count(|gauges| &gauges.repeats), 1);
}

#[test]
fn who_asks_in_one_turn_goes_as_one_statement_and_each_key_once() {
    let (_database, client) = open(2);
    let ask = |key: i32| move |gate: &Gate| read(gate, &POINT, key, 0).unwrap();
    let outcomes = client.each((1..=60).map(|n| ask(n % 10 * 2 + 100)));
    (0..60).for_each(|_| assert!(outcomes.next().ends_with(" many;")));
    assert_eq!(client.count(|gauges| &gauges.requests), 60);
    assert_eq!(client.count(|gauges| &gauges.keys), 10);
    assert_eq!(client.count(statements), 1);
    // Alone it is the statement for one, and light traffic keeps to the first connection.
    for n in 1..=5 {
        assert_eq!(client.each([ask(n * 2)]).next(), format!("{} one;", n * 2));
    }
    let by_connection: Vec<u64> =
        client.gauges.iter().map(|gauges| gauges.statements.load(Ordering::Relaxed)).collect();
    assert_eq!(by_connection, [6, 0]);
}

#[test]
fn a_write_has_several_statements_of_a_read_and_no_more_keys_than_fit() {
    let (_database, client) = open(1);
    // The keys of the first write are asked once, also when they come after others.
    let outcomes =
        client.each((1..=88).chain(1..=60).map(|key| {
            move |gate: &Gate| (key, without_company(&read(gate, &LIST, key, 3).unwrap()))
        }));
    for _ in 0..88 + 60 {
        let (key, rows) = outcomes.next();
        assert_eq!(rows, expected(true, key, 3));
    }
    // 16 to a statement, 64 to a write.
    assert_eq!(client.count(statements), 6);
    assert_eq!(client.count(|gauges| &gauges.flushes), 2);
    assert_eq!(client.count(|gauges| &gauges.keys), 88);
}

#[test]
fn several_reads_go_in_one_write_and_an_error_in_one_is_not_the_others() {
    let (_database, client) = open(1);
    let tasks = (1..=30).map(|n| {
        move |gate: &Gate| match n % 3 {
            0 => assert_eq!(read(gate, &LIST, n, 0).unwrap(), ""),
            1 => {
                let key = if n == 10 { 2 * POISON } else { 2 * n };
                assert_eq!(read(gate, &POINT, key, 0).is_err(), n == 10);
            }
            _ => {
                let mut rows = Vec::new();
                let bind =
                    |bind: &mut atelier::postgres::Bind<'_>| (0..2).for_each(|_| bind.int4(n));
                gate.query(Weight::Light, &SLEEP, bind, &mut rows, |row, _, output| {
                    output.extend_from_slice(&row.int4()?.to_be_bytes());
                    Ok(())
                })
                .unwrap();
                assert_eq!(rows, n.to_be_bytes());
            }
        }
    });
    let outcomes = client.each(tasks.collect::<Vec<_>>());
    (0..30).for_each(|_| outcomes.next());
    assert!(client.count(|gauges| &gauges.flushes) < 30);
}

#[test]
fn who_waits_at_a_gate_that_does_not_move_is_told_in_time() {
    let database = cluster().empty();
    let deadline = Duration::from_secs(1);
    let client = GateClient::open(&database.target(), STATEMENTS, deadline, 1);
    let held = client.each([|gate: &Gate| read(gate, &LIST, SLOW, 1)]);
    wait_until("the line is busy", || client.count(statements) == 1);
    let start = Instant::now();
    let asked = 17_000;
    let outcomes =
        client.each((1..=asked).map(|key| move |gate: &Gate| read(gate, &POINT, key, 0)));
    let mut refused = 0;
    for _ in 0..asked {
        match outcomes.next() {
            Err(Error::Late) => {}
            Err(Error::Overloaded) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(start.elapsed() < deadline * 5, "{:?}", start.elapsed());
    assert!((600..17_000).contains(&refused), "{refused} of {asked} refused");
    assert!(matches!(held.next(), Err(Error::Late)));
    assert_eq!(client.count(|gauges| &gauges.late) + refused, 17_001);
}

/// A database that has a tenth of a core is a second late for thousands who wait; none of them may
/// be refused for their number.
#[test]
fn thousands_wait_for_a_slow_database_and_all_are_answered() {
    let database = cluster().empty();
    let client = GateClient::open(&database.target(), STATEMENTS, DEADLINE_FAR, 1);
    let sleeper = client.each([|gate: &Gate| {
        let bind = |bind: &mut atelier::postgres::Bind<'_>| {
            bind.int4(1);
            bind.int4(500);
        };
        gate.query(Weight::Light, &SLEEP, bind, &mut Vec::new(), |_, _, _| Ok(())).map(|_| ())
    }]);
    wait_until("the line is busy", || client.count(statements) == 1);
    let odd = (0..5000).map(|it| 2 * it + 1);
    let outcomes = client.each(odd.map(|key| move |gate: &Gate| read(gate, &POINT, key, 0)));
    for _ in 0..5000 {
        assert_eq!(outcomes.next().unwrap(), "");
    }
    sleeper.next().unwrap();
    assert_eq!(client.count(|gauges| &gauges.refused), 0);
}

#[test]
fn a_gate_without_a_connection_refuses_at_once() {
    let (database, client) = open(2);
    let mut session = cluster().session();
    let name = &database.name;
    session.execute(&format!("alter database {name} allow_connections false")).unwrap();
    let held = client.each((1..=3).map(|_| |gate: &Gate| read(gate, &LIST, SLOW, 1)));
    let end =
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    session.execute(&end).unwrap();
    for _ in 0..3 {
        assert!(held.next().is_err());
    }
    wait_until("it is refused", || {
        let outcome = client.each([|gate: &Gate| read(gate, &POINT, 2, 0)]).next();
        matches!(outcome, Err(Error::Unavailable))
    });
    session.execute(&format!("alter database {name} allow_connections true")).unwrap();
    client.wait_until_ready();
    assert_eq!(client.each([|gate: &Gate| read(gate, &POINT, 2, 0)]).next().unwrap(), "2 one;");
}
