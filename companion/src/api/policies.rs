use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::publisher::{Change, Done, Etag, Refused};

use super::author::Author;
use super::problem::Problem;
use super::query::Asked;
use super::respond::json;
use super::{Api, body, condition};

/// Longest policy, in bytes.
const MAX_POLICY: usize = 1 << 20;

/// Policies of a page: unless told, and at most.
const PAGE: usize = 1000;
const MAX_PAGE: usize = 10_000;

#[derive(Deserialize)]
pub(super) struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Listing {
    policies: Vec<Listed>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    etag: String,
}

#[derive(Serialize)]
struct InForce {
    epoch: u64,
    version: u64,
    digest: String,
}

/// The names of all policies. The ETag is that of the whole set.
pub(super) async fn list(State(api): State<Api>, Asked(page): Asked<Page>) -> Result<Response, Problem> {
    let shelf = api.shelf()?;
    let most = page.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let mut policies = shelf.list(page.after.as_deref(), most + 1);
    let has_more = policies.len() > most;
    policies.truncate(most);
    let next = policies.last().filter(|_| has_more).map(|(name, _)| name.clone());
    let listed = |(name, text): (String, std::sync::Arc<str>)| Listed { name, etag: Etag::of_text(&text).to_string() };
    let listing = Listing { policies: policies.into_iter().map(listed).collect(), next };
    let etag = api.current.borrow().as_ref().map(|current| Etag::of_set(current.id));
    Ok(with_etag(json(StatusCode::OK, &listing), etag.as_ref()))
}

/// A policy as it was written.
pub(super) async fn get(State(api): State<Api>, Path(name): Path<String>) -> Result<Response, Problem> {
    let text = api.shelf()?.get(&name).ok_or(Refused::NoPolicy(name))?;
    let kind = if text.trim_start().starts_with('{') { "application/json" } else { "application/yaml" };
    let response = (StatusCode::OK, [(header::CONTENT_TYPE, kind)], text.to_string()).into_response();
    Ok(with_etag(response, Some(&Etag::of_text(&text))))
}

/// Writes a policy.
pub(super) async fn put(
    Author(author): Author,
    State(api): State<Api>,
    Path(policy): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    api.shelf()?;
    let condition = condition::condition(&headers)?;
    let text = body::text(&headers, body, MAX_POLICY).await?;
    Ok(done(&api.changes.make(Change::Put { policy, text, condition }, author).await?))
}

/// Removes a policy.
pub(super) async fn delete(
    Author(author): Author,
    State(api): State<Api>,
    Path(policy): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    api.shelf()?;
    let condition = condition::condition(&headers)?;
    Ok(done(&api.changes.make(Change::Delete { policy, condition }, author).await?))
}

/// What is in force after a change.
pub(super) fn done(done: &Done) -> Response {
    let status = if done.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let body = InForce { epoch: done.id.epoch, version: done.id.version, digest: done.digest.to_string() };
    with_etag(json(status, &body), done.etag.as_ref())
}

fn with_etag(mut response: Response, etag: Option<&Etag>) -> Response {
    if let Some(value) = etag.and_then(|etag| etag.as_str().parse().ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
