use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tollgate_budget::{Counter, Standing, UsageFilter};

use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::query::Asked;
use crate::api::respond::json;

use super::csv::{self, Csv};
use super::{Budget, Page, invalid, scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Filter {
    scope: Option<String>,
    name: Option<String>,
    window: Option<String>,
    unit: Option<String>,
    /// A day, a time, `now`, or `all` that is kept.
    at: Option<String>,
    /// Only counters after this one.
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Usage {
    budgets: Vec<Budget>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What is used and held now, with the limits that count.
pub(in crate::api) async fn show(
    State(api): State<Api>,
    Asked(filter): Asked<Filter>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = filter.after.as_deref().map(str::parse).transpose();
    let asked = UsageFilter {
        scopes: scope::scopes(filter.scope.as_deref(), filter.name.as_deref())?,
        window: filter.window.as_deref().map(scope::window).transpose()?,
        unit: filter.unit.as_deref().map(scope::unit).transpose()?,
        at: match filter.at.as_deref() {
            None | Some("now") => Some(api.accounts.now().await?),
            Some("all") => None,
            Some(text) => Some(scope::time(text)?),
        },
        after: after.map_err(|error: tollgate_budget::InvalidCounter| invalid(error.to_string()))?,
        most: 0,
    };
    if !csv::is_wanted(&headers) {
        let Page { entries, next } = page(&api, &asked, super::page(filter.limit)).await?;
        let next = next.map(|counter| counter.to_string());
        return Ok(json(StatusCode::OK, &Usage { budgets: entries.iter().map(Budget::from).collect(), next }));
    }
    let (most, has_end) = super::csv_page(filter.limit);
    let text = move |mut csv: Csv, Page { entries, next }: Page<Standing, Counter>| {
        entries.iter().for_each(|standing| row(&mut csv, standing));
        (csv.text(), next.filter(|_| !has_end))
    };
    let headings = Csv::new(&["scope", "name", "window", "begins", "unit", "limit", "used", "held"]);
    let first = text(headings, page(&api, &asked, most).await?);
    Ok(csv::answer(first, move |after| {
        let (api, asked) = (api.clone(), UsageFilter { after: Some(after), ..asked.clone() });
        async move { Ok(text(Csv::rest(), page(&api, &asked, most).await?)) }
    }))
}

async fn page(api: &Api, asked: &UsageFilter, most: usize) -> Result<Page<Standing, Counter>, Problem> {
    let asked = UsageFilter { most: most.saturating_add(1), ..asked.clone() };
    Ok(Page::cut(api.accounts.usage(&asked).await?, most, |standing| standing.counter.clone()))
}

fn row(csv: &mut Csv, standing: &Standing) {
    let Budget { scope, name, window, unit, begins, limit, used, held, .. } = standing.into();
    let limit = limit.map(|limit| limit.to_string()).unwrap_or_default();
    csv.row(&[
        scope.to_owned(),
        name.unwrap_or_default(),
        window.to_owned(),
        begins.to_string(),
        unit.to_owned(),
        limit,
        used.to_string(),
        held.to_string(),
    ]);
}
