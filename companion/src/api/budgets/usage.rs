use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tollgate_budget::{Standing, UsageFilter};

use crate::api::Api;
use crate::api::problem::Problem;
use crate::api::query::Asked;
use crate::api::respond::json;

use super::csv::{self, Csv};
use super::{Budget, page, scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Filter {
    scope: Option<String>,
    name: Option<String>,
    window: Option<String>,
    unit: Option<String>,
    /// A day, `now`, or `all` that is kept.
    at: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Usage {
    budgets: Vec<Budget>,
    /// There are more than those.
    more: bool,
}

/// What is used and held now, with the limits that count.
pub(in crate::api) async fn show(
    State(api): State<Api>,
    Asked(filter): Asked<Filter>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let most = page(filter.limit);
    let asked = UsageFilter {
        scopes: scope::scopes(filter.scope.as_deref(), filter.name.as_deref())?,
        window: filter.window.as_deref().map(scope::window).transpose()?,
        unit: filter.unit.as_deref().map(scope::unit).transpose()?,
        at: match filter.at.as_deref() {
            None | Some("now") => Some(api.accounts.now().await?),
            Some("all") => None,
            Some(day) => Some(scope::day(day)?),
        },
        most: most.saturating_add(1),
    };
    let mut standings = api.accounts.usage(&asked).await?;
    let more = standings.len() > most;
    standings.truncate(most);
    if csv::is_wanted(&headers) {
        return Ok(table(&standings).answer());
    }
    Ok(json(StatusCode::OK, &Usage { budgets: standings.iter().map(Budget::from).collect(), more }))
}

fn table(standings: &[Standing]) -> Csv {
    let mut csv = Csv::new(&["scope", "name", "window", "begins", "unit", "limit", "used", "held"]);
    for standing in standings {
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
    csv
}
