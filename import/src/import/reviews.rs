//! reviews.csv into `reviews`, each row with its photos on it as the reply prints them.

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
    file: "reviews.csv",
    columns: &[
        "id",
        "product_id",
        "rating",
        "date",
        "summary",
        "body",
        "recommend",
        "reported",
        "reviewer_name",
        "reviewer_email",
        "response",
        "helpfulness",
    ],
};

const ID: usize = 0;
const PRODUCT_ID: usize = 1;
const RATING: usize = 2;
const DATE: usize = 3;
const SUMMARY: usize = 4;
const BODY: usize = 5;
const RECOMMEND: usize = 6;
const REPORTED: usize = 7;
const REVIEWER_NAME: usize = 8;
const REVIEWER_EMAIL: usize = 9;
const RESPONSE: usize = 10;
const HELPFULNESS: usize = 11;

static TABLE: Table = Table {
    copy: "copy reviews \
        (date, product_id, review_id, helpfulness, rating, recommend, reported, \
        summary, body, reviewer_name, reviewer_email, response, photos) \
        from stdin (format binary, freeze)",
    columns: 13,
    append_album: |album, to| album.append_json(to),
};

/// Loads the file; whether its rows lie in the order of products and then of reviews.
///
/// # Errors
/// When the file cannot be read, the database refuses it, or there is no room for what is put
/// aside.
pub fn load(
    source: &mut Source,
    shop: &mut Shop<'_>,
    albums: &mut Albums,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<bool> {
    posts::load(source, &TABLE, albums, ledger, session, |row, repairs, to| {
        encode(row, shop, repairs, to)
    })
}

/// Encodes a review without its photos, and counts it.
fn encode(
    row: &Row<'_>,
    shop: &mut Shop<'_>,
    repairs: &mut Repairs,
    to: &mut Encoder,
) -> Result<Key, Refusal> {
    let id = clean::id(row, ID)?;
    let product_id = clean::id(row, PRODUCT_ID)?;
    let rating = clean::one_to_five(row, RATING)?;
    let date = clean::date(row, DATE)?;
    let recommend = clean::boolean(row, RECOMMEND)?;
    let reported = clean::boolean(row, REPORTED)?;
    if !shop.products.contains(product_id) {
        return Err(clean::orphan(PRODUCT_ID, "product", product_id));
    }
    if shop.reviews.contains(id) {
        return Err(clean::duplicate(ID, id));
    }
    shop.add_review(id, product_id, rating, recommend)?;
    to.timestamp(date);
    to.int(product_id);
    to.int(id);
    to.int(clean::helpfulness(row, HELPFULNESS, repairs));
    to.smallint(rating);
    to.boolean(recommend);
    to.boolean(reported);
    for column in [SUMMARY, BODY] {
        let text = clean::text(row.field(column), repairs);
        to.text_with(|to| clean::append(text, to, repairs));
    }
    for column in [REVIEWER_NAME, REVIEWER_EMAIL] {
        let text = clean::name(row.field(column), repairs);
        to.text_with(|to| clean::append(text, to, repairs));
    }
    clean::append_optional(row.field(RESPONSE), to, repairs);
    Ok(Key { product_id, question_id: 0, id })
}
