use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tollgate_budget::ledger::{InvalidLedgerId, LedgerId};

use crate::api::author::Author;
use crate::api::problem::Problem;
use crate::api::respond::json;
use crate::api::{Api, body};
use crate::budget::Fellows;

use super::invalid;

/// Longest request, in bytes.
const MAX_REQUEST: usize = 16 << 10;

/// Whom to go on without, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    ledger: String,
    reason: String,
}

#[derive(Serialize)]
struct Members {
    /// Where they count.
    store: String,
    /// What that is doing; absent where it is about to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    members: Vec<Member>,
}

#[derive(Serialize)]
struct Member {
    ledger: String,
    /// Whether it has looked at the counters that are there, and has given back what was missing.
    through: bool,
    /// Whether it is the one that is asked.
    own: bool,
}

/// The companions that count together.
pub(in crate::api) async fn members(State(api): State<Api>) -> Result<Response, Problem> {
    let (state, problem) = api.budget_store.now();
    let members = Members::new(api.accounts.fellows().await?);
    Ok(json(StatusCode::OK, &Members { state: Some(state.as_str()), problem, ..members }))
}

/// Goes on without a companion whose ledger is gone for good.
pub(in crate::api) async fn forget(
    Author(author): Author,
    State(api): State<Api>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let Sent { ledger, reason } = body::json(&headers, sent, MAX_REQUEST).await?;
    let ledger: LedgerId = ledger.parse().map_err(|error: InvalidLedgerId| invalid(error.to_string()))?;
    if reason.trim().is_empty() {
        return Err(invalid("`reason` is empty: say why, it is in the log"));
    }
    if !api.accounts.forget(ledger).await? {
        let nobody = format!("no companion with the ledger {ledger} counts here");
        return Err(Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", nobody));
    }
    tracing::warn!(author, %ledger, reason, "budgets go on without a companion: what it had settled may be missing");
    Ok(json(StatusCode::OK, &Members::new(api.accounts.fellows().await?)))
}

impl Members {
    fn new(Fellows { address, own, members }: Fellows) -> Self {
        let member = |member: tollgate_budget::redis::Member| Member {
            ledger: member.ledger.to_string(),
            through: member.is_through,
            own: member.ledger == own,
        };
        Members { store: address, state: None, problem: None, members: members.into_iter().map(member).collect() }
    }
}
