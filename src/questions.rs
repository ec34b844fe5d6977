//! Questions: list, add, and the two votes.

use crate::body::{self, Email, Integer, Text};
use crate::campus::Campus;
use crate::database::Database;
use crate::error::Failure;
use crate::http::{ContentType, Reply, Request, Status};
use crate::json;
use crate::params::QuestionList;
use crate::postgres::{BadRow, Row};
use crate::statements;
use serde::Deserialize;

const INVALID: Failure = Failure::BodyInvalid("Error: Question body contains invalid entries");
const UNKNOWN: &str = "Error: no question has this id";

/// `GET /qa/questions`.
///
/// # Errors
/// [`Failure`].
pub fn list(
    database: &Database,
    campus: Campus<'_>,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let QuestionList { product, page } =
        QuestionList::parse(request.query).ok_or(Failure::ProductInvalid)?;
    let (product_id, _) = campus.product(product.value);
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.extend_from_slice(b"{\"product_id\":\"");
    body.extend_from_slice(product.text.as_bytes());
    body.extend_from_slice(b"\",\"results\":[");
    let (key, rows_max) = page.key(product_id);
    let done = database.list(&statements::QUESTION_LIST, key, rows_max, body, list_row)?;
    if done.rows > 0 {
        // The last question's answers, and itself.
        body.extend_from_slice(b"}}");
    }
    body.extend_from_slice(b"]}");
    Ok(())
}

/// `POST /qa/questions`.
///
/// # Errors
/// [`Failure`].
pub fn add(
    database: &Database,
    campus: Campus<'_>,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let question: QuestionBody = body::parse(request.body).ok_or(INVALID)?;
    let product_id = i32::try_from(question.product_id.0).map_err(|_| INVALID)?;
    let (product_id, _) = campus.product(product_id);
    let added = database.write(&statements::QUESTION_ADD, |bind| {
        bind.int4(product_id);
        bind.text(&question.body.0);
        bind.text(&question.name.0);
        bind.text(&question.email.0);
    })?;
    if added.rows == 0 {
        return Err(INVALID);
    }
    reply.text(Status::CREATED, "Created");
    Ok(())
}

/// `PUT /qa/questions/:question_id/helpful`.
///
/// # Errors
/// [`Failure`].
pub fn helpful(database: &Database, question_id: i32, reply: &mut Reply) -> Result<(), Failure> {
    database.change(&statements::QUESTION_HELPFUL, question_id, UNKNOWN)?;
    reply.no_content("");
    Ok(())
}

/// `PUT /qa/questions/:question_id/report`.
///
/// # Errors
/// [`Failure`].
pub fn report(database: &Database, question_id: i32, reply: &mut Reply) -> Result<(), Failure> {
    database.change(&statements::QUESTION_REPORT, question_id, UNKNOWN)?;
    reply.no_content("");
    Ok(())
}

/// A question, or one of its answers, in the columns of `question_list.sql`. A question is followed
/// by its answers and left open, for the next of them or for whoever closes it.
///
/// # Errors
/// [`BadRow`] when they are others.
pub fn list_row(row: &mut Row<'_>, row_index: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    let question_id = row.int4()?;
    match row.int4_or_null()? {
        None => {
            if row_index > 0 {
                output.extend_from_slice(b"}},");
            }
            question(row, question_id, output)
        }
        // An answer without a question: the rows do not come as the statement has them.
        Some(_) if row_index == 0 => Err(BadRow),
        Some(answer_id) => {
            // The first one stands behind the brace that its question has left open.
            if output.last() != Some(&b'{') {
                output.push(b',');
            }
            answer(row, answer_id, output)
        }
    }
}

fn question(row: &mut Row<'_>, question_id: i32, output: &mut Vec<u8>) -> Result<(), BadRow> {
    output.extend_from_slice(b"{\"question_id\":");
    json::integer(output, question_id);
    output.extend_from_slice(b",\"question_body\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"question_date\":");
    json::date(output, row.timestamptz()?);
    output.extend_from_slice(b",\"asker_name\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"question_helpfulness\":");
    json::integer(output, row.int4()?);
    // Reported ones are not listed.
    output.extend_from_slice(b",\"reported\":false,\"answers\":{");
    Ok(())
}

fn answer(row: &mut Row<'_>, answer_id: i32, output: &mut Vec<u8>) -> Result<(), BadRow> {
    output.push(b'"');
    json::integer(output, answer_id);
    output.extend_from_slice(b"\":{\"id\":");
    json::integer(output, answer_id);
    output.extend_from_slice(b",\"body\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"date\":");
    json::date(output, row.timestamptz()?);
    output.extend_from_slice(b",\"answerer_name\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"helpfulness\":");
    json::integer(output, row.int4()?);
    // Addresses alone; in the list of answers they are objects.
    output.extend_from_slice(b",\"photos\":[");
    if let Some(mut urls) = row.array_or_null()? {
        let mut first = true;
        while let Some(url) = urls.text()? {
            if !std::mem::take(&mut first) {
                output.push(b',');
            }
            json::string(output, url);
        }
    }
    output.extend_from_slice(b"]}");
    Ok(())
}

/// The body of `POST /qa/questions` as pages send it; keys not named here are ignored.
#[derive(Deserialize)]
struct QuestionBody {
    product_id: Integer,
    body: Text,
    name: Text,
    email: Email,
}
