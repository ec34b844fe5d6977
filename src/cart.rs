//! The cart: list and add. A cart belongs to whoever sends the same `Authorization`, also an empty
//! one; what is stored of that is its hash.

use crate::body::{self, Integer};
use crate::database::Database;
use crate::error::Failure;
use crate::http::{ContentType, Reply, Request, Status};
use crate::json;
use crate::postgres::{BadRow, Row};
use crate::statements;
use crate::tokens;
use serde::Deserialize;

const INVALID: Failure = Failure::BodyInvalid("Error: Cart body contains invalid entries");

/// Skus of one cart that a reply lists; nobody's cart holds so many, but a shared one could.
const ROWS_MAX: i64 = 1_000;

/// `GET /cart`.
///
/// # Errors
/// [`Failure`].
pub fn list(database: &Database, request: &Request<'_>, reply: &mut Reply) -> Result<(), Failure> {
    let session = tokens::hash_of(request);
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.push(b'[');
    database.query(
        &statements::CART_LIST,
        |bind| {
            bind.bytea(&session);
            bind.int8(ROWS_MAX);
        },
        body,
        list_row,
    )?;
    body.push(b']');
    Ok(())
}

/// `POST /cart`.
///
/// # Errors
/// [`Failure`].
pub fn add(database: &Database, request: &Request<'_>, reply: &mut Reply) -> Result<(), Failure> {
    let (sku_id, count) = parse(request.body).ok_or(INVALID)?;
    let session = tokens::hash_of(request);
    let added = database.write(&statements::CART_ADD, |bind| {
        bind.bytea(&session);
        bind.int4(sku_id);
        bind.int4(count);
    })?;
    if added.rows == 0 {
        return Err(INVALID);
    }
    reply.text(Status::CREATED, "Created");
    Ok(())
}

fn list_row(row: &mut Row<'_>, row_index: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    if row_index > 0 {
        output.push(b',');
    }
    output.extend_from_slice(b"{\"sku_id\":");
    json::integer(output, row.int4()?);
    output.extend_from_slice(b",\"count\":\"");
    json::integer(output, row.int4()?);
    output.extend_from_slice(b"\"}");
    Ok(())
}

/// The sku and how many more of it, from a body as pages send it.
fn parse(body: &[u8]) -> Option<(i32, i32)> {
    #[derive(Deserialize)]
    struct CartBody {
        sku_id: Integer,
        /// Missing and null are one: each click of a page is one request.
        count: Option<Integer>,
    }
    let CartBody { sku_id, count } = body::parse(body)?;
    let count = i32::try_from(count.map_or(1, |count| count.0)).ok().filter(|&count| count > 0)?;
    Some((i32::try_from(sku_id.0).ok()?, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_a_number_or_a_string_of_one() {
        for (body, expected) in [
            (r#"{"sku_id":18}"#, Some((18, 1))),
            (r#"{"sku_id":"18"}"#, Some((18, 1))),
            (r#"{"sku_id":18,"count":3,"user_token":5}"#, Some((18, 3))),
            (r#"{"sku_id":18,"count":"2"}"#, Some((18, 2))),
            (r#"{"sku_id":18,"count":null}"#, Some((18, 1))),
            (r#"{"sku_id":18,"count":0}"#, None),
            (r#"{"sku_id":18,"count":-1}"#, None),
            (r#"{"sku_id":18,"count":2147483648}"#, None),
            (r#"{"sku_id":null}"#, None),
            (r#"{"sku_id":"null"}"#, None),
            (r#"{"sku_id":2147483648}"#, None),
            (r#"{}"#, None),
            ("null", None),
            ("18", None),
            ("", None),
        ] {
            assert_eq!(parse(body.as_bytes()), expected, "{body}");
        }
    }
}
