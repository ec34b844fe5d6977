//! The blocking session against a real PostgreSQL; against servers that misbehave: `hostile`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

mod cluster;
mod hostile;

use self::cluster::Cluster;
use atelier::postgres::error::{Error, SqlState};
use atelier::postgres::session::{COPY_FRAME_BYTES, ROWS_MAX, Session};
use atelier::postgres::statement::{Statement, oid};
use atelier::postgres::url::Target;
use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

const PASSWORD: &str = "p%40ss%3Aw%2Frd%20%25%C3%BC";

fn one(session: &mut Session, sql: &str) -> String {
    session.rows(sql).unwrap()[0][0].clone().unwrap()
}

#[test]
fn all_four_log_ins_work_over_tcp() {
    let cluster = Cluster::shared();
    for user in ["postgres", "cleartext_user", "md5_user", "scram_user"] {
        let target = cluster.tcp(&format!("{user}:{PASSWORD}"));
        let mut session = Session::connect(&target).unwrap();
        assert_eq!(one(&mut session, "select current_user"), user);
    }
}

#[test]
fn a_wrong_password_is_28p01_and_a_missing_one_is_asked_for() {
    let cluster = Cluster::shared();
    for user in ["cleartext_user", "md5_user", "scram_user"] {
        let error = Session::connect(&cluster.tcp(&format!("{user}:wrong"))).err().unwrap();
        assert_eq!(error.sqlstate(), Some(SqlState::PASSWORD_INVALID), "{error}");
        assert!(error.is_connection_fatal());
        assert!(error.to_string().contains(user), "{error}");
        let mut target = cluster.tcp(user);
        target.password = None;
        let error = Session::connect(&target).err().unwrap();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        assert!(error.to_string().contains("PGPASSWORD"), "{error}");
    }
}

#[test]
fn an_unknown_database_is_3d000() {
    let cluster = Cluster::shared();
    let target = Target { database: "nowhere".into(), ..cluster.local() };
    let error = Session::connect(&target).err().unwrap();
    assert_eq!(error.sqlstate(), Some(SqlState::DATABASE_UNKNOWN), "{error}");
}

#[test]
fn a_session_starts_with_the_settings_of_its_target() {
    let cluster = Cluster::shared();
    let mut target = cluster.local().with_setting("statement_timeout", "2345");
    target.application_name = "session test".into();
    let mut session = Session::connect(&target).unwrap();
    assert_eq!(one(&mut session, "show statement_timeout"), "2345ms");
    assert_eq!(one(&mut session, "show application_name"), "session test");
    assert_eq!(one(&mut session, "show client_encoding"), "UTF8");
    let number = session.server_version().to_string();
    assert_eq!(one(&mut session, "show server_version_num"), number);
    let pid = session.backend_pid().to_string();
    assert_eq!(one(&mut session, "select pg_backend_pid()"), pid);
}

#[test]
fn an_error_of_a_statement_leaves_the_session_usable() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    let error = session.execute("select 1; select nothing_of_this_name").unwrap_err();
    assert_eq!(error.sqlstate().unwrap().as_str(), "42703");
    assert!(!error.is_connection_fatal());
    let error = session.execute("select 1 \0").unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    let error = session.execute("copy (select 1) to stdout").unwrap_err();
    assert!(error.to_string().contains("copy to stdout"), "{error}");
    let error = session.execute("create temp table t (a int); copy t from stdin").unwrap_err();
    assert!(error.to_string().contains("copy_in"), "{error}");
    assert_eq!(session.execute("").unwrap(), 0);
    assert_eq!(
        session
            .execute("create temp table t (a int); insert into t select generate_series(1, 7)")
            .unwrap(),
        7
    );
}

#[test]
fn a_cancelled_statement_and_an_outdated_plan_are_recognised() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    session.execute("create temp table t (a int); set statement_timeout = 50").unwrap();
    let Err(Error::Server(error)) = session.execute("select pg_sleep(5)") else {
        panic!("the statement is cancelled");
    };
    assert!(error.is_query_canceled(), "{error}");
    session.execute("prepare p as select * from t; alter table t add b int").unwrap();
    let Err(Error::Server(error)) = session.execute("execute p") else {
        panic!("the plan is outdated");
    };
    assert!(error.is_stale_plan(), "{error}");
    assert_eq!(error.routine.as_deref(), Some("RevalidateCachedQuery"));
    session.execute("deallocate p").unwrap();
    let Err(Error::Server(error)) = session.execute("execute p") else {
        panic!("the statement is unknown");
    };
    assert!(error.is_stale_plan(), "{error}");
}

