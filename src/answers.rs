//! Answers: list, add, and the two votes.

use crate::body::{self, Email, Text};
use crate::database::Database;
use crate::error::Failure;
use crate::http::{ContentType, Reply, Request, Status};
use crate::json;
use crate::params::{AnswerList, ProductId};
use crate::postgres::{BadRow, Row};
use crate::statements;
use serde::Deserialize;

const INVALID: Failure = Failure::BodyInvalid("Error: Answer body contains invalid entries");
const QUESTION_UNKNOWN: Failure = Failure::IdUnknown("Error: no question has this id");
const UNKNOWN: &str = "Error: no answer has this id";

/// Photos that one answer may show; pages allow five.
const PHOTOS_MAX: usize = 64;

/// `GET /qa/questions/:question_id/answers`. A question that is not known has no answers, as the
/// original had it; what is no id at all is not found.
///
/// # Errors
/// [`Failure`].
pub fn list(
    database: &Database,
    segment: &str,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    // An id is read like a product's, and belongs to no campus.
    let question = ProductId::of_path(segment).ok_or(QUESTION_UNKNOWN)?;
    let AnswerList { page, page_text, count_text } = AnswerList::parse(request.query);
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.extend_from_slice(b"{\"question\":\"");
    body.extend_from_slice(question.text.as_bytes());
    body.extend_from_slice(b"\",\"page\":");
    // The original echoed what it was sent, and printed its own numbers where it was sent nothing.
    echo(body, page_text.as_deref(), 1);
    body.extend_from_slice(b",\"count\":");
    echo(body, count_text.as_deref(), page.count);
    body.extend_from_slice(b",\"results\":[");
    let (key, rows_max) = page.key(question.value);
    database.list(&statements::ANSWER_LIST, key, rows_max, body, list_row)?;
    body.extend_from_slice(b"]}");
    Ok(())
}

/// `POST /qa/questions/:question_id/answers`.
///
/// # Errors
/// [`Failure`].
pub fn add(
    database: &Database,
    question_id: i32,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let answer: AnswerBody = body::parse(request.body).ok_or(INVALID)?;
    let photos = answer.photos.unwrap_or_default();
    if photos.len() > PHOTOS_MAX {
        return Err(INVALID);
    }
    let added = database.write(&statements::ANSWER_ADD, |bind| {
        bind.int4(question_id);
        bind.text(&answer.body.0);
        bind.text(&answer.name.0);
        bind.text(&answer.email.0);
        bind.text_array(photos.iter().map(|Text(url)| url.as_str()));
    })?;
    if added.rows == 0 {
        return Err(QUESTION_UNKNOWN);
    }
    reply.text(Status::CREATED, "Created");
    Ok(())
}

/// `PUT /qa/answers/:answer_id/helpful`.
///
/// # Errors
/// [`Failure`].
pub fn helpful(database: &Database, answer_id: i32, reply: &mut Reply) -> Result<(), Failure> {
    database.change(&statements::ANSWER_HELPFUL, answer_id, UNKNOWN)?;
    reply.no_content("");
    Ok(())
}

/// `PUT /qa/answers/:answer_id/report`.
///
/// # Errors
/// [`Failure`].
pub fn report(database: &Database, answer_id: i32, reply: &mut Reply) -> Result<(), Failure> {
    database.change(&statements::ANSWER_REPORT, answer_id, UNKNOWN)?;
    reply.no_content("");
    Ok(())
}

/// A parameter as a string when it was sent, else its default as a number.
fn echo(output: &mut Vec<u8>, sent: Option<&str>, default: i64) {
    match sent {
        Some(text) => json::string(output, text.as_bytes()),
        None => json::integer(output, default),
    }
}

/// One answer of a list, in the columns of `answer_list.sql`.
///
/// # Errors
/// [`BadRow`] when they are others.
pub fn list_row(row: &mut Row<'_>, row_index: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    if row_index > 0 {
        output.push(b',');
    }
    output.extend_from_slice(b"{\"answer_id\":");
    json::integer(output, row.int4()?);
    output.extend_from_slice(b",\"body\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"date\":");
    json::date(output, row.timestamptz()?);
    output.extend_from_slice(b",\"answerer_name\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"helpfulness\":");
    json::integer(output, row.int4()?);
    output.extend_from_slice(b",\"photos\":[");
    let (ids, urls) = (row.array_or_null()?, row.array_or_null()?);
    if let (Some(mut ids), Some(mut urls)) = (ids, urls) {
        let mut first = true;
        while let (Some(id), Some(url)) = (ids.int4()?, urls.text()?) {
            let lead: &[u8] = if std::mem::take(&mut first) { b"{\"id\":" } else { b",{\"id\":" };
            output.extend_from_slice(lead);
            json::integer(output, id);
            output.extend_from_slice(b",\"url\":");
            json::string(output, url);
            output.push(b'}');
        }
    }
    output.extend_from_slice(b"]}");
    Ok(())
}

/// The body of a new answer as pages send it; keys not named here are ignored.
#[derive(Deserialize)]
struct AnswerBody {
    body: Text,
    name: Text,
    email: Email,
    /// Missing and null are none.
    photos: Option<Vec<Text>>,
}
