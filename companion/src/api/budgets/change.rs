use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use tollgate_budget::ledger::{Audit, Audited, LimitAudit};
use tollgate_budget::{Adjustment, AdjustmentId, Change, Counter, Label, Overriding, ReservationId, Unit, Window};

use crate::api::author::Author;
use crate::api::problem::Problem;
use crate::api::query::Asked;
use crate::api::respond::json;
use crate::api::{Api, body};
use crate::budget::AccountsError;

use super::{After, Budget, Page, invalid, page, scope};

/// Longest change, in bytes.
pub(super) const MAX_CHANGE: usize = 16 << 10;

/// Which counter, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    scope: String,
    name: Option<String>,
    window: Option<String>,
    unit: Option<String>,
    /// A day or a time in the period; without it, now.
    #[serde(alias = "day")]
    at: Option<String>,
    reason: String,
    /// 32 hexadecimal digits: said again, it changes nothing again.
    id: Option<String>,
    /// For an adjustment: by how much, more or less.
    by: Option<i64>,
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
    /// Of a limit, the one that counted it then.
    counter: String,
    #[serde(flatten)]
    what: What,
    author: String,
    reason: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum What {
    Adjusted {
        by: i64,
        before: u64,
        after: u64,
    },
    Reset {
        before: u64,
        after: u64,
    },
    /// Without a limit, there is none.
    Set {
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<u64>,
        until: u64,
    },
    Unset,
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
    let (after, most) = (asked.after.unwrap_or(0), page(asked.limit));
    let audits = api.accounts.audits(i64::try_from(after).unwrap_or(i64::MAX), most.saturating_add(1)).await?;
    let Page { entries, next } = Page::cut(audits, most, |(number, _)| *number);
    Ok(json(StatusCode::OK, &Changes { changes: entries.into_iter().map(Changed::from).collect(), next }))
}

async fn change(api: &Api, Author(author): Author, sent: Sent, change: Change) -> Result<Response, Problem> {
    let now = api.accounts.now().await?;
    let at = sent.at.as_deref().map_or(Ok(now), scope::time)?;
    let window = sent.window.as_deref().map_or(Ok(Window::Day), scope::window)?;
    let counter = Counter {
        scope: scope::scope(&sent.scope, sent.name.as_deref())?,
        unit: sent.unit.as_deref().map_or(Ok(Unit::Tokens), scope::unit)?,
        period: scope::begun(window, at, now)?,
    };
    let id = id(sent.id.as_deref())?;
    let adjustment = Adjustment { id, counter, change, who: label(&author)?, why: label(&sent.reason)? };
    let made = api.accounts.adjust(&adjustment).await;
    let (standing, audit) = made.map_err(|error| maybe_made(error, id))?;
    let Adjustment { counter, why, .. } = adjustment;
    match audit {
        Some(Audited::Used(Audit { before, after, .. })) => {
            tracing::info!(author, %counter, ?change, before, after, %why, "a budget is changed");
        }
        _ => tracing::info!(author, %counter, ?change, %why, "a budget was changed by another companion"),
    }
    Ok(json(StatusCode::OK, &Budget::from(&standing)))
}

/// The name that a change was given, or one of its own.
pub(super) fn id(given: Option<&str>) -> Result<AdjustmentId, Problem> {
    let Some(text) = given else { return random() };
    text.parse().map(|ReservationId(id)| AdjustmentId(id)).map_err(|_| invalid("`id` has 32 hexadecimal digits"))
}

fn random() -> Result<AdjustmentId, Problem> {
    let mut id = [0; 16];
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the system has no random numbers");
    SystemRandom::new().fill(&mut id).map_err(failed)?;
    Ok(AdjustmentId(id))
}

pub(super) fn label(text: &str) -> Result<Label, Problem> {
    Label::new(text).map_err(|error| invalid(error.to_string()))
}

/// Says how to ask again, where nobody knows whether a change was made.
pub(super) fn maybe_made(error: AccountsError, AdjustmentId(id): AdjustmentId) -> Problem {
    let is_open = matches!(error, AccountsError::Store(_));
    let problem = Problem::from(error);
    match is_open {
        true => problem.and(&format!(
            "; the change may have been made or may still be: sent again with `\"id\": \"{}\"`, it is made once",
            ReservationId(id)
        )),
        false => problem,
    }
}

impl From<(i64, Audited)> for Changed {
    fn from((number, audited): (i64, Audited)) -> Self {
        let (id, at, counter, who, why, what) = match audited {
            Audited::Used(Audit { adjustment, at, before, after }) => {
                let Adjustment { id, counter, change, who, why } = adjustment;
                let what = match change {
                    Change::By(by) => What::Adjusted { by, before, after },
                    Change::Reset => What::Reset { before, after },
                };
                (id, at, counter, who, why, what)
            }
            Audited::Limit(LimitAudit { change, at }) => {
                let what = match change.overriding {
                    Overriding::Set { limit, until } => What::Set { limit, until: until.unwrap_or(at) },
                    Overriding::Unset => What::Unset,
                };
                (change.id, at, change.measure.at(at), change.who, change.why, what)
            }
        };
        Changed {
            number,
            id: ReservationId(id.0).to_string(),
            at,
            counter: counter.to_string(),
            what,
            author: who.to_string(),
            reason: why.to_string(),
        }
    }
}