#[test]
fn rows_come_as_text_and_are_bounded() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    let rows = session.rows("select 1; select 2 as a, null as b, 'ü' as c").unwrap();
    assert_eq!(rows, [vec![Some("2".to_owned()), None, Some("ü".to_owned())]]);
    let all = format!("select generate_series(1, {ROWS_MAX})");
    assert_eq!(session.rows(&all).unwrap().len(), ROWS_MAX);
    let error = session.rows(&format!("{all} union all select 0")).unwrap_err();
    assert!(error.to_string().contains("more than 100000 rows"), "{error}");
    let error = session.rows("select repeat('x', 1000 * 1000) from generate_series(1, 70)");
    assert!(matches!(error, Err(Error::Refused(_))));
    assert_eq!(one(&mut session, "select 3"), "3");
}

const GOOD: Statement = Statement {
    name: "good",
    sql: "select $1 + 1 as next, $2 as name",
    parameters: &[oid::INT4, oid::TEXT],
    columns: &[oid::INT4, oid::TEXT],
};

#[test]
fn many_statements_are_prepared_at_once() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    // Texts and descriptions are each larger than all socket buffers together: a client that
    // only writes and a server that only answers would wait for each other for ever.
    let columns: Vec<String> = (0..1_000).map(|i| format!("1 as column_{i:0>50}")).collect();
    let sql: &'static str = format!("select {}", columns.join(", ")).leak();
    let statements: Vec<Statement> = (0..100)
        .map(|i| Statement {
            name: format!("s{i}").leak(),
            sql,
            parameters: &[],
            columns: &[oid::INT4; 1_000],
        })
        .collect();
    session.prepare(&statements.iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(one(&mut session, "select count(*) from pg_prepared_statements"), "100");
    session.prepare(&[]).unwrap();
    session.prepare(&[&GOOD]).unwrap();
    assert_eq!(one(&mut session, "execute good (41, 'x')"), "42");
}

#[test]
fn a_statement_of_other_types_is_refused_by_name() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    for (statement, what) in [
        (
            Statement { columns: &[oid::INT8, oid::TEXT], ..GOOD },
            "statement good: column 1 (next) is of type integer (23), bigint (20) is expected",
        ),
        (
            Statement { columns: &[oid::INT4], ..GOOD },
            "statement good has 2 columns, 1 are expected",
        ),
        (
            Statement { sql: "set jit = off", parameters: &[], ..GOOD },
            "statement good has 0 columns, 2 are expected",
        ),
        (
            Statement { parameters: &[oid::INT4], ..GOOD },
            "statement good has 2 parameters, 1 are expected",
        ),
        (
            Statement { parameters: &[0, oid::TEXT], ..GOOD },
            "statement good: parameter 1 is of type integer (23)",
        ),
        (
            Statement { sql: "select * from nowhere", ..GOOD },
            "statement good: relation \"nowhere\" does not exist (SQLSTATE 42P01)",
        ),
    ] {
        let first = Statement { name: "first", ..GOOD };
        let error = session.prepare(&[&first, &statement, &GOOD]).unwrap_err();
        assert!(error.to_string().starts_with(what), "{error}");
        session.execute("deallocate all").unwrap();
    }
}

#[test]
fn text_is_copied_in() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    session.execute("create temp table t (a int, b text)").unwrap();
    let mut copy = session.copy_in("copy t from stdin").unwrap();
    for i in 0..100_000 {
        writeln!(copy, "{i}\ttext of row {i}").unwrap();
    }
    copy.flush().unwrap();
    copy.send(&b"-1\tx\n".repeat(COPY_FRAME_BYTES)).unwrap();
    assert_eq!(copy.finish().unwrap(), 165_536);
    assert_eq!(one(&mut session, "select sum(a) from t"), "4999884464");
    assert_eq!(session.copy_in("copy t from stdin").unwrap().finish().unwrap(), 0);
    let error = session.copy_in("select 1").err().unwrap();
    assert!(error.to_string().contains("not a copy"), "{error}");
    let error = session.copy_in("copy nowhere from stdin").err().unwrap();
    assert_eq!(error.sqlstate(), Some(SqlState::TABLE_UNKNOWN));
}

#[test]
fn binary_is_copied_in() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    session.execute("create temp table t (a int)").unwrap();
    let mut copy = session.copy_in("copy t from stdin (format binary)").unwrap();
    copy.write_all(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0").unwrap();
    for i in 0..3_i32 {
        copy.write_all(b"\0\x01\0\0\0\x04").unwrap();
        copy.write_all(&i.to_be_bytes()).unwrap();
    }
    copy.write_all(b"\xff\xff").unwrap();
    assert_eq!(copy.finish().unwrap(), 3);
    assert_eq!(one(&mut session, "select string_agg(a::text, ',') from t"), "0,1,2");
}

