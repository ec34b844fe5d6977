//! characteristics.csv into `characteristics`.

use super::clean::{self, Refusal};
use super::encode::CopyStream;
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout =
    Layout { file: "characteristics.csv", columns: &["id", "product_id", "name"] };

const ID: usize = 0;
const PRODUCT_ID: usize = 1;
const NAME: usize = 2;

const COPY: &str = "copy characteristics (product_id, characteristic_id, name) \
    from stdin (format binary, freeze)";

/// # Errors
/// When the file cannot be read or the database refuses it.
pub fn load(
    source: &mut Source,
    shop: &mut Shop<'_>,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let mut name = Vec::new();
    source
        .copy(ledger, session, COPY, |row, repairs, copy| take(row, shop, repairs, copy, &mut name))
}

fn take(
    row: &Row<'_>,
    shop: &mut Shop<'_>,
    repairs: &mut Repairs,
    copy: &mut CopyStream<'_>,
    name: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    let product_id = clean::id(row, PRODUCT_ID)?;
    if !shop.products.contains(product_id) {
        return Err(clean::orphan(PRODUCT_ID, "product", product_id));
    }
    if shop.characteristic(id).is_some() {
        return Err(clean::duplicate(ID, id));
    }
    name.clear();
    clean::append(clean::name(row.field(NAME), repairs), name, repairs);
    shop.add_characteristic(id, product_id, name)?;
    let to = copy.row(3)?;
    to.int(product_id);
    to.int(id);
    to.text(name);
    Ok(())
}
