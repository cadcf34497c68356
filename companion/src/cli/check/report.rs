use std::io;

use serde::Serialize;
use tollgate_policy::engine::{Applies, Candidate};
use tollgate_policy::http::{HttpOutcome, HttpVerdict, Refusal};
use tollgate_policy::identity::Principal;

use crate::cli::args::Format;
use crate::cli::output::Output;

/// A decision and its reasons.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) decision: String,
    pub(super) reason: String,
    pub(super) policy: Option<String>,
    /// The first allow policy whose condition did not hold, where that is the reason.
    pub(super) nearest: Option<String>,
    pub(super) first_error: Option<String>,
    /// How many conditions failed to evaluate.
    pub(super) errors: u32,
    pub(super) principal: Option<PrincipalReport>,
    /// For a decision through routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) http: Option<HttpReport>,
    pub(super) digest: String,
    /// Policies that name the kind, the action and a role; known for a decision without routes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) candidates: Vec<CandidateReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct PrincipalReport {
    id: String,
    source: Option<String>,
    roles: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct HttpReport {
    route: Option<String>,
    /// What the client would be answered; absent if the request goes upstream.
    status: Option<u16>,
    code: Option<&'static str>,
    /// What is wrong with the identity.
    detail: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct CandidateReport {
    policy: String,
    effect: String,
    applies: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Report {
    pub(super) fn is_allowed(&self) -> bool {
        self.decision == "allow"
    }
}

impl HttpReport {
    pub(super) fn of(outcome: &HttpOutcome<'_>) -> Self {
        let refusal = match outcome.verdict {
            HttpVerdict::Allow => None,
            HttpVerdict::Refuse(refusal) => Some(refusal),
        };
        HttpReport {
            route: outcome.route.map(str::to_owned),
            status: refusal.map(Refusal::status),
            code: refusal.map(Refusal::code),
            detail: outcome.detail.clone(),
        }
    }
}

impl From<&Principal> for PrincipalReport {
    fn from(principal: &Principal) -> Self {
        PrincipalReport {
            id: principal.id().to_owned(),
            source: principal.source().map(str::to_owned),
            roles: principal.roles().iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Candidate<'_>> for CandidateReport {
    fn from(candidate: &Candidate<'_>) -> Self {
        let (applies, error) = match candidate.applies {
            Applies::Yes => ("yes", None),
            Applies::No => ("no", None),
            Applies::Error(error) => ("error", Some(error.to_string())),
        };
        CandidateReport { policy: candidate.policy.to_owned(), effect: candidate.effect.to_string(), applies, error }
    }
}

/// Writes a report.
pub(super) fn write(report: &Report, format: Format, output: &mut Output<'_>) -> io::Result<()> {
    match format {
        Format::Json => output.json(report),
        Format::Text => write_text(report, output),
    }
}

fn write_text(report: &Report, output: &mut Output<'_>) -> io::Result<()> {
    let http = report.http.as_ref();
    let answer = http.and_then(|http| http.status.zip(http.code)).map(|(status, code)| format!("{status} {code}"));
    let lines = [
        ("decision", Some(report.decision.clone())),
        ("reason", Some(report.reason.clone())),
        ("detail", http.and_then(|http| http.detail.clone())),
        ("policy", report.policy.clone()),
        ("nearest", report.nearest.clone()),
        ("error", report.first_error.clone()),
        ("principal", report.principal.as_ref().map(PrincipalReport::text)),
        ("route", http.and_then(|http| http.route.clone())),
        ("answer", answer),
        ("digest", Some(report.digest.clone())),
    ];
    for (label, value) in lines {
        if let Some(value) = value {
            output.line(format_args!("{label:<10} {value}"))?;
        }
    }
    for candidate in &report.candidates {
        let CandidateReport { policy, effect, applies, error } = candidate;
        let applies = error.as_deref().unwrap_or(applies);
        output.line(format_args!("candidate  {policy} ({effect}): {applies}"))?;
    }
    Ok(())
}

impl PrincipalReport {
    fn text(&self) -> String {
        let source = self.source.as_deref().unwrap_or("none");
        format!("{} (source {source}; roles: {})", self.id, self.roles.join(", "))
    }
}
