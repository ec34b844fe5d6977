//! characteristic_reviews.csv into `characteristic_reviews`, and into the sums of `review_meta`.
//! With four rows in five, it is the file whose speed counts.

use super::clean::{self, Refusal};
use super::encode::CopyStream;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout = Layout {
    file: "characteristic_reviews.csv",
    columns: &["id", "characteristic_id", "review_id", "value"],
};

const ID: usize = 0;
const CHARACTERISTIC_ID: usize = 1;
const REVIEW_ID: usize = 2;
const VALUE: usize = 3;

const COPY: &str = "copy characteristic_reviews \
    (product_id, review_id, characteristic_id, value) \
    from stdin (format binary, freeze)";

/// # Errors
/// When the file cannot be read or the database refuses it.
pub fn load(
    source: &mut Source,
    shop: &mut Shop<'_>,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    source.copy(ledger, session, COPY, |row, _, copy| take(row, shop, copy))
}

fn take(row: &Row<'_>, shop: &mut Shop<'_>, copy: &mut CopyStream<'_>) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    let characteristic_id = clean::id(row, CHARACTERISTIC_ID)?;
    let review_id = clean::id(row, REVIEW_ID)?;
    let value = clean::one_to_five(row, VALUE)?;
    let Some(characteristic) = shop.characteristic(characteristic_id) else {
        return Err(clean::orphan(CHARACTERISTIC_ID, "characteristic", characteristic_id));
    };
    let product_id = characteristic.product_id;
    if !shop.reviews.contains(review_id) {
        return Err(clean::orphan(REVIEW_ID, "review", review_id));
    }
    if !shop.characteristic_reviews.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    shop.add_value(characteristic_id, value)?;
    let to = copy.row(4)?;
    to.int(product_id);
    to.int(review_id);
    to.int(characteristic_id);
    to.smallint(value);
    Ok(())
}
