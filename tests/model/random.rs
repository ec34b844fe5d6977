//! Random sets: few products with much that collides.

use super::campus::Campus;
use super::rows::{
    Cart, Characteristic, Feature, Photo, Post, Product, Related, Review, Rows, Set, Sku, Style,
    StylePhoto, Value,
};
use super::text;
use fastrand::Rng;
use std::collections::BTreeSet;

/// The few values that rows of one set have, so that many are equal.
struct Pool {
    dates_ms: Vec<i64>,
    /// From this on, and so many more.
    helpfulness: (i64, i64),
    /// What the ids of posts are multiples of: importers put rows aside by ranges of ids.
    spread: i64,
}

pub fn set(random: &mut Rng) -> Set {
    let spread = [1, 1, 7, 40_000][random.usize(..4)];
    let dates = [
        1_596_080_481_467,
        1_596_080_481_468,
        1_582_934_400_000,
        951_782_400_000,
        4_102_444_799_999,
        1_546_300_800_000,
    ];
    let dates_ms = random.choose_multiple(dates, 3);
    let first = if random.u8(..8) == 0 { i64::from(i32::MAX) - 4 } else { 0 };
    let pool = Pool { dates_ms, helpfulness: (first, random.i64(1..4)), spread };
    let mut set = Set::default();
    catalogue(random, &mut set);
    reviews(random, &pool, &mut set);
    let products = ids(&set.products);
    let count = random.usize(..=30);
    set.questions = table(random, count, spread, |random| post(random, &pool, &products));
    let questions = ids(&set.questions);
    let count = random.usize(..=30);
    set.answers = table(random, count, spread, |random| post(random, &pool, &questions));
    let answers = ids(&set.answers);
    let count = random.usize(..=20);
    set.answer_photos = table(random, count, 1, |random| photo(random, &answers));
    set
}

fn catalogue(random: &mut Rng, set: &mut Set) {
    let count = random.usize(1..=12).min(random.usize(1..=12));
    set.products = table(random, count, 1, |random| Product {
        name: text::any(random),
        slogan: text::any(random),
        description: text::any(random),
        category: text::any(random),
        price_cents: cents(random),
    });
    for (id, _) in &mut set.products {
        // Beyond a campus's products, and in a block of another's.
        *id = match random.u8(..12) {
            0 => 1_010 + *id % 4,
            1 => Campus::random_id(random, *id),
            2 => 2_000_000_000 - *id,
            _ => *id,
        };
    }
    let products = ids(&set.products);
    let count = random.usize(..=5 * products.len());
    set.features = table(random, count, 1, |random| Feature {
        product_id: parent(random, &products),
        feature: text::optional(random),
        value: text::optional(random),
    });
    let count = random.usize(..=5 * products.len());
    set.related = table(random, count, 1, |random| Related {
        product_id: parent(random, &products),
        related_product_id: if random.u8(..10) == 0 { 0 } else { parent(random, &products) },
    });
    set.carts = table(random, 3, 1, |random| Cart { product_id: parent(random, &products) });
    let count = random.usize(..=3 * products.len());
    set.styles = table(random, count, 1, |random| Style {
        product_id: parent(random, &products),
        name: text::any(random),
        sale_cents: cents(random),
        price_cents: cents(random),
        is_default: random.bool(),
    });
    let styles = ids(&set.styles);
    let count = random.usize(..=4 * styles.len());
    set.style_photos = table(random, count, 1, |random| StylePhoto {
        style_id: parent(random, &styles),
        url: style_url(random),
        thumbnail_url: style_url(random),
    });
    let count = random.usize(..=2 * styles.len());
    set.skus = table(random, count, 1, |random| Sku {
        style_id: parent(random, &styles),
        size: text::optional(random),
        quantity: random.bool().then(|| random.i64(0..30)),
    });
}

