//! product.csv into `products`.

use super::clean::{self, Refusal};
use super::encode::CopyStream;
use super::index::IdSet;
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout = Layout {
    file: "product.csv",
    columns: &["id", "name", "slogan", "description", "category", "default_price"],
};

const ID: usize = 0;
const NAME: usize = 1;
const SLOGAN: usize = 2;
const DESCRIPTION: usize = 3;
const CATEGORY: usize = 4;
const DEFAULT_PRICE: usize = 5;

const COPY: &str = "copy products \
    (product_id, default_price_cents, name, slogan, description, category) \
    from stdin (format binary, freeze)";

/// # Errors
/// When the file cannot be read or the database refuses it.
pub fn load(
    source: &mut Source,
    products: &mut IdSet,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    source.copy(ledger, session, COPY, |row, repairs, copy| take(row, products, repairs, copy))
}

fn take(
    row: &Row<'_>,
    products: &mut IdSet,
    repairs: &mut Repairs,
    copy: &mut CopyStream<'_>,
) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    if !products.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(6)?;
    to.int(id);
    match clean::cents(row.field(DEFAULT_PRICE), repairs) {
        Some(cents) => to.bigint(cents),
        None => to.null(),
    }
    let name = clean::name(row.field(NAME), repairs);
    to.text_with(|to| clean::append(name, to, repairs));
    for column in [SLOGAN, DESCRIPTION, CATEGORY] {
        let text = clean::text(row.field(column), repairs);
        to.text_with(|to| clean::append(text, to, repairs));
    }
    Ok(())
}
