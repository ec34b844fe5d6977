//! What a request is answered with that failed.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

pub enum Failure {
    /// A parameter or body is none; the sentence to answer with.
    Invalid(&'static str),
    Unknown(&'static str),
    Database(anyhow::Error),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(text) => (StatusCode::UNPROCESSABLE_ENTITY, text).into_response(),
            Self::Unknown(text) => (StatusCode::NOT_FOUND, text).into_response(),
            Self::Database(error) => {
                eprintln!("error: {error:#}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<deadpool_postgres::PoolError> for Failure {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::Database(error.into())
    }
}
