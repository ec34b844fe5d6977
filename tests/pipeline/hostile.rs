//! The pipeline against a server that trickles, stalls, lies, floods or vanishes: each request
//! gets its outcome within its deadline, and the connection heals by itself.

use super::fake::{self, ECHO, answer, error, frame, row};
use super::worker::{Client, on_worker};
use crate::common::{PATIENCE, wait_until};
use atelier::postgres::{BadRow, Error, Pipeline, Row, Statement, Target};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

static STATEMENTS: &[&Statement] = &[&ECHO];
/// For requests that are to run into it.
const DEADLINE: Duration = Duration::from_millis(300);
/// For requests whose outcome is to come long before.
const DEADLINE_FAR: Duration = PATIENCE;

fn number(row: &mut Row<'_>, _: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    output.extend_from_slice(row.int4()?.to_string().as_bytes());
    output.push(b';');
    Ok(())
}

/// Asks for `value` with `ballast` beside it: the rows that came.
fn echo_with(pipeline: &Pipeline, value: i32, ballast: &str) -> Result<String, Error> {
    let mut buffer = b"kept:".to_vec();
    let bind = |bind: &mut atelier::postgres::Bind<'_>| {
        bind.int4(value);
        bind.text(ballast);
    };
    let outcome = pipeline.query(&ECHO, bind, &mut buffer, number);
    let text = String::from_utf8(buffer).unwrap();
    let rows = text.strip_prefix("kept:").expect("what was in the buffer stays");
    outcome.map(|_| rows.to_owned())
}

fn echo(value: i32) -> impl FnOnce(&Pipeline) -> Result<String, Error> + Send + 'static {
    move |pipeline| echo_with(pipeline, value, "")
}

/// Waits until the pipeline answers again, without help.
fn heals(client: &Client) {
    wait_until("the connection heals", || match client.ask(echo(7)) {
        Ok(rows) => rows == "7;",
        Err(_) => false,
    });
}

/// A server whose first connection is `script`'s; all later ones answer as they should.
fn first(script: impl Fn(&mut fake::Client) + Send + Sync + 'static) -> Target {
    fake::serve(move |client, number| match number {
        0 => script(client),
        _ => client.answer_all(),
    })
}

#[test]
fn answers_may_come_byte_by_byte() {
    let target = fake::serve(|client, _| {
        while let Some(value) = client.request() {
            answer(value).iter().for_each(|byte| assert!(client.say(&[*byte])));
        }
    });
    let client = Client::open(&target, STATEMENTS, DEADLINE_FAR);
    let outcomes = client.each((0..20).map(echo));
    let mut rows: Vec<String> = (0..20).map(|_| outcomes.next().unwrap()).collect();
    rows.sort_unstable_by_key(|rows| rows.trim_end_matches(';').parse::<i32>().unwrap());
    assert!(rows.iter().enumerate().all(|(value, rows)| *rows == format!("{value};")), "{rows:?}");
}

