use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tollgate_policy::snapshot::SnapshotId;

use crate::feed::{Nacked, WorkerView};
use crate::publisher::Published;

use super::Api;
use super::respond::json;

#[derive(Serialize)]
struct Workers {
    current: Option<CurrentSnapshot>,
    workers: Vec<Worker>,
}

#[derive(Serialize)]
struct CurrentSnapshot {
    #[serde(flatten)]
    id: Id,
    digest: String,
    policies: usize,
}

#[derive(Serialize)]
struct Id {
    epoch: u64,
    version: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Worker {
    vm_id: String,
    node: String,
    cluster: String,
    build: String,
    applied: Option<Id>,
    serving: bool,
    alive: bool,
    connected: bool,
    behind: bool,
    last_nack: Option<Nack>,
    last_seen_ms_ago: u64,
}

#[derive(Serialize)]
struct Nack {
    #[serde(flatten)]
    id: Id,
    reason: String,
}

/// Every plugin VM, and what it should be enforcing.
pub(super) async fn list(State(api): State<Api>) -> Response {
    let current = api.current.borrow().as_deref().map(CurrentSnapshot::from);
    let workers = api.registry.list(&api.current, Instant::now()).into_iter().map(Worker::from).collect();
    json(StatusCode::OK, &Workers { current, workers })
}

impl From<SnapshotId> for Id {
    fn from(id: SnapshotId) -> Self {
        Id { epoch: id.epoch, version: id.version }
    }
}

impl From<&Published> for CurrentSnapshot {
    fn from(published: &Published) -> Self {
        CurrentSnapshot { id: published.id.into(), digest: published.digest.to_string(), policies: published.policies }
    }
}

impl From<Nacked> for Nack {
    fn from(nacked: Nacked) -> Self {
        Nack { id: nacked.id.into(), reason: nacked.reason }
    }
}

impl From<WorkerView> for Worker {
    fn from(view: WorkerView) -> Self {
        Worker {
            vm_id: view.vm.to_string(),
            node: view.node,
            cluster: view.cluster,
            build: view.build,
            applied: view.applied.map(Into::into),
            serving: view.serving,
            alive: view.alive,
            connected: view.connected,
            behind: view.behind,
            last_nack: view.nacked.map(Into::into),
            last_seen_ms_ago: u64::try_from(view.silent_for.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