fn reviews(random: &mut Rng, pool: &Pool, set: &mut Set) {
    let products = ids(&set.products);
    let count = random.usize(..=30);
    set.reviews = table(random, count, pool.spread, |random| Review {
        product_id: parent(random, &products),
        rating: if random.u8(..16) == 0 { 9 } else { random.i64(1..=5) },
        date_ms: pool.date_ms(random),
        summary: text::any(random),
        body: text::any(random),
        recommend: random.bool(),
        reported: random.u8(..5) == 0,
        name: text::any(random),
        response: text::optional(random),
        helpfulness: pool.helpfulness(random),
    });
    let reviews = ids(&set.reviews);
    let count = random.usize(..=20);
    set.review_photos = table(random, count, 1, |random| photo(random, &reviews));
    let names = ["Fit", "Length", "Comfort", "Quality", "Size", "Width", "\"odd\"\\\n"];
    let count = random.usize(..=3 * products.len());
    set.characteristics = table(random, count, 1, |random| Characteristic {
        product_id: parent(random, &products),
        name: random.choice(names).unwrap().to_owned(),
    });
    // A reply has them by name.
    let mut known = BTreeSet::new();
    set.characteristics.retain(|(_, it)| known.insert((it.product_id, it.name.clone())));
    let characteristics = ids(&set.characteristics);
    let count = random.usize(..=60);
    set.values = table(random, count, 1, |random| Value {
        characteristic_id: parent(random, &characteristics),
        review_id: parent(random, &reviews),
        value: if random.u8(..16) == 0 { 0 } else { random.i64(1..=5) },
    });
}

impl Pool {
    fn date_ms(&self, random: &mut Rng) -> i64 {
        self.dates_ms[random.usize(..self.dates_ms.len())]
    }

    fn helpfulness(&self, random: &mut Rng) -> i64 {
        let (first, more) = self.helpfulness;
        first + random.i64(0..=more)
    }
}

fn cents(random: &mut Rng) -> Option<i64> {
    let cents = [0, 5, 14_000, 6_950, 99, 123_456_789][random.usize(..6)];
    random.bool().then_some(cents)
}

fn photo(random: &mut Rng, posts: &[i64]) -> Photo {
    let url = if random.bool() { "https://images.example/?w=1&q=80" } else { "uhttps://b" };
    let url = if random.bool() { url.to_owned() } else { text::some(random) };
    Photo { post_id: parent(random, posts), url }
}

/// An address of a photo of a style, on one line, since lines may lack their last quote.
fn style_url(random: &mut Rng) -> Option<String> {
    let odd = text::some(random).replace(['\r', '\n'], "");
    match random.u8(..4) {
        0 => None,
        1 => Some(odd),
        2 => Some("é '\\b\t😀q=80".to_owned()),
        _ => Some("https://a?w=300&q=80".to_owned()),
    }
}

fn post(random: &mut Rng, pool: &Pool, parents: &[i64]) -> Post {
    Post {
        parent_id: parent(random, parents),
        body: text::any(random),
        date_ms: pool.date_ms(random),
        name: text::any(random),
        reported: random.u8(..5) == 0,
        helpfulness: pool.helpfulness(random),
    }
}

fn ids<R>(rows: &Rows<R>) -> Vec<i64> {
    rows.iter().map(|(id, _)| *id).collect()
}

/// One of the rows, the first ones more often than others, or now and then none.
fn parent(random: &mut Rng, ids: &[i64]) -> i64 {
    if ids.is_empty() || random.u8(..16) == 0 {
        return [0, 31, 999_999, 2_000_000_000][random.usize(..4)];
    }
    ids[random.usize(..ids.len()).min(random.usize(..ids.len()))]
}

/// So many rows with ids of their own, with gaps, and some more with an id of another row or with
/// none; in the order of their ids or in any.
fn table<R>(
    random: &mut Rng,
    count: usize,
    spread: i64,
    mut make: impl FnMut(&mut Rng) -> R,
) -> Rows<R> {
    let last = i64::try_from(2 * count).unwrap();
    let mut rows: Rows<R> = random
        .choose_multiple(1..=last, count)
        .into_iter()
        .map(|id| (id * spread, make(random)))
        .collect();
    rows.sort_by_key(|(id, _)| *id);
    for _ in 0..count / 8 {
        let id = if random.u8(..8) == 0 { 0 } else { rows[random.usize(..count)].0 };
        rows.push((id, make(random)));
    }
    if random.u8(..4) > 0 {
        random.shuffle(&mut rows);
    }
    rows
}
