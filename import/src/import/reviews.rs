//! reviews.csv into `reviews`, each row with its photos on it.
//!
//! Reviews mostly come in the order of their ids, and then their photos are in memory when they
//! come by. A review out of that order is put aside, and follows at the end of the same COPY with
//! the others of its partition: any order costs one more write and read, and no more.

use super::clean::{self, Refusal};
use super::encode::{CopyStream, Encoder};
use super::photos::Photos;
use super::repairs::Repairs;
use super::rows::Row;
use super::shop::Shop;
use super::source::{self, Layout, Ledger, Source};
use super::spill::{Spill, partition_of};
use crate::Loader;
use anyhow::Context;
use std::time::Instant;

pub static LAYOUT: Layout = Layout {
    file: "reviews.csv",
    columns: &[
        "id",
        "product_id",
        "rating",
        "date",
        "summary",
        "body",
        "recommend",
        "reported",
        "reviewer_name",
        "reviewer_email",
        "response",
        "helpfulness",
    ],
};

const ID: usize = 0;
const PRODUCT_ID: usize = 1;
const RATING: usize = 2;
const DATE: usize = 3;
const SUMMARY: usize = 4;
const BODY: usize = 5;
const RECOMMEND: usize = 6;
const REPORTED: usize = 7;
const REVIEWER_NAME: usize = 8;
const REVIEWER_EMAIL: usize = 9;
const RESPONSE: usize = 10;
const HELPFULNESS: usize = 11;

/// The photos are last, so that a review can be encoded before they are known.
const COPY: &str = "copy reviews \
    (date, product_id, review_id, helpfulness, rating, recommend, reported, \
    summary, body, reviewer_name, reviewer_email, response, photos) \
    from stdin (format binary, freeze)";

/// So many reviews in a row beyond the partitions in memory show that the file has moved on.
const AHEAD_ROWS: u32 = 256;

/// Loads the file; whether its rows lie in the order of products and then of reviews.
///
/// # Errors
/// When the file cannot be read, the database refuses it, or there is no room for what is put
/// aside.
pub fn load(
    source: &mut Source,
    shop: &mut Shop,
    photos: &mut Photos,
    ledger: &mut Ledger,
    loader: &mut dyn Loader,
) -> anyhow::Result<bool> {
    let started = Instant::now();
    let mut order = Order { last: (0, 0), kept: true };
    let mut late = Spill::default();
    let mut window = Window::default();
    let mut encoder = Encoder::default();
    source::copy(loader, COPY, |copy| {
        source.each(ledger, |row, repairs| {
            let key = encode(row, shop, repairs, &mut encoder)?;
            let partition = partition_of(key.1);
            if window.admits(partition) {
                put(key, &encoder.bytes, photos, &mut order, copy)?;
            } else {
                late.add(partition, |into| write_late(key, &encoder.bytes, into))?;
            }
            Ok(())
        })?;
        put_late(&late, photos, &mut order, copy)
    })
    .context(LAYOUT.file)?;
    // With what was put aside, which the rows' own reading does not count.
    source.report.elapsed = started.elapsed();
    source.check_rejects(ledger)?;
    Ok(order.kept)
}

/// A review's product and its own id.
type Key = (i32, i32);

/// Encodes a review without its photos, and counts it.
fn encode(
    row: &Row<'_>,
    shop: &mut Shop,
    repairs: &mut Repairs,
    to: &mut Encoder,
) -> Result<Key, Refusal> {
    let id = clean::id(row, ID)?;
    let product_id = clean::id(row, PRODUCT_ID)?;
    let rating = clean::one_to_five(row, RATING)?;
    let date = clean::date(row, DATE)?;
    let recommend = clean::boolean(row, RECOMMEND)?;
    let reported = clean::boolean(row, REPORTED)?;
    if !shop.products.contains(product_id) {
        return Err(clean::orphan(PRODUCT_ID, "product", product_id));
    }
    if shop.reviews.contains(id) {
        return Err(clean::duplicate(ID, id));
    }
    shop.add_review(id, product_id, rating, recommend)?;
    to.bytes.clear();
    to.timestamp(date);
    to.int(product_id);
    to.int(id);
    to.int(clean::helpfulness(row, HELPFULNESS, repairs));
    to.smallint(rating);
    to.boolean(recommend);
    to.boolean(reported);
    for column in [SUMMARY, BODY] {
        let text = clean::text(row.field(column), repairs);
        to.text_with(|to| clean::append(text, to, repairs));
    }
    for column in [REVIEWER_NAME, REVIEWER_EMAIL] {
        let text = clean::name(row.field(column), repairs);
        to.text_with(|to| clean::append(text, to, repairs));
    }
    match clean::optional_text(row.field(RESPONSE)) {
        Some(text) => to.text_with(|to| clean::append(text, to, repairs)),
        None => to.null(),
    }
    Ok((product_id, id))
}

fn put(
    key: Key,
    encoded: &[u8],
    photos: &mut Photos,
    order: &mut Order,
    copy: &mut CopyStream<'_>,
) -> anyhow::Result<()> {
    order.kept &= order.last < key;
    order.last = key;
    let to = copy.row(13)?;
    to.bytes.extend_from_slice(encoded);
    photos.field(key.1, to)
}

/// The order in which rows were sent.
struct Order {
    last: Key,
    kept: bool,
}

fn write_late(key: Key, encoded: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&key.0.to_le_bytes());
    into.extend_from_slice(&key.1.to_le_bytes());
    into.extend_from_slice(&encoded.len().to_le_bytes());
    into.extend_from_slice(encoded);
}

/// The first of the reviews put aside, which `items` then hold no more.
fn take_late<'a>(items: &mut &'a [u8]) -> Option<(Key, &'a [u8])> {
    let (product_id, rest) = items.split_first_chunk()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (bytes, rest) = rest.split_first_chunk()?;
    let (encoded, rest) = rest.split_at_checked(usize::from_le_bytes(*bytes))?;
    *items = rest;
    Some(((i32::from_le_bytes(*product_id), i32::from_le_bytes(*id)), encoded))
}

/// Sends the reviews that were put aside, partition by partition.
fn put_late(
    late: &Spill,
    photos: &mut Photos,
    order: &mut Order,
    copy: &mut CopyStream<'_>,
) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    for partition in 0..late.partitions() {
        let mut chunk = 0;
        while late.read(partition, chunk, &mut bytes)? {
            let mut items = &bytes[..];
            while let Some((key, encoded)) = take_late(&mut items) {
                put(key, encoded, photos, order, copy)?;
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
    /// Reviews beyond the window since the last one within.
    ahead: u32,
}

impl Window {
    /// Whether a review of this partition can have its photos now.
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
        assert!(!window.admits(7), "one review beyond shows nothing");
        assert!(window.admits(5));
        let beyond = (0..AHEAD_ROWS).filter(|_| window.admits(9)).count();
        assert_eq!(beyond, 1, "the file has moved on");
        assert!(window.admits(8) && window.admits(9) && !window.admits(5));
    }

    #[test]
    fn reviews_put_aside_come_back() {
        let mut items = Vec::new();
        write_late((1, 2), b"first", &mut items);
        write_late((3, 4), b"", &mut items);
        let mut rest = &items[..];
        assert_eq!(take_late(&mut rest), Some(((1, 2), &b"first"[..])));
        assert_eq!(take_late(&mut rest), Some(((3, 4), &b""[..])));
        assert_eq!(take_late(&mut rest), None);
    }
}
