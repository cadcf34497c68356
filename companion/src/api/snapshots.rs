use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::SourceFile;

use crate::feed::Enforcement;
use crate::publisher::{Change, Refused};
use crate::store::{self, Origin, Summary, Version};

use super::author::Author;
use super::policies::done;
use super::problem::Problem;
use super::query::Asked;
use super::respond::json;
use super::{Api, body, condition};

/// Longest set, in bytes: a policy file can be no longer.
const MAX_SET: usize = 64 << 20;

/// Versions of a page: unless told, and at most.
const PAGE: u32 = 50;
const MAX_PAGE: u32 = 1000;

#[derive(Deserialize)]
pub(super) struct Page {
    /// Only versions before this one.
    before: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Detail {
    #[serde(default)]
    documents: Wanted,
}

/// Which documents are told with a version.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    #[default]
    None,
    /// Those that it changed, before and after.
    Changed,
    All,
}

#[derive(Serialize)]
struct History {
    snapshots: Vec<Entry>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A version, as programs read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    epoch: u64,
    version: u64,
    digest: String,
    /// Milliseconds since 1970.
    at: u64,
    author: String,
    source: Origin,
    /// `epoch.version` of the version whose content it is once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    policies: usize,
    summary: Summary,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    entry: Entry,
    /// Whether it is published now.
    current: bool,
    enforcement: Enforced,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Changed>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<Document>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Enforced {
    /// Living workers that decide with it or with a later one.
    applied_by: usize,
    alive: usize,
    /// From publication to the first worker that enforced it, and to the last so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ms: Option<f64>,
}

#[derive(Serialize)]
struct Changed {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Serialize)]
struct Document {
    name: String,
    text: String,
}

/// What was published, newest first.
pub(super) async fn list(State(api): State<Api>, Asked(page): Asked<Page>) -> Result<Response, Problem> {
    let before = page.before.as_deref().map(parse).transpose()?;
    let most = page.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let mut versions = api.history.ask(move |store| store.versions(before, most + 1)).await.map_err(Problem::state)?;
    let has_more = versions.len() > most as usize;
    versions.truncate(most as usize);
    let next = versions.last().filter(|_| has_more).map(|version| version.id.to_string());
    Ok(json(StatusCode::OK, &History { snapshots: versions.into_iter().map(Entry::from).collect(), next }))
}

/// One version; `current` is the one that is published.
pub(super) async fn show(
    State(api): State<Api>,
    Path(id): Path<String>,
    Asked(Detail { documents }): Asked<Detail>,
) -> Result<Response, Problem> {
    let current = api.current.borrow().as_ref().map(|published| published.id);
    let id = match (id.as_str(), current) {
        ("current", Some(current)) => current,
        ("current", None) => return Err(Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "nothing is published yet")),
        (other, _) => parse(other)?,
    };
    // Texts may be many, and publications wait for whoever reads them: few at a time.
    let _room = match documents {
        Wanted::None => None,
        Wanted::Changed | Wanted::All => Some(api.large_bodies.acquire().await.map_err(|_| Refused::Stopping)?),
    };
    let found = api.history.ask(move |store| find(store, id, documents)).await.map_err(Problem::state)?;
    let (version, changes, documents) = found.ok_or(Refused::NoVersion(id))?;
    let shown = Shown {
        entry: version.into(),
        current: current == Some(id),
        enforcement: api.registry.enforcement(id, Instant::now()).into(),
        changes: changes.map(|changes| changes.into_iter().map(Changed::from).collect()),
        documents: documents.map(|documents| documents.into_iter().map(Document::from).collect()),
    };
    Ok(json(StatusCode::OK, &shown))
}

type Found = (Version, Option<Vec<store::Change>>, Option<Vec<SourceFile>>);

fn find(store: &store::Store, id: SnapshotId, wanted: Wanted) -> Result<Option<Found>, store::StoreError> {
    let Some(version) = store.version(id)? else { return Ok(None) };
    Ok(Some(match wanted {
        Wanted::None => (version, None, None),
        Wanted::Changed => (version, Some(store.changes(id)?), None),
        Wanted::All => (version, None, Some(store.documents(id)?.unwrap_or_default())),
    }))
}

/// Publishes a whole set.
pub(super) async fn post(
    Author(author): Author,
    State(api): State<Api>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    api.shelf()?;
    let condition = condition::condition(&headers)?;
    // Few large bodies are held at a time; others wait, and read nothing meanwhile.
    let _room = api.large_bodies.acquire().await.map_err(|_| Refused::Stopping)?;
    let files = body::files(&headers, sent, MAX_SET).await?;
    Ok(done(&api.changes.make(Change::Replace { files, condition }, author).await?))
}

/// Publishes what a version held once more.
pub(super) async fn rollback(
    Author(author): Author,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let to = parse(&id)?;
    Ok(done(&api.changes.make(Change::Rollback { to }, author).await?))
}

fn parse(id: &str) -> Result<SnapshotId, Problem> {
    let parts = id.split_once('.').and_then(|(epoch, version)| Some((epoch.parse().ok()?, version.parse().ok()?)));
    parts.map(|(epoch, version)| SnapshotId { epoch, version }).ok_or_else(|| {
        let detail = "a version is written as epoch and number, such as 1763740800.3";
        Problem::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", detail)
    })
}

impl From<Version> for Entry {
    fn from(version: Version) -> Self {
        let Version { id, digest, at, author, source, of, policies, summary, held_against: _ } = version;
        Entry {
            epoch: id.epoch,
            version: id.version,
            digest: digest.to_string(),
            at,
            author,
            source,
            of: of.map(|of| of.to_string()),
            policies,
            summary,
        }
    }
}

impl From<Enforcement> for Enforced {
    fn from(Enforcement { applied_by, alive, first, last }: Enforcement) -> Self {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        Enforced { applied_by, alive, first_ms: first.map(milliseconds), last_ms: last.map(milliseconds) }
    }
}

impl From<store::Change> for Changed {
    fn from(store::Change { path, before, after }: store::Change) -> Self {
        let text = |text: std::sync::Arc<str>| text.to_string();
        Changed { name: path, before: before.map(text), after: after.map(text) }
    }
}

impl From<SourceFile> for Document {
    fn from(file: SourceFile) -> Self {
        Document { name: file.name, text: file.text.to_string() }
    }
}
