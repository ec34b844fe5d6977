//! Reviews: list, meta, add, and the vote.

use crate::Shop;
use crate::database::Ask;
use crate::failure::Failure;
use crate::json::Body;
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

const PRODUCT_INVALID: Failure = Failure::Invalid("Error: invalid product_id provided");
const INVALID: Failure = Failure::Invalid("Error: Review body contains invalid entries");
const UNKNOWN: Failure = Failure::Unknown("Error: no review has this id");

pub async fn list(State(shop): Shop, Query(params): Query<Params>) -> Result<Body, Failure> {
    let (product, product_id) = params.product().ok_or(PRODUCT_INVALID)?;
    let page = params.page();
    let ask = match params.sort.as_deref() {
        Some("newest") => Ask::ReviewListNewest,
        _ => Ask::ReviewListHelpful,
    };
    let rows = shop.read(ask, &[&product_id, &page.limit(), &page.offset]).await?;
    let mut body = Body::new();
    body.raw("{\"product\":\"").raw(product).raw("\",\"page\":").integer(page.offset);
    body.raw(",\"count\":").integer(page.count).raw(",\"results\":[").list(&rows, review);
    body.raw("]}");
    Ok(body)
}

fn review(body: &mut Body, row: &Row) {
    let photos: Option<Json<&RawValue>> = row.get(9);
    body.raw("{\"review_id\":").integer(row.get::<_, i32>(0));
    body.raw(",\"rating\":").integer(row.get::<_, i16>(1));
    body.raw(",\"summary\":").string(row.get(2));
    body.raw(",\"recommend\":").boolean(row.get(3));
    body.raw(",\"response\":").string_or_null(row.get(4));
    body.raw(",\"body\":").string(row.get(5));
    body.raw(",\"date\":").date(&row.get(6));
    body.raw(",\"reviewer_name\":").string(row.get(7));
    body.raw(",\"helpfulness\":").integer(row.get::<_, i32>(8));
    body.raw(",\"photos\":").raw(photos.map_or("[]", |Json(photos)| photos.get())).raw("}");
}

pub async fn meta(State(shop): Shop, Query(params): Query<Params>) -> Result<Body, Failure> {
    let (product, product_id) = params.product().ok_or(PRODUCT_INVALID)?;
    let rows = shop.read(Ask::ReviewMeta, &[&product_id]).await?;
    let mut body = Body::new();
    body.raw("{\"product_id\":\"").raw(product).raw("\",\"ratings\":{");
    let Some(row) = rows.first() else {
        body.raw("},\"recommended\":{},\"characteristics\":{}}");
        return Ok(body);
    };
    counts(&mut body, row, 0, &["\"1\":\"", "\"2\":\"", "\"3\":\"", "\"4\":\"", "\"5\":\""]);
    body.raw("},\"recommended\":{");
    counts(&mut body, row, 5, &["\"false\":\"", "\"true\":\""]);
    body.raw("},\"characteristics\":{");
    let (ids, names): (Vec<i32>, Vec<&str>) = (row.get(7), row.get(8));
    let (sums, totals): (Vec<i32>, Vec<i32>) = (row.get(9), row.get(10));
    let characteristics = ids.iter().zip(names).zip(sums.iter().zip(totals));
    body.list(characteristics, |body, ((id, name), (sum, total))| {
        body.string(name).raw(":{\"id\":").integer(*id).raw(",\"value\":");
        average(body, *sum, total);
        body.raw("}");
    });
    body.raw("}}");
    Ok(body)
}

/// Counts from the column `first` on; those that are zero are left out.
fn counts(body: &mut Body, row: &Row, first: usize, names: &[&str]) {
    let counts = names.iter().enumerate().map(|(at, name)| (name, row.get::<_, i32>(first + at)));
    body.list(counts.filter(|(_, count)| *count != 0), |body, (name, count)| {
        body.raw(name).integer(count).raw("\"");
    });
}

/// As PostgreSQL prints `avg(int)`: sixteen digits behind the point.
fn average(body: &mut Body, sum: i32, total: i32) {
    const UNIT: u64 = 10_000_000_000_000_000;
    let (Ok(sum), Ok(total @ 1..)) = (u64::try_from(sum), u64::try_from(total)) else {
        body.raw("null");
        return;
    };
    let (sum, total) = (u128::from(sum), u128::from(total));
    let scaled = (sum * u128::from(UNIT) + total / 2) / total;
    let (whole, rest) = (scaled / u128::from(UNIT), scaled % u128::from(UNIT));
    // The digits of a number with a one before them keep their leading zeros.
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(u64::try_from(rest).unwrap_or(0) + UNIT);
    body.raw("\"").integer(whole).raw(".").raw(&digits[1..]).raw("\"");
}

#[derive(Deserialize)]
struct Review {
    product_id: i32,
    rating: i16,
    summary: String,
    body: String,
    recommend: bool,
    name: String,
    email: String,
    photos: Vec<String>,
    characteristics: BTreeMap<String, i32>,
}

pub async fn add(State(shop): Shop, body: Bytes) -> Result<(StatusCode, &'static str), Failure> {
    let review: Review = serde_json::from_slice(&body).map_err(|_| INVALID)?;
    let ids: Result<Vec<i32>, _> = review.characteristics.keys().map(|id| id.parse()).collect();
    let ids = ids.map_err(|_| INVALID)?;
    let values: Vec<i32> = review.characteristics.into_values().collect();
    let rated = values.iter().all(|value| (1..=5).contains(value));
    let texts = [&review.summary, &review.body, &review.name, &review.email];
    if !rated || !(1..=5).contains(&review.rating) || texts.iter().any(|text| text.is_empty()) {
        return Err(INVALID);
    }
    let [summary, text, name, email] = texts;
    let added = shop
        .write(
            Ask::ReviewAdd,
            &[
                &review.product_id,
                &review.rating,
                &review.recommend,
                summary,
                text,
                name,
                email,
                &review.photos,
                &ids,
                &values,
            ],
        )
        .await?;
    if added.is_empty() { Err(INVALID) } else { Ok((StatusCode::CREATED, "Created")) }
}

pub async fn helpful(State(shop): Shop, Path(id): Path<i32>) -> Result<StatusCode, Failure> {
    match shop.change(Ask::ReviewHelpful, &[&id]).await? {
        0 => Err(UNKNOWN),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
