//! Answers: list and add.

use crate::Shop;
use crate::database::Ask;
use crate::failure::Failure;
use crate::json::Body;
use crate::params::{Params, id_of};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use tokio_postgres::Row;

const INVALID: Failure = Failure::Invalid("Error: Answer body contains invalid entries");
const UNKNOWN: Failure = Failure::Unknown("Error: no question has this id");

pub async fn list(
    State(shop): Shop,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Body, Failure> {
    let question_id = id_of(&id).ok_or(UNKNOWN)?;
    let page = params.page();
    let rows = shop.read(Ask::AnswerList, &[&question_id, &page.limit(), &page.offset]).await?;
    let mut body = Body::new();
    // What was sent is echoed as it was, what was not as a number.
    body.raw("{\"question\":\"").raw(&id).raw("\",\"page\":");
    match &params.page {
        Some(sent) => body.string(sent),
        None => body.integer(1),
    };
    body.raw(",\"count\":");
    match &params.count {
        Some(sent) => body.string(sent),
        None => body.integer(page.count),
    };
    body.raw(",\"results\":[").list(&rows, answer).raw("]}");
    Ok(body)
}

fn answer(body: &mut Body, row: &Row) {
    let (ids, urls): (Option<Vec<i32>>, Option<Vec<&str>>) = (row.get(5), row.get(6));
    body.raw("{\"answer_id\":").integer(row.get::<_, i32>(0));
    body.raw(",\"body\":").string(row.get(1));
    body.raw(",\"date\":").date(&row.get(2));
    body.raw(",\"answerer_name\":").string(row.get(3));
    body.raw(",\"helpfulness\":").integer(row.get::<_, i32>(4));
    let photos = ids.unwrap_or_default().into_iter().zip(urls.unwrap_or_default());
    body.raw(",\"photos\":[").list(photos, |body, (id, url)| {
        body.raw("{\"id\":").integer(id).raw(",\"url\":").string(url).raw("}");
    });
    body.raw("]}");
}

#[derive(Deserialize)]
struct Answer {
    body: String,
    name: String,
    email: String,
    #[serde(default)]
    photos: Vec<String>,
}

pub async fn add(
    State(shop): Shop,
    Path(question_id): Path<i32>,
    body: Bytes,
) -> Result<(StatusCode, &'static str), Failure> {
    let Answer { body, name, email, photos } =
        serde_json::from_slice(&body).map_err(|_| INVALID)?;
    if body.is_empty() || name.is_empty() || !email.contains('@') {
        return Err(INVALID);
    }
    let added = shop.write(Ask::AnswerAdd, &[&question_id, &body, &name, &email, &photos]).await?;
    if added.is_empty() { Err(UNKNOWN) } else { Ok((StatusCode::CREATED, "Created")) }
}
