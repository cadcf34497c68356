use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::duplicates::{FindError, Question, find};

use super::problem::Problem;
use super::respond::json;
use super::{Api, body};

/// Longest question, in bytes.
const MAX_QUESTION: usize = 64 << 10;

/// Policies that say the same, or nearly.
pub(super) async fn post(api: &Api, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    let question: Question = body::json(headers, body, MAX_QUESTION).await?;
    let asking = api.asking.clone();
    let found = api.studies.take(move |study| find(&asking.corpus(), question, study)).await?;
    Ok(json(StatusCode::OK, &found?))
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        let (status, code) = match &error {
            FindError::Threshold(_) => (StatusCode::BAD_REQUEST, "INVALID_REQUEST"),
            FindError::Cancelled(_) => (StatusCode::SERVICE_UNAVAILABLE, "STOPPING"),
            FindError::Engine(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        };
        Problem::new(status, code, error.to_string())
    }
}
