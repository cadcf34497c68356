use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::find::{Asking, NoTurn, Pace, Question, SearchError, recommend, search};
use crate::policies::CompileError;

use super::problem::Problem;
use super::respond::json;
use super::serve::not_so;
use super::{Api, body, conflicts, duplicates};

/// Longest question, in bytes: a draft is one policy.
const MAX_QUESTION: usize = 256 << 10;

/// What draft policies are called in messages.
const DRAFT: &str = "draft";

/// Questions about all policies. They stand where policies do, which may have these names as well, and are not posted.
pub(super) async fn post(
    State(api): State<Api>,
    Path(what): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    match what.as_str() {
        "search" => {
            let question: Question = body::json(&headers, body, MAX_QUESTION).await?;
            let pace = if question.draft.is_some() { Pace::GivingWay } else { Pace::Usual };
            answer(&api.asking, pace, move |asking| search(&asking.corpus(), &question, DRAFT)).await
        }
        "recommend" => {
            let new = body::json(&headers, body, MAX_QUESTION).await?;
            answer(&api.asking, Pace::GivingWay, move |asking| recommend(&asking.corpus(), &new)).await
        }
        "conflicts" => conflicts::post(&api, &headers, body).await,
        "duplicates" => duplicates::post(&api, &headers, body).await,
        _ => Err(not_so().await),
    }
}

async fn answer<T: serde::Serialize + Send + 'static>(
    asking: &Asking,
    pace: Pace,
    ask: impl FnOnce(&Asking) -> Result<T, SearchError> + Send + 'static,
) -> Result<Response, Problem> {
    let answered = asking.turns().take(pace, {
        let asking = asking.clone();
        move || ask(&asking)
    });
    let answered = answered.await;
    if let Err(NoTurn::Late) = answered {
        asking.note_timeout();
    }
    Ok(json(StatusCode::OK, &answered??))
}

impl From<NoTurn> for Problem {
    fn from(error: NoTurn) -> Self {
        let (status, code) = match error {
            NoTurn::Late => (StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT"),
            NoTurn::Full => (StatusCode::SERVICE_UNAVAILABLE, "BUSY"),
            NoTurn::Crashed => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        };
        Problem::new(status, code, error.to_string())
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Question(error) => Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", error.to_string()),
            SearchError::NoPolicy(_) => Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", error.to_string()),
            SearchError::Draft(diagnostics) => {
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "INVALID_POLICIES", String::new());
                problem.with(&CompileError::Policies(diagnostics))
            }
        }
    }
}
