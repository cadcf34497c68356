use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use tollgate_budget::ledger::Audit;
use tollgate_budget::{Adjustment, AdjustmentId, Change, Counter, Label, Period, ReservationId, Unit, Window};

use crate::api::author::Author;
use crate::api::problem::Problem;
use crate::api::query::Asked;
use crate::api::respond::json;
use crate::api::{Api, body};

use super::{Budget, invalid, page, scope};

/// Longest change, in bytes.
const MAX_CHANGE: usize = 16 << 10;

/// Which counter, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    scope: String,
    name: Option<String>,
    window: Option<String>,
    unit: Option<String>,
    /// A day in the period; without it, today.
    day: Option<String>,
    reason: String,
    /// 32 hexadecimal digits: said again, it changes nothing again.
    id: Option<String>,
    /// For an adjustment: by how much, more or less.
    by: Option<i64>,
}

#[derive(Deserialize)]
pub(in crate::api) struct After {
    after: Option<i64>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Changes {
    changes: Vec<Changed>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Serialize)]
struct Changed {
    number: i64,
    id: String,
    /// Seconds since 1970.
    at: u64,
    counter: String,
    /// Absent for a reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<i64>,
    before: u64,
    after: u64,
    author: String,
    reason: String,
}

/// Changes what is used of a budget by so much, more or less.
pub(in crate::api) async fn adjust(
    author: Author,
    State(api): State<Api>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent: Sent = body::json(&headers, sent, MAX_CHANGE).await?;
    let by = sent.by.ok_or_else(|| invalid("`by` is missing: how much more is used, or, below 0, less"))?;
    change(&api, author, sent, Change::By(by)).await
}

/// Says that nothing of a budget is used.
pub(in crate::api) async fn reset(
    author: Author,
    State(api): State<Api>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent: Sent = body::json(&headers, sent, MAX_CHANGE).await?;
    if sent.by.is_some() {
        return Err(invalid("`by` is for adjustments"));
    }
    change(&api, author, sent, Change::Reset).await
}

/// What administrators have changed.
pub(in crate::api) async fn changes(State(api): State<Api>, Asked(asked): Asked<After>) -> Result<Response, Problem> {
    let most = page(asked.limit);
    let mut audits = api.accounts.audits(asked.after.unwrap_or(0), most.saturating_add(1)).await?;
    let has_more = audits.len() > most;
    audits.truncate(most);
    let next = audits.last().filter(|_| has_more).map(|(number, _)| *number);
    Ok(json(StatusCode::OK, &Changes { changes: audits.into_iter().map(Changed::from).collect(), next }))
}

async fn change(api: &Api, Author(author): Author, sent: Sent, change: Change) -> Result<Response, Problem> {
    let label = |text: &str| Label::new(text).map_err(|error| invalid(error.to_string()));
    let at = match sent.day.as_deref() {
        None => api.accounts.now().await?,
        Some(day) => scope::day(day)?,
    };
    let window = sent.window.as_deref().map_or(Ok(Window::Day), scope::window)?;
    let counter = Counter {
        scope: scope::scope(&sent.scope, sent.name.as_deref())?,
        unit: sent.unit.as_deref().map_or(Ok(Unit::Tokens), scope::unit)?,
        period: Period::containing(window, at),
    };
    let id = match sent.id.as_deref() {
        Some(text) => {
            text.parse().map(|ReservationId(id)| id).map_err(|_| invalid("`id` has 32 hexadecimal digits"))?
        }
        None => random()?,
    };
    tracing::info!(author, %counter, ?change, reason = sent.reason, "a budget is changed");
    let adjustment =
        Adjustment { id: AdjustmentId(id), counter, change, who: label(&author)?, why: label(&sent.reason)? };
    match api.accounts.adjust(&adjustment).await? {
        Some(standing) => Ok(json(StatusCode::OK, &Budget::from(&standing))),
        None => Err(Problem::new(
            StatusCode::CONFLICT,
            "NOT_KEPT",
            "this period is over, and its counters are not kept any more",
        )),
    }
}

fn random() -> Result<[u8; 16], Problem> {
    let mut id = [0; 16];
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the system has no random numbers");
    SystemRandom::new().fill(&mut id).map_err(failed)?;
    Ok(id)
}

impl From<(i64, Audit)> for Changed {
    fn from((number, Audit { adjustment, at, before, after }): (i64, Audit)) -> Self {
        let by = match adjustment.change {
            Change::By(by) => Some(by),
            Change::Reset => None,
        };
        Changed {
            number,
            id: ReservationId(adjustment.id.0).to_string(),
            at,
            counter: adjustment.counter.to_string(),
            by,
            before,
            after,
            author: adjustment.who.to_string(),
            reason: adjustment.why.to_string(),
        }
    }
}
