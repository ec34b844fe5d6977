//! questions.csv into `questions`.

use super::albums::Albums;
use super::clean::{self, Refusal};
use super::encode::Encoder;
use super::order::Key;
use super::posts::{self, Table};
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout = Layout {
    file: "questions.csv",
    columns: &[
        "id",
        "product_id",
        "body",
        "date_written",
        "asker_name",
        "asker_email",
        "reported",
        "helpful",
    ],
};

const ID: usize = 0;
const PRODUCT_ID: usize = 1;
const BODY: usize = 2;
const DATE_WRITTEN: usize = 3;
const ASKER_NAME: usize = 4;
const ASKER_EMAIL: usize = 5;
const REPORTED: usize = 6;
const HELPFUL: usize = 7;

static TABLE: Table = Table {
    copy: "copy questions \
        (date, product_id, question_id, helpfulness, reported, body, asker_name, asker_email) \
        from stdin (format binary, freeze)",
    columns: 8,
    // A question has no photos.
    append_album: |_, _| {},
};

/// Loads the file; whether its rows lie in the order of products and then of questions.
///
/// # Errors
/// When the file cannot be read or the database refuses it.
pub fn load(
    source: &mut Source,
    shop: &mut Shop<'_>,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<bool> {
    let mut albums = Albums::default();
    posts::load(source, &TABLE, &mut albums, ledger, session, |row, repairs, to| {
        encode(row, shop, repairs, to)
    })
}

fn encode(
    row: &Row<'_>,
    shop: &mut Shop<'_>,
    repairs: &mut Repairs,
    to: &mut Encoder,
) -> Result<Key, Refusal> {
    let id = clean::id(row, ID)?;
    let product_id = clean::id(row, PRODUCT_ID)?;
    let date = clean::date(row, DATE_WRITTEN)?;
    let reported = clean::boolean(row, REPORTED)?;
    if !shop.products.contains(product_id) {
        return Err(clean::orphan(PRODUCT_ID, "product", product_id));
    }
    if !shop.questions.insert(id, product_id)? {
        return Err(clean::duplicate(ID, id));
    }
    to.timestamp(date);
    to.int(product_id);
    to.int(id);
    to.int(clean::helpfulness(row, HELPFUL, repairs));
    to.boolean(reported);
    let body = clean::text(row.field(BODY), repairs);
    to.text_with(|to| clean::append(body, to, repairs));
    for column in [ASKER_NAME, ASKER_EMAIL] {
        let text = clean::name(row.field(column), repairs);
        to.text_with(|to| clean::append(text, to, repairs));
    }
    Ok(Key { product_id, question_id: 0, id })
}
