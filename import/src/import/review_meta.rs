//! `review_meta` out of what was counted while the files went by: one row for every product, with
//! reviews or without, in the order of their ids.

use super::encode::CopyStream;
use super::session::Session;
use super::shop::{Characteristic, Shop};
use anyhow::Context;

const COPY: &str = "copy review_meta \
    (product_id, rating_1, rating_2, rating_3, rating_4, rating_5, \
    recommend_false, recommend_true, characteristic_ids, characteristic_names, \
    characteristic_sums, characteristic_counts) \
    from stdin (format binary, freeze)";

/// # Errors
/// When the database refuses the rows.
pub fn load(shop: &Shop<'_>, session: &mut Session<'_>) -> anyhow::Result<()> {
    let pairs = shop.characteristics_by_product();
    session
        .copy(COPY, |copy| {
            let mut rest = &pairs[..];
            for product_id in shop.products.iter() {
                let count = rest.iter().take_while(|(product, _)| *product == product_id).count();
                let (of_product, others) = rest.split_at(count);
                rest = others;
                put(shop, product_id, of_product, copy)?;
            }
            Ok(())
        })
        .context("review_meta")
}

fn put(
    shop: &Shop<'_>,
    product_id: i32,
    characteristics: &[(i32, i32)],
    copy: &mut CopyStream<'_>,
) -> anyhow::Result<()> {
    let tally = shop.tally(product_id);
    let to = copy.row(12)?;
    to.int(product_id);
    for count in tally.ratings.into_iter().chain(tally.recommend) {
        to.int(fitted(count));
    }
    let found = |(_, id): &(i32, i32)| shop.characteristic(*id).copied().unwrap_or_default();
    let of_each = || characteristics.iter().map(found);
    to.int_array(characteristics.iter().map(|(_, id)| *id));
    to.text_array(of_each().map(|Characteristic { name, .. }| shop.name(name)));
    to.int_array(of_each().map(|Characteristic { sum, .. }| fitted(sum)));
    to.int_array(of_each().map(|Characteristic { count, .. }| fitted(count)));
    Ok(())
}

/// Counts are of rows with different ids, which are `i32`, and sums were checked: both fit.
fn fitted(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
