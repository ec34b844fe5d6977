//! Products: list, one, its styles, its related ones. An import has rendered what they say; what
//! is written here is the ids, which depend on the campus that asks.

use crate::campus::{Block, Campus};
use crate::database::Database;
use crate::error::Failure;
use crate::http::{ContentType, Reply, Request, Status};
use crate::json;
use crate::params::{Page, ProductId};
use crate::postgres::{BadRow, Row};
use crate::statements;

const UNKNOWN: Failure = Failure::IdUnknown("Error: no product has this id");

/// `GET /products`.
///
/// # Errors
/// [`Failure`].
pub fn list(
    database: &Database,
    campus: Campus<'_>,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let page = Page::of_query(request.query);
    let (block, product_id_max) = campus.list();
    let name = campus.name.to_owned();
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.push(b'[');
    let place_end = page.offset.saturating_add(page.limit());
    database.list(
        &statements::PRODUCT_LIST,
        [page.offset, place_end, product_id_max.into()],
        // Those before the page cost nothing here.
        page.limit(),
        body,
        move |row, row_index, output| {
            if row_index > 0 {
                output.push(b',');
            }
            summary(row, block, &name, output)?;
            output.push(b'}');
            Ok(())
        },
    )?;
    body.push(b']');
    Ok(())
}

/// `GET /products/:product_id`.
///
/// # Errors
/// [`Failure`].
pub fn one(
    database: &Database,
    campus: Campus<'_>,
    segment: &str,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let product = ProductId::of_path(segment).ok_or(UNKNOWN)?;
    let (product_id, block) = campus.product(product.value);
    let name = campus.name.to_owned();
    reply.begin(Status::OK, ContentType::Json);
    let decode =
        move |row: &mut Row<'_>, _, output: &mut Vec<u8>| one_row(row, block, &name, output);
    let done = database.point(&statements::PRODUCT, product_id, reply.body(), decode)?;
    if done.rows == 0 { Err(UNKNOWN) } else { Ok(()) }
}

/// `GET /products/:product_id/styles`.
///
/// # Errors
/// [`Failure`].
pub fn styles(
    database: &Database,
    campus: Campus<'_>,
    segment: &str,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let product = ProductId::of_path(segment).ok_or(UNKNOWN)?;
    let (product_id, _) = campus.product(product.value);
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.extend_from_slice(b"{\"product_id\":\"");
    body.extend_from_slice(product.text.as_bytes());
    body.extend_from_slice(b"\",\"results\":");
    let decode = |row: &mut Row<'_>, _, output: &mut Vec<u8>| {
        output.extend_from_slice(row.text()?);
        Ok(())
    };
    let done = database.point(&statements::PRODUCT_STYLES, product_id, body, decode)?;
    if done.rows == 0 {
        body.extend_from_slice(b"[]");
    }
    body.push(b'}');
    Ok(())
}

/// `GET /products/:product_id/related`.
///
/// # Errors
/// [`Failure`].
pub fn related(
    database: &Database,
    campus: Campus<'_>,
    segment: &str,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let product = ProductId::of_path(segment).ok_or(UNKNOWN)?;
    let (product_id, block) = campus.product(product.value);
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.push(b'[');
    let decode = move |row: &mut Row<'_>, _, output: &mut Vec<u8>| {
        let mut ids = row.array()?;
        let mut first = true;
        while let Some(id) = ids.int4()? {
            let Some(id) = block.id_of(id) else { continue };
            if !std::mem::take(&mut first) {
                output.push(b',');
            }
            json::integer(output, id);
        }
        Ok(())
    };
    database.point(&statements::PRODUCT_RELATED, product_id, body, decode)?;
    body.push(b']');
    Ok(())
}

/// A product with its features, in the columns of `product.sql`.
///
/// # Errors
/// [`BadRow`] when they are others.
pub fn one_row(
    row: &mut Row<'_>,
    block: Block,
    campus_name: &str,
    output: &mut Vec<u8>,
) -> Result<(), BadRow> {
    summary(row, block, campus_name, output)?;
    output.extend_from_slice(b",\"features\":");
    output.extend_from_slice(row.text()?);
    output.push(b'}');
    Ok(())
}

/// A product without its features and without the closing brace, in the first three columns of
/// `product.sql` and `product_list.sql`.
fn summary(
    row: &mut Row<'_>,
    block: Block,
    campus_name: &str,
    output: &mut Vec<u8>,
) -> Result<(), BadRow> {
    let product_id = row.int4()?;
    output.extend_from_slice(b"{\"id\":");
    // Found by an id of the block, it has one.
    json::integer(output, block.id_of(product_id).unwrap_or(product_id));
    output.extend_from_slice(b",\"campus\":");
    json::string(output, campus_name.as_bytes());
    output.push(b',');
    output.extend_from_slice(row.text()?);
    let created_at = row.timestamptz()?;
    output.extend_from_slice(b",\"created_at\":");
    json::date(output, created_at);
    output.extend_from_slice(b",\"updated_at\":");
    json::date(output, created_at);
    Ok(())
}
