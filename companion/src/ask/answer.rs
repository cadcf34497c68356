use std::fmt;

use serde::{Serialize, Serializer};
use tollgate_policy::engine::{Applies, Candidate, Effect, Reason, ShadowOutcome};
use tollgate_policy::http::{HttpOutcome, HttpVerdict, Refusal};
use tollgate_policy::identity::Principal;

/// A decision and its reasons.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    #[serde(serialize_with = "displayed")]
    pub(crate) decision: Effect,
    #[serde(serialize_with = "displayed")]
    pub(crate) reason: Reason,
    pub(crate) policy: Option<String>,
    /// The first allow policy whose condition did not hold, where that is the reason.
    pub(crate) nearest: Option<String>,
    pub(crate) first_error: Option<String>,
    /// How many conditions failed to evaluate.
    pub(crate) errors: u32,
    /// What shadow policies would have made of it, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shadow: Option<ShadowAnswer>,
    pub(crate) principal: Option<PrincipalAnswer>,
    /// For a decision through routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<HttpAnswer>,
    pub(crate) digest: String,
    /// Policies that name the kind, the action and a role, if it came to a question for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) candidates: Vec<CandidateAnswer>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ShadowAnswer {
    #[serde(serialize_with = "displayed")]
    pub(crate) decision: Effect,
    #[serde(serialize_with = "displayed")]
    pub(crate) reason: Reason,
    pub(crate) policy: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct PrincipalAnswer {
    pub(crate) id: String,
    pub(crate) source: Option<String>,
    pub(crate) roles: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HttpAnswer {
    pub(crate) route: Option<String>,
    /// What the client would be answered; absent if the request goes upstream.
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<&'static str>,
    /// What is wrong with the identity.
    pub(crate) detail: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CandidateAnswer {
    pub(crate) policy: String,
    #[serde(serialize_with = "displayed")]
    pub(crate) effect: Effect,
    /// It decides nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) shadow: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    pub(crate) applies: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Answer {
    pub(crate) fn is_allowed(&self) -> bool {
        self.decision == Effect::Allow
    }
}

impl From<&HttpOutcome<'_>> for HttpAnswer {
    fn from(outcome: &HttpOutcome<'_>) -> Self {
        let refusal = match outcome.verdict {
            HttpVerdict::Allow => None,
            HttpVerdict::Refuse(refusal) => Some(refusal),
        };
        HttpAnswer {
            route: outcome.route.map(str::to_owned),
            status: refusal.map(Refusal::status),
            code: refusal.map(Refusal::code),
            detail: outcome.detail.clone(),
        }
    }
}

impl From<&ShadowOutcome<'_>> for ShadowAnswer {
    fn from(shadow: &ShadowOutcome<'_>) -> Self {
        ShadowAnswer {
            decision: shadow.effect,
            reason: shadow.reason,
            policy: shadow.policy.map(|policy| policy.name().to_owned()),
        }
    }
}

impl From<&Principal> for PrincipalAnswer {
    fn from(principal: &Principal) -> Self {
        PrincipalAnswer {
            id: principal.id().to_owned(),
            source: principal.source().map(str::to_owned),
            roles: principal.roles().iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Candidate<'_>> for CandidateAnswer {
    fn from(candidate: &Candidate<'_>) -> Self {
        let (applies, error) = match candidate.applies {
            Applies::Yes => ("yes", None),
            Applies::No => ("no", None),
            Applies::Error(error) => ("error", Some(error.to_string())),
        };
        CandidateAnswer {
            policy: candidate.policy.to_owned(),
            effect: candidate.effect,
            shadow: candidate.shadow,
            scope: candidate.scope.map(str::to_owned),
            applies,
            error,
        }
    }
}

fn displayed<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What test suites call a reason.
pub(crate) fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Allowed => "allowed",
        Reason::Denied => "denied",
        Reason::DeniedByFault => "denied-by-fault",
        Reason::NoConditionHolds => "no-condition-holds",
        Reason::NoPolicy => "no-policy",
        Reason::UnknownScope => "unknown-scope",
        Reason::ScopeMismatch => "scope-mismatch",
        Reason::BodyTooLarge => "body-too-large",
        Reason::NoRoute => "no-route",
        Reason::PassedUnmatched => "passed-unmatched",
        Reason::Invalid(_) => "invalid-request",
        Reason::Unauthenticated(_) => "unauthenticated",
    }
}
