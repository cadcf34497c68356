use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tollgate_budget::ledger::{Row, Spent, SpentAfter};
use tollgate_budget::{Period, ReservationId, Scopes, Window};

use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::query::Asked;
use crate::api::respond::json;

use super::csv::{self, Csv};
use super::{Page, Used, invalid, page, scope};

const DAY: u64 = 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Days {
    /// One day; or `from` one `to` another one, both included. Without any of them, today.
    day: Option<String>,
    from: Option<String>,
    to: Option<String>,
    scope: Option<String>,
    name: Option<String>,
    /// Only sums after this one.
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Which {
    /// Only rows after this one.
    after: Option<i64>,
    limit: Option<usize>,
    /// One reservation.
    id: Option<String>,
}

#[derive(Serialize)]
struct Sums {
    spent: Vec<Sum>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sum {
    day: String,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    calls: i64,
    tokens: i64,
    micro_dollars: i64,
}

#[derive(Serialize)]
struct Rows {
    rows: Vec<Settled>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settled {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    id: String,
    /// Seconds since 1970.
    at: u64,
    settled_at: u64,
    outcome: &'static str,
    held: Used,
    used: Used,
    late: bool,
    counters: Vec<String>,
}

/// What was spent by scope and day.
pub(in crate::api) async fn spent(
    State(api): State<Api>,
    Asked(asked): Asked<Days>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let scopes = scope::scopes(asked.scope.as_deref(), asked.name.as_deref())?;
    let (span, after) = (asked.span()?, asked.after.as_deref().map(cursor).transpose()?);
    if !csv::is_wanted(&headers) {
        let Page { entries, next } = sums(&api, &scopes, span, after.as_ref(), page(asked.limit)).await?;
        let next = next.as_ref().map(cursor_text);
        return Ok(json(StatusCode::OK, &Sums { spent: entries.into_iter().map(Sum::from).collect(), next }));
    }
    let (most, has_end) = super::csv_page(asked.limit);
    let text = move |mut csv: Csv, Page { entries, next }: Page<Spent, SpentAfter>| {
        entries.into_iter().for_each(|spent| row(&mut csv, spent.into()));
        (csv.text(), next.filter(|_| !has_end))
    };
    let headings = Csv::new(&["day", "scope", "name", "calls", "tokens", "microDollars"]);
    let first = text(headings, sums(&api, &scopes, span, after.as_ref(), most).await?);
    Ok(csv::answer(first, move |after| {
        let (api, scopes) = (api.clone(), scopes.clone());
        async move { Ok(text(Csv::rest(), sums(&api, &scopes, span, Some(&after), most).await?)) }
    }))
}

async fn sums(
    api: &Api,
    scopes: &Scopes,
    (from, to): (u64, u64),
    after: Option<&SpentAfter>,
    most: usize,
) -> Result<Page<Spent, SpentAfter>, Problem> {
    let spent = api.accounts.spent(scopes, from, to, after, most.saturating_add(1)).await?;
    Ok(Page::cut(spent, most, |sum| SpentAfter { day: sum.day, scope: sum.scope.clone() }))
}

/// The day, the kind of the scope, and its name if it has one, with colons in between.
fn cursor_text(SpentAfter { day, scope }: &SpentAfter) -> String {
    let name = scope.name().map(|name| format!(":{name}")).unwrap_or_default();
    format!("{}:{}{name}", scope::day_text(day.begins()), scope.kind())
}

fn cursor(text: &str) -> Result<SpentAfter, Problem> {
    let mut parts = text.splitn(3, ':');
    let (day, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let scope = scope::scope(kind, parts.next())?;
    Ok(SpentAfter { day: Period::containing(Window::Day, scope::day(day)?), scope })
}

/// How calls were settled, one by one.
pub(in crate::api) async fn rows(State(api): State<Api>, Asked(asked): Asked<Which>) -> Result<Response, Problem> {
    if let Some(id) = asked.id {
        let id: ReservationId = id.parse().map_err(|error: tollgate_budget::InvalidId| invalid(error.to_string()))?;
        let nothing = || Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "nothing of this id is settled");
        let row = api.accounts.row(id).await?.ok_or_else(nothing)?;
        return Ok(json(StatusCode::OK, &Rows { rows: vec![Settled::new(None, row)], next: None }));
    }
    let most = page(asked.limit);
    let mut rows = api.accounts.rows(asked.after.unwrap_or(0), most.saturating_add(1)).await?;
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| has_more).map(|(number, _)| *number);
    let rows = rows.into_iter().map(|(number, row)| Settled::new(Some(number), row)).collect();
    Ok(json(StatusCode::OK, &Rows { rows, next }))
}

impl Days {
    /// From the first second of the first day to the first after the last.
    fn span(&self) -> Result<(u64, u64), Problem> {
        let (from, to) = match (&self.day, &self.from, &self.to) {
            (Some(day), None, None) => (scope::day(day)?, scope::day(day)?),
            (None, Some(from), Some(to)) => (scope::day(from)?, scope::day(to)?),
            (None, Some(from), None) => (scope::day(from)?, scope::now()),
            (None, None, None) => (scope::now() / DAY * DAY, scope::now()),
            _ => return Err(invalid("a `day`, or days `from` one `to` another one")),
        };
        Ok((from, (to / DAY).saturating_add(1).saturating_mul(DAY)))
    }
}

fn row(csv: &mut Csv, Sum { day, scope, name, calls, tokens, micro_dollars }: Sum) {
    let [calls, tokens, micro_dollars] = [calls, tokens, micro_dollars].map(|number| number.to_string());
    csv.row(&[day, scope.to_owned(), name.unwrap_or_default(), calls, tokens, micro_dollars]);
}

impl From<Spent> for Sum {
    fn from(Spent { day, scope, calls, tokens, micro_dollars }: Spent) -> Self {
        let name = scope.name().map(ToString::to_string);
        Sum { day: scope::day_text(day.begins()), scope: scope.kind().as_str(), name, calls, tokens, micro_dollars }
    }
}

impl Settled {
    fn new(number: Option<i64>, row: Row) -> Self {
        Settled {
            number,
            id: row.id.to_string(),
            at: row.at,
            settled_at: row.settled_at,
            outcome: row.ending.as_str(),
            held: row.held.into(),
            used: row.ending.used().into(),
            late: row.is_late,
            counters: row.counters.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_list_goes_on_is_read_as_it_is_written() {
        for text in ["2026-11-22:global", "2026-11-22:org:acme", "2026-11-22:user:a:b c"] {
            assert_eq!(cursor_text(&cursor(text).unwrap()), text);
        }
        for text in ["", "2026-11-22", "2026-11-22:org", "2026-11-22:team:x", "x:org:acme"] {
            assert!(cursor(text).is_err(), "{text}");
        }
    }
}
