//! Questions: list and add.

use crate::Shop;
use crate::database::Ask;
use crate::failure::Failure;
use crate::json::Body;
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use tokio_postgres::Row;

const PRODUCT_INVALID: Failure = Failure::Invalid("Error: invalid product_id provided");
const INVALID: Failure = Failure::Invalid("Error: Question body contains invalid entries");

pub async fn list(State(shop): Shop, Query(params): Query<Params>) -> Result<Body, Failure> {
    let (product, product_id) = params.product().ok_or(PRODUCT_INVALID)?;
    let page = params.page();
    let rows = shop.read(Ask::QuestionList, &[&product_id, &page.limit(), &page.offset]).await?;
    let mut body = Body::new();
    body.raw("{\"product_id\":\"").raw(product).raw("\",\"results\":[");
    // A row of a question, which has no answer's id, is followed by those of its answers.
    let groups = rows.chunk_by(|_, next| next.get::<_, Option<i32>>(1).is_some());
    body.list(groups, |body, group| {
        let (first, answers) = (&group[0], &group[1..]);
        question(body, first);
        body.list(answers, answer).raw("}}");
    });
    body.raw("]}");
    Ok(body)
}

fn question(body: &mut Body, row: &Row) {
    body.raw("{\"question_id\":").integer(row.get::<_, i32>(0));
    body.raw(",\"question_body\":").string(row.get(2));
    body.raw(",\"question_date\":").date(&row.get(3));
    body.raw(",\"asker_name\":").string(row.get(4));
    body.raw(",\"question_helpfulness\":").integer(row.get::<_, i32>(5));
    body.raw(",\"reported\":false,\"answers\":{");
}

fn answer(body: &mut Body, row: &Row) {
    let answer_id: i32 = row.get(1);
    let photos: Option<Vec<&str>> = row.get(6);
    body.raw("\"").integer(answer_id).raw("\":{\"id\":").integer(answer_id);
    body.raw(",\"body\":").string(row.get(2));
    body.raw(",\"date\":").date(&row.get(3));
    body.raw(",\"answerer_name\":").string(row.get(4));
    body.raw(",\"helpfulness\":").integer(row.get::<_, i32>(5));
    body.raw(",\"photos\":[").list(photos.unwrap_or_default(), |body, url| {
        body.string(url);
    });
    body.raw("]}");
}

#[derive(Deserialize)]
struct Question {
    product_id: i32,
    body: String,
    name: String,
    email: String,
}

pub async fn add(State(shop): Shop, body: Bytes) -> Result<(StatusCode, &'static str), Failure> {
    let Question { product_id, body, name, email } =
        serde_json::from_slice(&body).map_err(|_| INVALID)?;
    if body.is_empty() || name.is_empty() || !email.contains('@') {
        return Err(INVALID);
    }
    let added = shop.write(Ask::QuestionAdd, &[&product_id, &body, &name, &email]).await?;
    if added.is_empty() { Err(INVALID) } else { Ok((StatusCode::CREATED, "Created")) }
}
