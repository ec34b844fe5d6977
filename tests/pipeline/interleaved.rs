//! Reads that share their statements, against a server that answers in any order, answers wrongly,
//! fails and vanishes, as chance has it: everybody gets the rows of their own key or an error.

use super::DEADLINE_FAR;
use super::fake::{self, LOOK_UP, error, frame, placed_row, row};
use super::worker::GateClient;
use atelier::postgres::{BadRow, Error, Gate, Row, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

static STATEMENTS: &[&Statement] = &[&fake::LOOK_UP.one, &fake::LOOK_UP.many];

/// What a server makes of the statements of one write; false when it is gone.
fn play(client: &mut fake::Client, random: &mut fastrand::Rng, faults: &Faults) -> bool {
    let Some(statements) = client.statements() else { return false };
    let mut reply = Vec::new();
    for (name, keys) in statements {
        reply.extend(frame(b'2', b""));
        let mut rows = Vec::new();
        for (place, &key) in (1..).zip(&keys) {
            // As many rows as the key's last digit says, in an order that is theirs.
            let of_key = (0..key % 10).map(|n| key * 10 + n);
            rows.push(
                of_key
                    .map(|n| if name == "one" { row(n) } else { placed_row(place, n) })
                    .collect::<Vec<_>>(),
            );
        }
        // Keys are answered in any order, and their rows in between each other's.
        while let Some(index) = (!rows.is_empty()).then(|| random.usize(..rows.len())) {
            if rows[index].is_empty() {
                rows.swap_remove(index);
            } else {
                reply.extend(rows[index].remove(0));
            }
        }
        match random.u32(..12) {
            0 => {
                faults.errors.fetch_add(1, Ordering::Relaxed);
                reply.extend(error("ERROR", "22012"));
                break;
            }
            1 if name == "many" => {
                faults.wrong_places.fetch_add(1, Ordering::Relaxed);
                let place = [0, -1, 17, i64::MAX, i64::MIN][random.usize(..5)];
                reply.extend(placed_row(place, 1));
            }
            2 if random.bool() => {
                // Gone in the middle of a message.
                faults.ends.fetch_add(1, Ordering::Relaxed);
                reply.truncate(random.usize(..reply.len()));
                client.say(&reply);
                return false;
            }
            _ => {}
        }
        reply.extend(frame(b'C', b"SELECT 1\0"));
    }
    reply.extend(frame(b'Z', b"I"));
    // In pieces that end where chance has it.
    while !reply.is_empty() {
        let piece: Vec<u8> = reply.drain(..random.usize(1..=reply.len())).collect();
        if !client.say(&piece) {
            return false;
        }
    }
    true
}

#[derive(Default)]
struct Faults {
    errors: AtomicUsize,
    wrong_places: AtomicUsize,
    ends: AtomicUsize,
}

fn number(row: &mut Row<'_>, _: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    output.extend_from_slice(format!("{};", row.int4()?).as_bytes());
    Ok(())
}

#[test]
fn whatever_the_server_does_nobody_gets_another_ones_rows() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let faults = Arc::new(Faults::default());
    let target = {
        let (faults, seed) = (Arc::clone(&faults), random.u64(..));
        fake::serve(move |client, number| {
            let mut random = fastrand::Rng::with_seed(seed ^ number as u64);
            while play(client, &mut random, &faults) {}
        })
    };
    let client = GateClient::open(&target, STATEMENTS, DEADLINE_FAR, 2);
    let served = Arc::new(AtomicUsize::new(0));
    let count = |faults: &AtomicUsize| faults.load(Ordering::Relaxed);
    // Who asks while no connection stands is refused at once: how many rounds it takes until
    // enough was served is a matter of chance.
    for round in 0.. {
        let counts = [count(&faults.errors), count(&faults.wrong_places), count(&faults.ends)];
        if count(&served) > 1000 && counts.iter().all(|&count| count > 0) {
            break;
        }
        assert!(round < 100, "{served:?} served; errors, wrong places, ends: {counts:?}");
        client.wait_until_ready();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (mut random, served) = (random.fork(), Arc::clone(&served));
                move |gate: &Gate| {
                    for _ in 0..20 {
                        let key = random.i32(1..60);
                        let mut rows = b"kept:".to_vec();
                        let asked = gate.read(&LOOK_UP, [key.into(), 0, 0], &mut rows, number);
                        let expected: String =
                            (0..key % 10).map(|n| format!("{};", key * 10 + n)).collect();
                        match asked {
                            Ok(done) => {
                                served.fetch_add(1, Ordering::Relaxed);
                                assert_eq!(done.rows, u64::try_from(key % 10).unwrap());
                                let rows = String::from_utf8(rows).unwrap();
                                assert_eq!(rows, format!("kept:{expected}"));
                            }
                            Err(Error::ConnectionLost | Error::Unavailable | Error::Server(_)) => {}
                            Err(error) => panic!("{key}: {error}"),
                        }
                    }
                }
            })
            .collect();
        let outcomes = client.each(tasks);
        (0..50).for_each(|_| outcomes.next());
    }
}
