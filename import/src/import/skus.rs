//! skus.csv into `skus`, the largest of the catalogue's files. In no particular order: requests
//! read what is rendered from them.

use super::clean::{self, Refusal};
use super::encode::{CopyStream, Encoder};
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout =
    Layout { file: "skus.csv", columns: &["id", "styleId", "size", "quantity"] };

const ID: usize = 0;
const STYLE_ID: usize = 1;
const SIZE: usize = 2;
const QUANTITY: usize = 3;

const COPY: &str = "copy skus (product_id, style_id, sku_id, quantity, size) \
    from stdin (format binary, freeze)";

/// # Errors
/// When the file cannot be read or the database refuses it.
pub fn load(
    source: &mut Source,
    shop: &mut Shop<'_>,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    source.copy(ledger, session, COPY, |row, repairs, copy| take(row, shop, repairs, copy))
}

fn take(
    row: &Row<'_>,
    shop: &mut Shop<'_>,
    repairs: &mut Repairs,
    copy: &mut CopyStream<'_>,
) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    let style_id = clean::id(row, STYLE_ID)?;
    let Some(product_id) = shop.styles.get(style_id) else {
        return Err(clean::orphan(STYLE_ID, "style", style_id));
    };
    if !shop.skus.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(5)?;
    to.int(product_id);
    to.int(style_id);
    to.int(id);
    to.nullable(clean::quantity(row.field(QUANTITY), repairs), Encoder::int);
    clean::append_optional(row.field(SIZE), to, repairs);
    Ok(())
}
