//! What customers write, that is reviews, questions and answers: each row with its photos on it,
//! and in the order of its table's primary key.
//!
//! Posts mostly come in the order of their ids, and then their photos are in memory when they
//! come by. A post out of that order is put aside, and follows at the end of the same COPY with
//! the others of its partition: any order costs one more write and read, and no more.

use super::albums::{Album, Albums};
use super::clean::Refusal;
use super::encode::Encoder;
use super::order::{Key, OrderedCopy};
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::source::{Ledger, Source};
use super::spill::{Spill, partition_of};
use anyhow::Context;
use std::time::Instant;

/// How posts of one kind are sent.
pub struct Table {
    /// The photos are last, so that a post can be encoded before they are known.
    pub copy: &'static str,
    pub columns: i16,
    /// Appends the columns of the photos.
    pub append_album: fn(&Album<'_>, &mut Encoder),
}

/// So many posts in a row beyond the partitions in memory show that the file has moved on.
const AHEAD_ROWS: u32 = 256;

/// Loads a file, of which `encode` appends a row's fields but for the photos; whether its rows
/// lie in the order of their keys.
///
/// # Errors
/// When the file cannot be read, the database refuses it, or there is no room for what is put
/// aside.
pub fn load(
    source: &mut Source,
    table: &Table,
    albums: &mut Albums,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
    mut encode: impl FnMut(&Row<'_>, &mut Repairs, &mut Encoder) -> Result<Key, Refusal>,
) -> anyhow::Result<bool> {
    let file = source.report.name;
    let started = Instant::now();
    let mut late = Spill::default();
    let mut window = Window::default();
    let mut encoder = Encoder::default();
    let mut in_order = true;
    let outcome = session.copy(table.copy, |copy| {
        let mut ordered = OrderedCopy::begin(copy, table.columns);
        source.each(ledger, |row, repairs| {
            encoder.bytes.clear();
            let key = encode(row, repairs, &mut encoder)?;
            let partition = partition_of(key.id);
            if !albums.any_in(partition) || window.admits(partition) {
                put(key, &encoder.bytes, table, albums, &mut ordered)?;
            } else {
                late.add(partition, |into| write_late(key, &encoder.bytes, into))?;
            }
            Ok(())
        })?;
        put_late(&late, table, albums, &mut ordered)?;
        in_order = ordered.finish()?;
        Ok(())
    });
    outcome.context(file)?;
    // With what was put aside, which the rows' own reading does not count.
    source.report.elapsed = started.elapsed();
    source.check_rejects(ledger)?;
    Ok(in_order)
}

fn put(
    key: Key,
    encoded: &[u8],
    table: &Table,
    albums: &mut Albums,
    ordered: &mut OrderedCopy<'_, '_>,
) -> anyhow::Result<()> {
    ordered.row(key, |to| {
        to.bytes.extend_from_slice(encoded);
        (table.append_album)(&albums.take(key.id)?, to);
        Ok(())
    })
}

fn write_late(key: Key, encoded: &[u8], into: &mut Vec<u8>) {
    key.write(into);
    into.extend_from_slice(&encoded.len().to_le_bytes());
    into.extend_from_slice(encoded);
}

/// The first of the posts put aside, which `items` then hold no more.
fn take_late<'a>(items: &mut &'a [u8]) -> Option<(Key, &'a [u8])> {
    let (key, rest) = Key::take(items)?;
    let (bytes, rest) = rest.split_first_chunk()?;
    let (encoded, rest) = rest.split_at_checked(usize::from_le_bytes(*bytes))?;
    *items = rest;
    Some((key, encoded))
}

/// Sends the posts that were put aside, partition by partition.
fn put_late(
    late: &Spill,
    table: &Table,
    albums: &mut Albums,
    ordered: &mut OrderedCopy<'_, '_>,
) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    for partition in 0..late.partitions() {
        let mut chunk = 0;
        while late.read(partition, chunk, &mut bytes)? {
            let mut items = &bytes[..];
            while let Some((key, encoded)) = take_late(&mut items) {
                put(key, encoded, table, albums, ordered)?;
            }
            chunk += 1;
            bytes.clear();
        }
    }
    Ok(())
}

/// The two neighbouring partitions whose photos are in memory. They only ever move up, so that no
/// order of the rows makes a partition be read over and over.
#[derive(Debug, Default)]
struct Window {
    high: Option<usize>,
    /// Posts beyond the window since the last one within.
    ahead: u32,
}

impl Window {
    /// Whether a post of this partition can have its photos now.
    fn admits(&mut self, partition: usize) -> bool {
        let Some(high) = self.high else {
            self.high = Some(partition);
            return true;
        };
        if partition > high + 1 {
            self.ahead += 1;
            if self.ahead < AHEAD_ROWS {
                return false;
            }
        }
        let within = partition + 1 >= high;
        if within {
            self.ahead = 0;
            self.high = Some(high.max(partition));
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_file_and_never_goes_back() {
        let mut window = Window::default();
        let admitted = [3, 3, 4, 3, 5, 4].map(|partition| window.admits(partition));
        assert_eq!(admitted, [true; 6]);
        assert!(!window.admits(3), "4 and 5 are in memory");
        assert!(!window.admits(7), "one post beyond shows nothing");
        assert!(window.admits(5));
        let beyond = (0..AHEAD_ROWS).filter(|_| window.admits(9)).count();
        assert_eq!(beyond, 1, "the file has moved on");
        assert!(window.admits(8) && window.admits(9) && !window.admits(5));
    }

    #[test]
    fn posts_put_aside_come_back() {
        let mut items = Vec::new();
        let key = |product_id, id| Key { product_id, question_id: 0, id };
        write_late(key(1, 2), b"first", &mut items);
        write_late(key(3, 4), b"", &mut items);
        let mut rest = &items[..];
        assert_eq!(take_late(&mut rest), Some((key(1, 2), &b"first"[..])));
        assert_eq!(take_late(&mut rest), Some((key(3, 4), &b""[..])));
        assert_eq!(take_late(&mut rest), None);
    }
}
