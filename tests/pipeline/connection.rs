//! The pipeline's connection to a real PostgreSQL, ended, refused and outdated: who waits is told
//! at once, and a new connection is made without help.

use super::worker::{Client, collect_warnings, query, warnings};
use super::{DEADLINE_FAR, ECHO, SLEEP, STATEMENTS, echo, open, pair};
use crate::common::{Database, cluster, wait_until};
use atelier::postgres::{Error, Pipeline, Statement, oid};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

fn heals(client: &Client) {
    wait_until("the connection heals", || client.ask(|pipeline| echo(pipeline, 1, "a").is_ok()));
}

/// Ends the backends of the pipelines to `database`.
fn terminate(database: &Database) {
    let sql = "select pg_terminate_backend(pid) \
        from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid()";
    database.session().execute(sql).unwrap();
}

#[test]
fn a_terminated_backend_fails_all_who_wait_at_once_and_is_replaced() {
    let (database, client) = open();
    let start = Instant::now();
    let outcomes =
        client.each((0..30).map(|value| {
            move |pipeline: &Pipeline| query(pipeline, &SLEEP, &[value, 60_000], pair)
        }));
    let sleeping = "select 1 from pg_stat_activity where wait_event = 'PgSleep' and \
        datname = current_database()";
    wait_until("the backend is busy", || database.value(sleeping).is_some());
    terminate(&database);
    for _ in 0..30 {
        let (outcome, rows) = outcomes.next();
        assert!(matches!(outcome, Err(Error::ConnectionLost)) && rows.is_empty(), "{outcome:?}");
    }
    assert!(start.elapsed() < DEADLINE_FAR / 2, "{:?}", start.elapsed());
    heals(&client);
    // One that nobody was waiting on is replaced as well, before anybody asks.
    let connects = client.count(|gauges| &gauges.connects);
    terminate(&database);
    wait_until("a new one", || client.count(|gauges| &gauges.connects) > connects);
    client.wait_until_ready();
    assert_eq!(client.ask(|pipeline| echo(pipeline, 5, "b")).unwrap(), "5 b;");
}

#[test]
fn requests_while_there_is_no_connection_are_refused_at_once() {
    let (database, client) = open();
    let mut session = cluster().session();
    let allow = |connections: bool| {
        format!("alter database {} allow_connections {connections}", database.name)
    };
    session.execute(&allow(false)).unwrap();
    let end = format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'",
        database.name
    );
    session.execute(&end).unwrap();
    wait_until("it is refused", || {
        let outcome = client.ask(|pipeline| echo(pipeline, 1, "a"));
        matches!(outcome, Err(Error::Unavailable))
    });
    wait_until("attempts", || client.count(|gauges| &gauges.connect_failures) >= 2);
    session.execute(&allow(true)).unwrap();
    heals(&client);
}

#[test]
fn forgotten_statements_are_prepared_anew() {
    let database = cluster().empty();
    let client = Client::open(&database.target(), &[&ECHO, &FORGET], DEADLINE_FAR);
    client.ask(|pipeline| query(pipeline, &FORGET, &[], pair).0).unwrap();
    let outcome = client.ask(|pipeline| echo(pipeline, 1, "a"));
    assert!(matches!(outcome, Err(Error::ConnectionLost)), "{outcome:?}");
    heals(&client);
    assert_eq!(client.count(|gauges| &gauges.connects), 2);
}

const FORGET: Statement =
    Statement { name: "forget", sql: "deallocate all", parameters: &[], columns: &[] };

const MISTYPED: Statement =
    Statement { name: "mistyped", sql: "select 1 as one", parameters: &[], columns: &[oid::INT8] };

#[test]
fn a_statement_of_other_types_keeps_the_pipeline_down_and_the_log_says_why() {
    collect_warnings();
    let database = cluster().empty();
    let client = Client::begin(&database.target(), &[&MISTYPED], DEADLINE_FAR);
    wait_until("attempts", || client.count(|gauges| &gauges.connect_failures) >= 2);
    assert!(!client.gauges.ready.load(Ordering::Relaxed));
    let (outcome, _) = client.ask(|pipeline| query(pipeline, &MISTYPED, &[], pair));
    assert!(matches!(outcome, Err(Error::Unavailable)), "{outcome:?}");
    let warnings = warnings();
    let expected = "test: cannot use the database: statement mistyped: column 1 (one) is of type \
        integer (23), bigint (20) is expected; is the schema that of this version?";
    assert!(warnings.iter().any(|warning| warning == expected), "{warnings:?}");
}

#[test]
fn slow_requests_behind_each_other_are_late_without_the_connection_being_given_up() {
    // Each is cancelled by the server in time, but together they take four deadlines.
    let deadline = Duration::from_millis(500);
    let database = cluster().empty();
    let target = database.target().with_setting("statement_timeout", "450");
    let client = Client::open(&target, STATEMENTS, deadline);
    let outcomes =
        client.each((0..5).map(|value| {
            move |pipeline: &Pipeline| query(pipeline, &SLEEP, &[value, 60_000], pair).0
        }));
    for _ in 0..5 {
        let outcome = outcomes.next();
        let in_time = match &outcome {
            Err(Error::Server(error)) => error.is_query_canceled(),
            Err(Error::Late) => true,
            _ => false,
        };
        assert!(in_time, "{outcome:?}");
    }
    heals(&client);
    assert_eq!(client.count(|gauges| &gauges.connects), 1);
}
