use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tollgate_budget::Hold;

use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::query::Asked;
use crate::api::respond::json;

use super::{Used, page, scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Filter {
    scope: Option<String>,
    name: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Holds {
    /// How many calls are on their way, whatever they count for.
    all: u64,
    holds: Vec<Held>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    id: String,
    /// Seconds since 1970.
    at: u64,
    lease_ends: u64,
    held: Used,
    so_far: Used,
    counters: Vec<String>,
}

/// Calls on their way, the oldest first.
pub(in crate::api) async fn holds(State(api): State<Api>, Asked(filter): Asked<Filter>) -> Result<Response, Problem> {
    let scopes = scope::scopes(filter.scope.as_deref(), filter.name.as_deref())?;
    let holds = api.accounts.holds(&scopes, page(filter.limit)).await?;
    Ok(json(StatusCode::OK, &Holds { all: holds.all, holds: holds.listed.into_iter().map(Held::from).collect() }))
}

impl From<Hold> for Held {
    fn from(Hold { reservation, so_far, lease_ends }: Hold) -> Self {
        Held {
            id: reservation.id.to_string(),
            at: reservation.at,
            lease_ends,
            held: reservation.held.into(),
            so_far: so_far.into(),
            counters: reservation.counters.iter().map(ToString::to_string).collect(),
        }
    }
}
