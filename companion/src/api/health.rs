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
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ready,
    /// A good snapshot is served, but not what the files say now.
    Degraded,
    /// There is nothing to serve.
    Unready,
}

/// The process answers: that is all.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Whether there is a snapshot to serve, and whether it is the newest.
pub(super) async fn ready(State(api): State<Api>) -> Response {
    let snapshot = api.current.borrow().as_ref().map(|published| published.id.to_string());
    let problem = api.problems.borrow().text();
    let (code, status) = match (&snapshot, &problem) {
        (None, _) => (StatusCode::SERVICE_UNAVAILABLE, Status::Unready),
        (Some(_), Some(_)) => (StatusCode::OK, Status::Degraded),
        (Some(_), None) => (StatusCode::OK, Status::Ready),
    };
    json(code, &Readiness { status, snapshot, problem })
}
