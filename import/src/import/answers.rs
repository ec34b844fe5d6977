//! answers.csv into `answers`, each row with its photos on it as two arrays, and with the product
//! of its question.

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
    file: "answers.csv",
    columns: &[
        "id",
        "question_id",
        "body",
        "date_written",
        "answerer_name",
        "answerer_email",
        "reported",
        "helpful",
    ],
};

const ID: usize = 0;
const QUESTION_ID: usize = 1;
const BODY: usize = 2;
const DATE_WRITTEN: usize = 3;
const ANSWERER_NAME: usize = 4;
const ANSWERER_EMAIL: usize = 5;
const REPORTED: usize = 6;
const HELPFUL: usize = 7;

static TABLE: Table = Table {
    copy: "copy answers \
        (date, product_id, question_id, answer_id, helpfulness, reported, \
        body, answerer_name, answerer_email, photo_ids, photo_urls) \
        from stdin (format binary, freeze)",
    columns: 11,
    append_album: |album, to| album.append_arrays(to),
};

/// Loads the file; whether its rows lie in the order of products, of questions and of answers.
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

/// Encodes an answer without its photos.
fn encode(
    row: &Row<'_>,
    shop: &mut Shop<'_>,
    repairs: &mut Repairs,
    to: &mut Encoder,
) -> Result<Key, Refusal> {
    let id = clean::id(row, ID)?;
    let question_id = clean::id(row, QUESTION_ID)?;
    let date = clean::date(row, DATE_WRITTEN)?;
    let reported = clean::boolean(row, REPORTED)?;
    let Some(product_id) = shop.questions.get(question_id) else {
        return Err(clean::orphan(QUESTION_ID, "question", question_id));
    };
    if !shop.answers.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    to.timestamp(date);
    to.int(product_id);
    to.int(question_id);
    to.int(id);
    to.int(clean::helpfulness(row, HELPFUL, repairs));
    to.boolean(reported);
    let body = clean::text(row.field(BODY), repairs);
    to.text_with(|to| clean::append(body, to, repairs));
    for column in [ANSWERER_NAME, ANSWERER_EMAIL] {
        let text = clean::name(row.field(column), repairs);
        to.text_with(|to| clean::append(text, to, repairs));
    }
    Ok(Key { product_id, question_id, id })
}
