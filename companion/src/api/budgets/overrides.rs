use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tollgate_budget::{MOST_COUNTED, Measure, Override, OverrideChange, Overriding, ReservationId, Unit, Window};

use crate::api::author::Author;
use crate::api::problem::Problem;
use crate::api::respond::json;
use crate::api::{Api, body};

use super::change::{MAX_CHANGE, id, label, maybe_made};
use super::{invalid, scope};

/// Which limit, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    scope: String,
    name: Option<String>,
    window: Option<String>,
    unit: Option<String>,
    /// To set it: to so much, or that there is none.
    limit: Option<u64>,
    #[serde(default)]
    unlimited: bool,
    /// To set it: the first second in which it counts no more; without it, that after this hour, day or month.
    until: Option<String>,
    reason: String,
    /// 32 hexadecimal digits: said again, it changes nothing again.
    id: Option<String>,
}

#[derive(Serialize)]
struct Overrides {
    overrides: Vec<Set>,
}

#[derive(Serialize)]
struct Set {
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    window: &'static str,
    unit: &'static str,
    /// Absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// Seconds since 1970.
    at: u64,
    until: u64,
    author: String,
    reason: String,
    id: String,
}

/// The limits that administrators have set, and that count now instead of what policies say.
pub(in crate::api) async fn overrides(State(api): State<Api>) -> Result<Response, Problem> {
    Ok(answer(api.accounts.overrides().await?))
}

/// Sets a limit, for a while.
pub(in crate::api) async fn set(
    author: Author,
    State(api): State<Api>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent: Sent = body::json(&headers, sent, MAX_CHANGE).await?;
    let limit = match (sent.limit, sent.unlimited) {
        (Some(limit), false) if limit <= MOST_COUNTED => Some(limit),
        (Some(_), false) => return Err(invalid(format!("`limit` is at most {MOST_COUNTED}"))),
        (None, true) => None,
        _ => return Err(invalid("a `limit`, or `unlimited`")),
    };
    let until = sent.until.as_deref().map(scope::time).transpose()?;
    change(&api, author, &sent, Overriding::Set { limit, until }).await
}

/// Takes a limit away that an administrator had set: what policies say counts again.
pub(in crate::api) async fn unset(
    author: Author,
    State(api): State<Api>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let sent: Sent = body::json(&headers, sent, MAX_CHANGE).await?;
    if sent.limit.is_some() || sent.unlimited || sent.until.is_some() {
        return Err(invalid("`limit`, `unlimited` and `until` are for setting one"));
    }
    change(&api, author, &sent, Overriding::Unset).await
}

/// Answers what counts now for the same.
async fn change(api: &Api, Author(author): Author, sent: &Sent, overriding: Overriding) -> Result<Response, Problem> {
    let measure = Measure {
        scope: scope::scope(&sent.scope, sent.name.as_deref())?,
        window: sent.window.as_deref().map_or(Ok(Window::Day), scope::window)?,
        unit: sent.unit.as_deref().map_or(Ok(Unit::Tokens), scope::unit)?,
    };
    let id = id(sent.id.as_deref())?;
    let change = OverrideChange { id, measure, overriding, who: label(&author)?, why: label(&sent.reason)? };
    let known = api.accounts.override_limit(&change).await.map_err(|error| maybe_made(error, id))?;
    let OverrideChange { measure: Measure { scope, window, unit }, why, .. } = change;
    tracing::info!(author, %scope, %window, %unit, ?overriding, %why, "a limit is overridden");
    Ok(answer(known.into_iter().collect()))
}

fn answer(overrides: Vec<Override>) -> Response {
    json(StatusCode::OK, &Overrides { overrides: overrides.into_iter().map(Set::from).collect() })
}

impl From<Override> for Set {
    fn from(Override { id, measure, limit, at, until, who, why }: Override) -> Self {
        Set {
            scope: measure.scope.kind().as_str(),
            name: measure.scope.name().map(ToString::to_string),
            window: measure.window.as_str(),
            unit: measure.unit.as_str(),
            limit,
            at,
            until,
            author: who.to_string(),
            reason: why.to_string(),
            id: ReservationId(id.0).to_string(),
        }
    }
}
