use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::embedding::{Command, DeadLetter, Searches};

use super::author::Author;
use super::problem::Problem;
use super::respond::json;
use super::waiting::look;
use super::{Api, body};

/// Longest list of policies to be tried again, in bytes.
const MAX_RETRY: usize = 1 << 20;

/// How well searching is kept up with the policies.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Embeddings {
    policies: usize,
    indexed: usize,
    stale: usize,
    lag_ms: u64,
    queued: usize,
    dead: usize,
    /// At a job right now.
    workers_active: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Model>,
    jobs: Jobs,
    cache: Cache,
    store_errors: u64,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Model {
    version: String,
    fingerprint: String,
    dimensions: u16,
    /// Whether texts can be embedded that no policy has.
    embeds: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Jobs {
    completed: u64,
    unchanged: u64,
    superseded: u64,
    retried: u64,
    failed: u64,
    rejected: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_ms: Option<f64>,
    longest_ms: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cache {
    entries: usize,
    hits: u64,
    misses: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hit_rate: Option<f64>,
}

#[derive(Serialize)]
struct Dead {
    dead: Vec<Letter>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    policy: String,
    reason: String,
    attempts: u32,
    /// Milliseconds since 1970.
    at: u64,
    /// Whether it is tried again by itself.
    may_pass: bool,
}

/// Which policies to try again; without it, all.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    policies: Option<Vec<String>>,
}

pub(super) async fn show(State(api): State<Api>) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &look(&api, Embeddings::of).await?))
}

/// What could not be embedded.
pub(super) async fn dead(State(api): State<Api>) -> Result<Response, Problem> {
    let letters = look(&api, Searches::letters).await?;
    Ok(json(StatusCode::OK, &Dead { dead: letters.into_iter().map(Letter::from).collect() }))
}

/// Tries again what could not be embedded.
pub(super) async fn retry(
    Author(_): Author,
    State(api): State<Api>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let Retry { policies } = body::json(&headers, sent, MAX_RETRY).await?;
    api.searches.ask(Command::Retry(policies)).await?;
    Ok(json(StatusCode::ACCEPTED, &look(&api, Embeddings::of).await?))
}

impl Embeddings {
    fn of(searches: &Searches) -> Self {
        let (state, counts, levels) = (searches.state(), searches.counts(), searches.levels());
        let asked = counts.cache_hits + counts.cache_misses;
        Embeddings {
            policies: state.policies,
            indexed: state.indexed,
            stale: state.stale,
            lag_ms: u64::try_from(state.lag.as_millis()).unwrap_or(u64::MAX),
            queued: state.queued,
            dead: state.dead,
            workers_active: counts.workers_active,
            generation: state.serving.as_ref().map(|serving| serving.generation),
            model: state.serving.map(|serving| Model {
                version: serving.model.version.to_string(),
                fingerprint: serving.model.fingerprint.to_string(),
                dimensions: serving.model.dimensions.get(),
                embeds: serving.embeds,
            }),
            jobs: Jobs {
                completed: counts.completed,
                unchanged: counts.unchanged,
                superseded: counts.superseded,
                retried: counts.retried,
                failed: counts.failed,
                rejected: counts.rejected,
                mean_ms: (counts.completed > 0).then(|| counts.took.as_secs_f64() * 1000.0 / counts.completed as f64),
                longest_ms: counts.longest.as_secs_f64() * 1000.0,
            },
            cache: Cache {
                entries: levels.cached,
                hits: counts.cache_hits,
                misses: counts.cache_misses,
                hit_rate: (asked > 0).then(|| counts.cache_hits as f64 / asked as f64),
            },
            store_errors: counts.store_errors,
            problems: state.problems,
        }
    }
}

impl From<DeadLetter> for Letter {
    fn from(DeadLetter { name, text: _, reason, attempts, at, may_pass }: DeadLetter) -> Self {
        Letter { policy: name.to_string(), reason, attempts, at, may_pass }
    }
}
