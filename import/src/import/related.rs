//! related.csv into `related_products`. The same pair may come more than once, as it did in the
//! original's replies.

use super::clean::{self, Refusal};
use super::encode::CopyStream;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout =
    Layout { file: "related.csv", columns: &["id", "current_product_id", "related_product_id"] };

const ID: usize = 0;
const CURRENT_PRODUCT_ID: usize = 1;
const RELATED_PRODUCT_ID: usize = 2;

const COPY: &str = "copy related_products (product_id, related_id, related_product_id) \
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
    let product_id = product(row, CURRENT_PRODUCT_ID, shop)?;
    let related_product_id = product(row, RELATED_PRODUCT_ID, shop)?;
    if !shop.related.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(3)?;
    to.int(product_id);
    to.int(id);
    to.int(related_product_id);
    Ok(())
}

/// A product that there is. The real file has a 0 here and there, which is no broken number.
fn product(row: &Row<'_>, column: usize, shop: &Shop<'_>) -> Result<i32, Refusal> {
    if row.field(column).bytes.trim_ascii() == b"0" {
        return Err(Refusal::Row { column, reason: "0 names no product".to_owned() });
    }
    let id = clean::id(row, column)?;
    if !shop.products.contains(id) {
        return Err(clean::orphan(column, "product", id));
    }
    Ok(id)
}
