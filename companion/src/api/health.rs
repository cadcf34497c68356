use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::Api;
use super::respond::json;

#[derive(Serialize)]
struct Readiness {
    status: Status,
    /// `epoch.version` of the snapshot that is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Where budgets are counted.
    budgets: Budgets,
}

#[derive(Serialize)]
struct Budgets {
    store: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ready,
    /// A good snapshot is served, but not what the files say now, or budgets cannot be counted.
    Degraded,
    /// There is nothing to serve.
    Unready,
}

/// The process answers: that is all.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Whether there is a snapshot to serve, whether it is the newest, and whether budgets can be counted. Without them there is
/// still all that does not need them: it is no reason to send nobody here.
pub(super) async fn ready(State(api): State<Api>) -> Response {
    let snapshot = api.current.borrow().as_ref().map(|published| published.id.to_string());
    let problem = api.problems.borrow().text();
    let (state, trouble) = api.budget_store.now();
    let (code, status) = match (&snapshot, &problem, &trouble) {
        (None, _, _) => (StatusCode::SERVICE_UNAVAILABLE, Status::Unready),
        (Some(_), None, None) => (StatusCode::OK, Status::Ready),
        (Some(_), _, _) => (StatusCode::OK, Status::Degraded),
    };
    let budgets = Budgets { store: api.budget_store.kind(), state: state.as_str(), problem: trouble };
    json(code, &Readiness { status, snapshot, problem, budgets })
}
