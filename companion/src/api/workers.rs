use std::time::{Duration, Instant};

use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tollgate_policy::snapshot::SnapshotId;

use crate::feed::{Behind, Nacked, State, WorkerView};
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
    /// A worker is known by its VM: Envoy tells a plugin no worker's index.
    vm_id: String,
    node: String,
    cluster: String,
    build: String,
    format: u32,
    warm: bool,
    state: State,
    applied: Option<Id>,
    versions_behind: u64,
    behind_ms: u64,
    serving: bool,
    alive: bool,
    connected: bool,
    last_nack: Option<Nack>,
    last_apply_micros: Option<u64>,
    last_seen_ms_ago: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Nack {
    #[serde(flatten)]
    id: Option<Id>,
    reason: String,
    ms_ago: u64,
}

/// Every plugin VM, and what it should be enforcing.
pub(super) async fn list(extract::State(api): extract::State<Api>) -> Response {
    let current = api.current.borrow().as_deref().map(CurrentSnapshot::from);
    let now = Instant::now();
    let workers = api.registry.list(&api.current, now).into_iter().map(|view| Worker::new(view, now)).collect();
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

impl Nack {
    fn new(nacked: Nacked, now: Instant) -> Self {
        let ms_ago = millis(now.saturating_duration_since(nacked.at));
        Nack { id: nacked.id.map(Into::into), reason: nacked.reason, ms_ago }
    }
}

impl Worker {
    fn new(view: WorkerView, now: Instant) -> Self {
        let behind = view.behind.unwrap_or(Behind { versions: 0, time: Duration::ZERO });
        Worker {
            vm_id: view.vm.to_string(),
            node: view.node,
            cluster: view.cluster,
            build: view.build,
            format: view.format,
            warm: view.warm,
            state: view.state,
            applied: view.applied.map(Into::into),
            versions_behind: behind.versions,
            behind_ms: millis(behind.time),
            serving: view.serving,
            alive: view.alive,
            connected: view.connected,
            last_nack: view.nacked.map(|nacked| Nack::new(nacked, now)),
            last_apply_micros: view.apply_time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            last_seen_ms_ago: millis(view.silent_for),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
