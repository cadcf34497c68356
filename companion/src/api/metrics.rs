use std::time::Instant;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::embedding::Searches;

use super::Api;
use super::waiting::look;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted.
pub(super) async fn scrape(State(api): State<Api>) -> Response {
    let levels = look(&api, Searches::levels).await.unwrap_or_default();
    match api.metrics.scrape(api.registry.count(&api.current, Instant::now()), levels) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
