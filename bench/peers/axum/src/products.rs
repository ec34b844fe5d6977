//! Products: list, one, its styles, its related ones.

use crate::Shop;
use crate::database::Ask;
use crate::failure::Failure;
use crate::json::Body;
use crate::params::{Params, id_of};
use axum::extract::{Path, Query, State};
use tokio_postgres::Row;

const UNKNOWN: Failure = Failure::Unknown("Error: no product has this id");

pub async fn list(State(shop): Shop, Query(params): Query<Params>) -> Result<Body, Failure> {
    let page = params.page();
    let end = page.offset.saturating_add(page.limit());
    let rows = shop.read(Ask::ProductList, &[&page.offset, &end, &i32::MAX]).await?;
    let mut body = Body::new();
    body.raw("[").list(&rows, |body, row| {
        summary(body, row);
        body.raw("}");
    });
    body.raw("]");
    Ok(body)
}

pub async fn one(State(shop): Shop, Path(id): Path<String>) -> Result<Body, Failure> {
    let product_id = id_of(&id).ok_or(UNKNOWN)?;
    let rows = shop.read(Ask::Product, &[&product_id]).await?;
    let row = rows.first().ok_or(UNKNOWN)?;
    let mut body = Body::new();
    summary(&mut body, row);
    body.raw(",\"features\":").raw(row.get(3)).raw("}");
    Ok(body)
}

pub async fn styles(State(shop): Shop, Path(id): Path<String>) -> Result<Body, Failure> {
    let product_id = id_of(&id).ok_or(UNKNOWN)?;
    let rows = shop.read(Ask::ProductStyles, &[&product_id]).await?;
    let styles = rows.first().map_or("[]", |row| row.get(0));
    let mut body = Body::new();
    body.raw("{\"product_id\":\"").raw(&id).raw("\",\"results\":").raw(styles).raw("}");
    Ok(body)
}

pub async fn related(State(shop): Shop, Path(id): Path<String>) -> Result<Body, Failure> {
    let product_id = id_of(&id).ok_or(UNKNOWN)?;
    let rows = shop.read(Ask::ProductRelated, &[&product_id]).await?;
    let related: Vec<i32> = rows.first().map(|row| row.get(0)).unwrap_or_default();
    let mut body = Body::new();
    body.raw("[").list(related, |body, id| {
        body.integer(id);
    });
    body.raw("]");
    Ok(body)
}

/// A product without its features and without the closing brace.
fn summary(body: &mut Body, row: &Row) {
    let created_at = row.get(2);
    body.raw("{\"id\":").integer(row.get::<_, i32>(0)).raw(",\"campus\":\"hr-rfp\",");
    body.raw(row.get(1)).raw(",\"created_at\":").date(&created_at);
    body.raw(",\"updated_at\":").date(&created_at);
}
