//! `tollgate check`: one decision from the command line, with reasons.

mod args;
mod identity;
mod principal;
mod report;
mod request;
mod resource;
#[cfg(test)]
mod tests;

use anyhow::Context;
use tollgate_policy::engine::{Effect, Query, RequestFacts, Resource, Scratch};
use tollgate_policy::http::{Headers, HttpVerdict};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::{Snapshot, SnapshotId};
use tollgate_policy::source::Loader;

use crate::policies::{compile, load, read_paths};

use super::exit::Exit;
use super::output::Output;
use super::validate;

pub(super) use args::Args;
use args::Question;
use identity::PresentedIdentity;
use report::{HttpReport, Report, write};
use request::HttpRequest;
use resource::ResourceArg;

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let principal = args.principal()?;
    let question = args.question()?;
    let files = read_paths(&args.policies)?;
    let set = match load(&files, &mut Loader::default()) {
        Ok(set) => set,
        Err(error) => {
            validate::report(&error, args.format, output)?;
            return Ok(Exit::Error);
        }
    };
    let snapshot = compile(&set, SnapshotId::default())?.snapshot;
    let report = match &question {
        Question::Resource { action, resource } => ask(&snapshot, principal, action, resource),
        Question::Request(request) => send(&snapshot, &set, principal, request)?,
    };
    write(&report, args.format, output)?;
    Ok(if report.is_allowed() { Exit::Success } else { Exit::Denied })
}

fn ask(snapshot: &Snapshot, principal: Option<PrincipalClaims>, action: &str, resource: &ResourceArg) -> Report {
    let principal = principal.map_or_else(|| snapshot.anonymous(), |claims| snapshot.principal(claims));
    let resource =
        Resource { kind: &resource.kind, id: resource.id.as_deref(), attributes: (&resource.attributes).into() };
    let query = Query { principal: &principal, action, resource, request: RequestFacts::default() };
    let mut scratch = Scratch::default();
    let decision = snapshot.decide(&query, &mut scratch);
    let candidates = snapshot.trace(&query, &mut scratch);
    Report {
        decision: decision.effect.to_string(),
        reason: decision.reason.to_string(),
        policy: decision.policy.map(|policy| policy.name().to_owned()),
        nearest: decision.nearest.map(|policy| policy.name().to_owned()),
        first_error: decision.first_error.map(|error| error.to_string()),
        errors: decision.errors,
        principal: Some((&principal).into()),
        http: None,
        digest: decision.digest.to_string(),
        candidates: candidates.iter().map(Into::into).collect(),
    }
}

fn send(
    snapshot: &Snapshot,
    set: &PolicySet,
    principal: Option<PrincipalClaims>,
    request: &HttpRequest,
) -> anyhow::Result<Report> {
    let identity = match principal {
        Some(claims) => {
            PresentedIdentity::of(&claims, &set.identity).context("this principal cannot come with a request")?
        }
        None => PresentedIdentity::default(),
    };
    let headers = request.headers(&identity);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let mut scratch = Scratch::default();
    let outcome = snapshot.check_http(Headers(&headers), &identity, &mut scratch);
    let effect = match outcome.verdict {
        HttpVerdict::Allow => Effect::Allow,
        HttpVerdict::Refuse(_) => Effect::Deny,
    };
    Ok(Report {
        decision: effect.to_string(),
        reason: outcome.reason.to_string(),
        policy: outcome.policy.map(str::to_owned),
        nearest: outcome.nearest.map(str::to_owned),
        first_error: outcome.first_error.map(|error| error.to_string()),
        errors: outcome.errors,
        principal: outcome.principal.as_ref().map(Into::into),
        http: Some(HttpReport::of(&outcome)),
        digest: snapshot.digest().to_string(),
        candidates: Vec::new(),
    })
}
