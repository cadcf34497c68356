//! Budgets: what is used and held, what was spent, and what administrators change.

mod change;
mod csv;
mod events;
mod holds;
mod ledger;
mod members;
mod scope;
mod usage;

pub(super) use change::{adjust, changes, reset};
pub(super) use events::events;
pub(super) use holds::holds;
pub(super) use ledger::{rows, spent};
pub(super) use members::{forget, members};
pub(super) use usage::show;

use axum::http::StatusCode;
use serde::Serialize;
use tollgate_budget::{Amounts, Standing};

use crate::budget::AccountsError;

use super::problem::Problem;

/// Entries of an answer: unless told, and at most.
const PAGE: usize = 1000;
const MAX_PAGE: usize = 100_000;

/// How a counter stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Budget {
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    window: &'static str,
    unit: &'static str,
    /// Seconds since 1970.
    begins: u64,
    ends: u64,
    /// Absent where it is only counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    used: u64,
    held: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    tokens: u64,
    micro_dollars: u64,
}

impl From<&Standing> for Budget {
    fn from(standing: &Standing) -> Self {
        let Standing { counter, limit, used, held } = standing;
        Budget {
            scope: counter.scope.kind().as_str(),
            name: counter.scope.name().map(ToString::to_string),
            window: counter.period.window().as_str(),
            unit: counter.unit.as_str(),
            begins: counter.period.begins(),
            ends: counter.period.ends(),
            limit: *limit,
            used: *used,
            held: *held,
            left: standing.left(),
        }
    }
}

impl From<Amounts> for Used {
    fn from(amounts: Amounts) -> Self {
        Used { tokens: amounts.tokens(), micro_dollars: amounts.micro_dollars() }
    }
}

impl From<AccountsError> for Problem {
    fn from(error: AccountsError) -> Self {
        let (status, code) = match error {
            AccountsError::Store(_) | AccountsError::Ledger(_) | AccountsError::Silent => {
                (StatusCode::SERVICE_UNAVAILABLE, "BUDGET_UNAVAILABLE")
            }
            AccountsError::Alone => (StatusCode::CONFLICT, "NOT_SHARED"),
            AccountsError::Own => (StatusCode::CONFLICT, "OWN_LEDGER"),
        };
        Problem::new(status, code, error.to_string())
    }
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail)
}

fn page(asked: Option<usize>) -> usize {
    asked.unwrap_or(PAGE).clamp(1, MAX_PAGE)
}
