//! styles.csv into `styles`.

use super::clean::{self, Refusal};
use super::encode::{CopyStream, Encoder};
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout = Layout {
    file: "styles.csv",
    columns: &["id", "productId", "name", "sale_price", "original_price", "default_style"],
};

const ID: usize = 0;
const PRODUCT_ID: usize = 1;
const NAME: usize = 2;
const SALE_PRICE: usize = 3;
const ORIGINAL_PRICE: usize = 4;
const DEFAULT_STYLE: usize = 5;

const COPY: &str = "copy styles \
    (original_price_cents, sale_price_cents, product_id, style_id, is_default, name) \
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
    let product_id = clean::id(row, PRODUCT_ID)?;
    let is_default = clean::boolean(row, DEFAULT_STYLE)?;
    if !shop.products.contains(product_id) {
        return Err(clean::orphan(PRODUCT_ID, "product", product_id));
    }
    if !shop.styles.insert(id, product_id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(6)?;
    for column in [ORIGINAL_PRICE, SALE_PRICE] {
        to.nullable(clean::cents(row.field(column), repairs), Encoder::bigint);
    }
    to.int(product_id);
    to.int(id);
    to.boolean(is_default);
    let name = clean::name(row.field(NAME), repairs);
    to.text_with(|to| clean::append(name, to, repairs));
    Ok(())
}
