//! cart.csv into `legacy_carts`. The first generation of the service wrote it and no request
//! reads it, so that a set without the file is whole.

use super::clean::{self, Refusal};
use super::encode::CopyStream;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout =
    Layout { file: "cart.csv", columns: &["id", "user_session", "product_id", "active"] };

const ID: usize = 0;
const USER_SESSION: usize = 1;
const PRODUCT_ID: usize = 2;
const ACTIVE: usize = 3;

const COPY: &str = "copy legacy_carts (product_id, cart_id, user_session, active) \
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
    let user_session = clean::number(row, USER_SESSION)?;
    let product_id = clean::id(row, PRODUCT_ID)?;
    let active = clean::boolean(row, ACTIVE)?;
    if !shop.products.contains(product_id) {
        return Err(clean::orphan(PRODUCT_ID, "product", product_id));
    }
    if !shop.carts.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(4)?;
    to.int(product_id);
    to.int(id);
    to.int(user_session);
    to.boolean(active);
    Ok(())
}