#[test]
fn a_bad_row_fails_the_copy_and_says_where() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    session.execute("create temp table t (a int)").unwrap();
    let mut copy = session.copy_in("copy t from stdin").unwrap();
    copy.send(b"1\nnot a number\n").unwrap();
    let start = Instant::now();
    let rows = b"2\n".repeat(COPY_FRAME_BYTES);
    let noticed = loop {
        match copy.write_all(&rows) {
            Ok(()) => assert!(start.elapsed() < Duration::from_secs(20), "never noticed"),
            Err(error) => break error,
        }
    };
    let noticed = noticed.into_inner().unwrap().downcast::<Error>().unwrap();
    assert_eq!(noticed.sqlstate(), Some(SqlState::TEXT_INVALID), "{noticed}");
    let error = copy.finish().unwrap_err();
    assert_eq!(error.to_string(), noticed.to_string());
    assert!(error.to_string().contains("COPY t, line 2, column a: \"not a number\""), "{error}");

    let mut copy = session.copy_in("copy t from stdin").unwrap();
    copy.send(b"1\nnot a number\n").unwrap();
    let error = copy.finish().unwrap_err();
    assert_eq!(error.sqlstate(), Some(SqlState::TEXT_INVALID), "{error}");
    assert_eq!(one(&mut session, "select count(*) from t"), "0");
}

#[test]
fn a_dropped_copy_leaves_no_rows_and_a_usable_session() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    session.execute("create temp table t (a int)").unwrap();
    for rows in [1, 200_000] {
        let mut copy = session.copy_in("copy t from stdin").unwrap();
        copy.send(&b"1\n".repeat(rows)).unwrap();
        drop(copy);
        assert_eq!(one(&mut session, "select count(*) from t"), "0");
    }
}

#[test]
fn a_late_statement_ends_at_the_deadline_and_with_it_the_session() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    session.set_deadline(Some(Duration::from_millis(200)));
    let start = Instant::now();
    let error = session.execute("select pg_sleep(5)").unwrap_err();
    assert!(matches!(error, Error::Late), "{error}");
    assert!((200..2_000).contains(&start.elapsed().as_millis()));
    let error = session.execute("select 1").unwrap_err();
    assert!(matches!(error, Error::ConnectionLost), "{error}");
    assert!(matches!(session.into_socket(), Err(Error::ConnectionLost)));
}

#[test]
fn a_killed_backend_is_noticed_at_once() {
    let cluster = Cluster::shared();
    for idle in [false, true] {
        let mut session = cluster.session();
        session.set_deadline(None);
        let kill = format!("select pg_terminate_backend({}, 5000)", session.backend_pid());
        let mut killer = cluster.session();
        let outcome = if idle {
            killer.execute(&kill).unwrap();
            session.execute("select 1")
        } else {
            let waiting = thread::spawn(move || session.execute("select pg_sleep(20)"));
            thread::sleep(Duration::from_millis(200));
            let start = Instant::now();
            killer.execute(&kill).unwrap();
            let outcome = waiting.join().unwrap();
            assert!(start.elapsed() < Duration::from_secs(3));
            outcome
        };
        assert!(matches!(outcome, Err(Error::ConnectionLost)), "{outcome:?}");
    }
}

#[test]
fn a_backend_killed_during_a_copy_is_noticed() {
    let cluster = Cluster::shared();
    let mut session = cluster.session();
    session.execute("create temp table t (a int)").unwrap();
    session.set_deadline(None);
    let kill = format!("select pg_terminate_backend({}, 5000)", session.backend_pid());
    let mut copy = session.copy_in("copy t from stdin").unwrap();
    copy.send(b"1\n").unwrap();
    cluster.session().execute(&kill).unwrap();
    let rows = b"2\n".repeat(COPY_FRAME_BYTES);
    let outcome = (0..100).try_for_each(|_| copy.send(&rows));
    assert!(matches!(outcome, Err(Error::ConnectionLost)), "{outcome:?}");
    assert!(matches!(copy.finish(), Err(Error::ConnectionLost)));
    assert!(matches!(session.execute("select 1"), Err(Error::ConnectionLost)));
}

#[test]
fn a_socket_is_given_away_ready_and_outside_a_transaction() {
    let cluster = Cluster::shared();
    for target in [cluster.local(), cluster.tcp("postgres")] {
        let mut session = Session::connect(&target).unwrap();
        session.prepare(&[&GOOD]).unwrap();
        let socket = session.into_socket().unwrap();
        socket.set_nonblocking(false).unwrap();
        // Sync alone: an answer of exactly one ReadyForQuery shows that nothing was unread.
        (&socket).write_all(b"S\0\0\0\x04").unwrap();
        let mut answer = [0; 6];
        (&socket).read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"Z\0\0\0\x05I");
    }
    let mut session = cluster.session();
    session.execute("begin").unwrap();
    let error = session.into_socket().unwrap_err();
    assert!(error.to_string().contains("transaction"), "{error}");
}

#[test]
fn a_dropped_session_ends_its_backend() {
    let cluster = Cluster::shared();
    let session = cluster.session();
    let pid = session.backend_pid();
    drop(session);
    let mut other = cluster.session();
    let start = Instant::now();
    let count = format!("select count(*) from pg_stat_activity where pid = {pid}");
    while one(&mut other, &count) != "0" {
        assert!(start.elapsed() < Duration::from_secs(5), "the backend stays");
    }
}
