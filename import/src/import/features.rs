//! features.csv into `features`.

use super::clean::{self, Refusal};
use super::encode::CopyStream;
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout =
    Layout { file: "features.csv", columns: &["id", "product_id", "feature", "value"] };

const ID: usize = 0;
const PRODUCT_ID: usize = 1;
const FEATURE: usize = 2;
const VALUE: usize = 3;

const COPY: &str = "copy features (product_id, feature_id, feature, value) \
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
    if !shop.products.contains(product_id) {
        return Err(clean::orphan(PRODUCT_ID, "product", product_id));
    }
    if !shop.features.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(4)?;
    to.int(product_id);
    to.int(id);
    for column in [FEATURE, VALUE] {
        clean::append_optional(row.field(column), to, repairs);
    }
    Ok(())
}