#[test]
fn answers_to_many_may_come_in_one_write_with_anything_between() {
    let target = fake::serve(|client, _| {
        let between = [
            frame(b'N', b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0"),
            frame(b'S', b"TimeZone\0UTC\0"),
            frame(b'A', b"\0\0\0\x01channel\0payload\0"),
        ]
        .concat();
        let mut answers = between.clone();
        while let Some(value) = client.request() {
            for message in [frame(b'2', b""), row(value), row(-value), frame(b'C', b"SELECT 2\0")] {
                answers.extend([&message[..], &between].concat());
            }
            answers.extend([frame(b'Z', b"I"), between.clone()].concat());
            if value == 0 {
                assert!(client.say(&answers));
                answers.clear();
            }
        }
    });
    let client = Client::open(&target, STATEMENTS, DEADLINE_FAR);
    let outcomes = client.each((0..100).rev().map(echo));
    let mut rows: Vec<String> = (0..100).map(|_| outcomes.next().unwrap()).collect();
    rows.sort_unstable();
    let mut expected: Vec<String> = (0..100).map(|value| format!("{value};{};", -value)).collect();
    expected.sort_unstable();
    assert_eq!(rows, expected);
}

#[test]
fn a_late_answer_is_nobody_elses() {
    let target = fake::serve(|client, _| {
        while let Some(value) = client.request() {
            // The first answer waits for the second request.
            let next = if value == 1 { client.request() } else { None };
            let answers = [Some(value), next].into_iter().flatten().flat_map(answer);
            client.say(&answers.collect::<Vec<_>>());
        }
    });
    let client = Client::open(&target, STATEMENTS, DEADLINE);
    let start = Instant::now();
    let outcome = client.ask(echo(1));
    assert!(matches!(outcome, Err(Error::Late)), "{outcome:?}");
    assert!(start.elapsed() >= DEADLINE);
    assert_eq!(client.ask(echo(2)).unwrap(), "2;");
    assert_eq!(client.count(|gauges| &gauges.late), 1);
    assert_eq!(client.count(|gauges| &gauges.connects), 1);
}

#[test]
fn a_server_that_never_answers_is_given_up_and_connected_to_anew() {
    let client = Client::open(&first(fake::Client::linger), STATEMENTS, DEADLINE);
    let outcomes = client.each((0..50).map(echo));
    for _ in 0..50 {
        let outcome = outcomes.next();
        assert!(matches!(outcome, Err(Error::Late)), "{outcome:?}");
    }
    heals(&client);
    assert_eq!(client.count(|gauges| &gauges.connects), 2);
}

#[test]
fn nonsense_ends_the_connection_at_once_and_a_new_one_serves() {
    let nonsense = [
        frame(b'!', b"what"),
        frame(b'G', b"\0\0\0"),
        b"D\0\0\0\x03".to_vec(),
        b"Z\xff\xff\xff\xff".to_vec(),
        // A message longer than 16 MiB.
        b"D\x01\0\0\0".to_vec(),
        frame(b'Z', b"E"),
        frame(b'Z', b"T"),
        frame(b'Z', b""),
        error("FATAL", "57P01"),
        error("PANIC", "XX000"),
        // The statement is not known any more.
        error("ERROR", "26000"),
    ];
    let clients = nonsense.map(|nonsense| {
        let target = first(move |client| {
            client.request();
            client.say(&nonsense);
            client.linger();
        });
        Client::open(&target, STATEMENTS, DEADLINE_FAR)
    });
    for (case, client) in clients.iter().enumerate() {
        let start = Instant::now();
        let outcome = client.ask(echo(1));
        assert!(matches!(outcome, Err(Error::ConnectionLost)), "{case}: {outcome:?}");
        assert!(start.elapsed() < DEADLINE_FAR / 2, "{case}");
    }
    clients.iter().for_each(heals);
}

#[test]
fn what_nobody_asked_for_ends_the_connection() {
    let (sender, receiver) = mpsc::channel();
    let target = fake::serve(move |client, number| {
        let value = client.request();
        client.say(&value.map(answer).unwrap_or_default());
        if number == 0 {
            client.say(&row(2));
        }
        let _ = sender.send(number);
        client.answer_all();
    });
    let client = Client::open(&target, STATEMENTS, DEADLINE_FAR);
    // The row comes with the answer or after it; the answer is right either way.
    assert_eq!(client.ask(echo(1)).unwrap(), "1;");
    heals(&client);
    assert_eq!((receiver.recv().unwrap(), receiver.recv().unwrap()), (0, 1));
}

#[test]
fn a_server_that_closes_in_the_middle_of_an_answer_fails_those_who_wait_at_once() {
    let cuts = (0..answer(1).len()).step_by(5);
    let clients: Vec<Client> = cuts
        .map(|cut| {
            let target = first(move |client| {
                client.request();
                client.say(&answer(1)[..cut]);
            });
            Client::open(&target, STATEMENTS, DEADLINE_FAR)
        })
        .collect();
    for client in &clients {
        let start = Instant::now();
        let outcomes = client.each((0..5).map(echo));
        for _ in 0..5 {
            let outcome = outcomes.next();
            let lost = matches!(outcome, Err(Error::ConnectionLost | Error::Unavailable));
            assert!(lost, "{outcome:?}");
        }
        assert!(start.elapsed() < DEADLINE_FAR / 2);
    }
    clients.iter().for_each(heals);
}

#[test]
fn an_error_is_that_of_its_request_alone_also_when_it_speaks_of_connections() {
    let target = fake::serve(|client, _| {
        while let Some(value) = client.request() {
            let failure = [row(value), error("ERROR", "08006"), frame(b'Z', b"I")].concat();
            client.say(&if value % 2 == 1 { failure } else { answer(value) });
        }
    });
    let client = Client::open(&target, STATEMENTS, DEADLINE_FAR);
    let outcomes = client.each(
        (0..40).map(|value| move |pipeline: &Pipeline| (value, echo_with(pipeline, value, ""))),
    );
    for _ in 0..40 {
        match outcomes.next() {
            (value, Ok(rows)) => assert!(value % 2 == 0 && rows == format!("{value};")),
            (value, Err(Error::Server(error))) => {
                assert!(value % 2 == 1 && error.sqlstate.as_str() == "08006", "{error}");
            }
            (value, outcome) => panic!("{value}: {outcome:?}"),
        }
    }
    assert_eq!(client.count(|gauges| &gauges.connects), 1);
}

#[test]
fn a_server_that_is_not_there_yet_is_found_when_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("postgres://u@/d?host={}", directory.path().display());
    let client = Client::begin(&Target::parse(&url).unwrap(), STATEMENTS, DEADLINE_FAR);
    let failures = || client.count(|gauges| &gauges.connect_failures);
    wait_until("three attempts have failed", || failures() >= 3);
    let outcome = client.ask(echo(1));
    assert!(matches!(outcome, Err(Error::Unavailable)), "{outcome:?}");
    fake::serve_in(directory.path(), |client, _| client.answer_all());
    heals(&client);
}

