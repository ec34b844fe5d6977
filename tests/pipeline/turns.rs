//! Who goes before whom at a gate.

use super::DEADLINE_FAR;
use super::gate::{LIST, POISON, SLEEP, STATEMENTS, expected, open, read, without_company};
use super::worker::GateClient;
use crate::common::{cluster, wait_until};
use atelier::postgres::{Gate, Weight};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Asks for what sleeps, with nobody else in its statement, and gives when it was answered.
fn sleep(gate: &Gate, weight: Weight, milliseconds: i32) -> Instant {
    let bind = |bind: &mut atelier::postgres::Bind<'_>| {
        bind.int4(1);
        bind.int4(milliseconds);
    };
    gate.query(weight, &SLEEP, bind, &mut Vec::new(), |_, _, _| Ok(())).unwrap();
    Instant::now()
}

#[test]
fn a_slow_read_holds_up_its_own_write_alone() {
    let database = cluster().empty();
    let client = GateClient::open(&database.target(), STATEMENTS, DEADLINE_FAR, 2);
    for weight in [Weight::Light, Weight::Heavy] {
        let sleeper = client.each([move |gate: &Gate| sleep(gate, weight, 700)]);
        let busy = "select 1 from pg_stat_activity where wait_event = 'PgSleep' and \
            datname = current_database()";
        wait_until("a backend is busy", || database.value(busy).is_some());
        let outcomes = client.each((1..=80).map(|key| {
            move |gate: &Gate| {
                let rows = read(gate, &LIST, key, 2).unwrap();
                assert_eq!(without_company(&rows), expected(true, key, 2));
            }
        }));
        (0..80).for_each(|_| outcomes.next());
        let quick = Instant::now();
        assert!(quick < sleeper.next(), "{weight:?}: they waited for the slow one");
    }
}

#[test]
fn heavy_reads_keep_to_one_connection_and_light_ones_pass_them() {
    let database = cluster().empty();
    let client = GateClient::open(&database.target(), STATEMENTS, DEADLINE_FAR, 2);
    let heavy = client.each((0..4).map(|_| |gate: &Gate| sleep(gate, Weight::Heavy, 100)));
    for _ in 0..4 {
        heavy.next();
    }
    let by_connection: Vec<u64> =
        client.gauges.iter().map(|gauges| gauges.statements.load(Ordering::Relaxed)).collect();
    assert_eq!(by_connection, [0, 4]);
}

/// When the sleepers of some outcomes were answered, and when the others, first to last.
fn split(outcomes: impl Iterator<Item = (bool, Instant)>) -> (Vec<Instant>, Vec<Instant>) {
    let (sleepers, others): (Vec<_>, Vec<_>) = outcomes.partition(|(sleeps, _)| *sleeps);
    let sorted = |of: Vec<(bool, Instant)>| {
        let mut instants: Vec<Instant> = of.into_iter().map(|it| it.1).collect();
        instants.sort();
        instants
    };
    (sorted(sleepers), sorted(others))
}

#[test]
fn who_shares_a_statement_is_answered_before_the_plain_ones_of_its_write() {
    let (_database, client) = open(1);
    let outcomes = client.each((1..=20).map(|n| {
        move |gate: &Gate| {
            if n <= 4 {
                return (true, sleep(gate, Weight::Light, 50));
            }
            read(gate, &LIST, n, 2).unwrap();
            (false, Instant::now())
        }
    }));
    let (plain, shared) = split((0..20).map(|_| outcomes.next()));
    assert!(shared.last() < plain.first(), "they waited for what came behind them");
    assert_eq!(client.count(|gauges| &gauges.flushes), 1);
}

#[test]
fn who_is_asked_again_does_not_wait_for_all_that_are_heavy() {
    let (_database, client) = open(1);
    let outcomes = client.each((1..=9).map(|n| {
        move |gate: &Gate| {
            if n <= 5 {
                return (true, sleep(gate, Weight::Heavy, 50));
            }
            let key = if n == 6 { POISON } else { n };
            assert_eq!(read(gate, &LIST, key, 1).is_err(), key == POISON);
            (false, Instant::now())
        }
    }));
    let (heavy, again) = split((0..9).map(|_| outcomes.next()));
    assert_eq!(client.count(|gauges| &gauges.repeats), 4);
    assert!(again.last() < heavy.get(2), "they waited for the heavy ones");
}
