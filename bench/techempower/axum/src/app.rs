//! The six routes.

use crate::database::{self, Database, Fortune, World};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone)]
pub struct App {
    pub database: Arc<Database>,
}

#[derive(Serialize)]
struct Message {
    message: &'static str,
}

#[derive(Deserialize)]
struct Parameters {
    queries: Option<String>,
}

#[derive(Template)]
#[template(path = "fortunes.html")]
struct Page {
    fortunes: Vec<Fortune>,
}

/// Whatever fails here is the database.
struct Failure(anyhow::Error);

pub fn routes(app: App) -> Router {
    Router::new()
        .route("/plaintext", get(async || "Hello, World!"))
        .route("/json", get(async || Json(Message { message: "Hello, World!" })))
        .route("/db", get(world))
        .route("/queries", get(worlds))
        .route("/updates", get(update))
        .route("/fortunes", get(fortunes))
        .with_state(app)
}

async fn world(State(app): State<App>) -> Result<Json<World>, Failure> {
    Ok(Json(app.database.world(database::random()).await?))
}

async fn worlds(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Vec<World>>, Failure> {
    let ids = (0..parameters.bounded()).map(|_| database::random());
    Ok(Json(app.database.worlds(ids).await?))
}

async fn update(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Vec<World>>, Failure> {
    let ids = database::random_ids(parameters.bounded());
    let mut worlds = app.database.worlds(ids.into_iter()).await?;
    worlds.sort_unstable_by_key(|world| world.id);
    for world in &mut worlds {
        world.random_number = database::random();
    }
    app.database.update(&worlds).await?;
    Ok(Json(worlds))
}

async fn fortunes(State(app): State<App>) -> Result<Html<String>, Failure> {
    let mut fortunes = app.database.fortunes().await?;
    let message = "Additional fortune added at request time.".to_owned();
    fortunes.push(Fortune { id: 0, message });
    fortunes.sort_unstable_by(|one, other| one.message.cmp(&other.message));
    Ok(Html(Page { fortunes }.render()?))
}

impl Parameters {
    /// 1 when they do not say or say no number.
    fn bounded(&self) -> usize {
        let number = self.queries.as_deref().and_then(|text| text.parse::<i64>().ok());
        usize::try_from(number.unwrap_or(1).clamp(1, 500)).unwrap_or(1)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("{:#}", self.0);
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}