#[test]
fn a_server_that_ends_each_connection_at_its_first_request_is_not_stormed() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let start = Instant::now();
    let target = fake::serve(move |client, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        client.request();
    });
    let client = Client::begin(&target, STATEMENTS, DEADLINE_FAR);
    wait_until("four connections", || {
        let outcome = client.ask(echo(1));
        assert!(matches!(outcome, Err(Error::Unavailable | Error::ConnectionLost)), "{outcome:?}");
        connections.load(Ordering::Relaxed) >= 4
    });
    // Half a second between them, less a tick each.
    assert!(start.elapsed() >= Duration::from_millis(3 * 400), "{:?}", start.elapsed());
}

#[test]
fn a_server_that_stops_reading_bounds_what_waits_for_it() {
    let stuck = |_: &mut fake::Client| std::thread::sleep(2 * PATIENCE);
    let client = Client::open(&first(stuck), STATEMENTS, DEADLINE);
    let big = Arc::new("x".repeat(1 << 20));
    let tasks = (0..64).map(|value| {
        let big = Arc::clone(&big);
        move |pipeline: &Pipeline| echo_with(pipeline, value, &big)
    });
    let outcomes = client.each(tasks);
    let mut refused = 0;
    for _ in 0..64 {
        match outcomes.next() {
            Err(Error::Overloaded) => refused += 1,
            Err(Error::Late) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
    // 8 MiB wait here; what the system's buffers take besides is not ours to say.
    assert!((1..=56).contains(&refused), "{refused}");
    assert_eq!(client.count(|gauges| &gauges.refused), refused);
    heals(&client);
}

#[test]
fn requests_beyond_the_queue_are_refused_and_those_in_it_told_in_time() {
    let client = Client::open(&first(fake::Client::linger), STATEMENTS, DEADLINE);
    let outcomes = client.each((0..2100).map(echo));
    let outcomes: Vec<_> = (0..2100).map(|_| outcomes.next()).collect();
    let count = |of: fn(&Error) -> bool| {
        outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(of)).count()
    };
    assert_eq!(count(|error| matches!(error, Error::Overloaded)), 52);
    assert_eq!(count(|error| matches!(error, Error::Late)), 2048);
    heals(&client);
}

#[test]
fn a_flood_of_rows_neither_stops_the_worker_nor_fills_memory() {
    let flooding = Arc::new(AtomicBool::new(false));
    let flood = Arc::clone(&flooding);
    let target = first(move |client| {
        client.request();
        let rows = row(1).repeat(64 << 10);
        while client.say(&rows) {
            flood.store(true, Ordering::Relaxed);
        }
        flood.store(false, Ordering::Relaxed);
    });
    let flooded = Client::open(&target, STATEMENTS, 2 * DEADLINE);
    let healthy = fake::serve(|client, _| client.answer_all());
    let healthy = Client::open(&healthy, STATEMENTS, DEADLINE_FAR);
    let outcome = flooded.each([echo(1)]);
    wait_until("the flood is there", || flooding.load(Ordering::Relaxed));
    let mut answered = 0;
    while flooding.load(Ordering::Relaxed) {
        assert_eq!(healthy.ask(echo(3)).unwrap(), "3;");
        answered += 1;
    }
    assert!(answered > 2, "{answered} answers beside the flood");
    let outcome = outcome.next();
    assert!(matches!(outcome, Err(Error::Late)), "{outcome:?}");
    heals(&flooded);
}

#[test]
fn a_coroutine_may_ask_again_at_once_after_its_connection_is_lost() {
    let target = first(|client| {
        client.request();
    });
    let client = Client::open(&target, STATEMENTS, DEADLINE_FAR);
    let again = client.clone();
    let outcomes = on_worker([move || {
        let pipeline = again.pipeline();
        (echo_with(&pipeline, 1, ""), echo_with(&pipeline, 2, ""))
    }]);
    let outcomes = outcomes.next();
    assert!(
        matches!(outcomes, (Err(Error::ConnectionLost), Err(Error::Unavailable))),
        "{outcomes:?}"
    );
    heals(&client);
}
