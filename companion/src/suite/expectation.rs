use std::fmt;

use tollgate_policy::engine::Effect;
use tollgate_policy::source::tree::{InFile, Mapping, Node, Problem, Shape, Value, choice, text};

use crate::ask::{Answer, reason_name};

pub(super) const DETAILS: Shape =
    Shape { noun: "an expectation", fields: &["effect", "status", "reason", "policy", "route"], planned: &[] };

const EFFECTS: &[(&str, Effect)] = &[("allow", Effect::Allow), ("deny", Effect::Deny)];

/// The reasons that a suite can expect, as [`reason_name`] gives them.
const REASONS: &[(&str, &str)] = &[
    ("allowed", "allowed"),
    ("denied", "denied"),
    ("denied-by-fault", "denied-by-fault"),
    ("no-condition-holds", "no-condition-holds"),
    ("no-policy", "no-policy"),
    ("unknown-scope", "unknown-scope"),
    ("scope-mismatch", "scope-mismatch"),
    ("body-too-large", "body-too-large"),
    ("no-route", "no-route"),
    ("passed-unmatched", "passed-unmatched"),
    ("invalid-request", "invalid-request"),
    ("unauthenticated", "unauthenticated"),
];

/// What an answer should be. What is absent may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) outcome: Outcome,
    reason: Option<&'static str>,
    /// The policy that decides, or the nearest one where none does.
    policy: Option<String>,
    route: Option<String>,
}

/// What becomes of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Effect(Effect),
    /// A refusal with this HTTP status.
    Status(u16),
}

/// What the question of a case can be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    Effects,
    EffectsAndStatuses,
}

impl Expectation {
    fn of(outcome: Outcome) -> Self {
        Expectation { outcome, reason: None, policy: None, route: None }
    }

    /// `allow`, `deny`, or a status.
    pub(super) fn read(node: &Node<'_>, answers: Answers, file: &mut InFile<'_, '_>) -> Option<Self> {
        match &node.value {
            Value::Int(_) => status(node, answers, file).map(Outcome::Status),
            _ => choice(node, "an expectation", EFFECTS, file).map(Outcome::Effect),
        }
        .map(Expectation::of)
    }

    /// Outcome and details: `{effect: deny, policy: frozen}`.
    pub(super) fn read_details(node: &Node<'_>, answers: Answers, file: &mut InFile<'_, '_>) -> Option<Self> {
        let details = Mapping::read(node, &DETAILS, file)?;
        let outcome = match details.one_of(&["effect", "status"], file)? {
            ("status", node) => Outcome::Status(status(node, answers, file)?),
            (_, node) => Outcome::Effect(choice(node, "`effect`", EFFECTS, file)?),
        };
        let reason = match details.get("reason") {
            Some(node) => Some(choice(node, "`reason`", REASONS, file)?),
            None => None,
        };
        let mut name = |field| match details.get(field) {
            Some(node) => text(node, &format!("`{field}`"), file).map(|name| Some(name.to_owned())),
            None => Some(None),
        };
        let (policy, route) = (name("policy")?, name("route")?);
        if let (Some(node), Answers::Effects) = (details.get("route"), answers) {
            file.refuse(node.at, "only a request has a route; remove `route`, or ask with `request`");
            return None;
        }
        Some(Expectation { outcome, reason, policy, route })
    }

    /// Whether an answer is as expected.
    pub(crate) fn is_met_by(&self, answer: &Answer) -> bool {
        let Expectation { outcome, reason, policy, route } = self;
        let http = answer.http.as_ref();
        let outcome = match outcome {
            Outcome::Effect(effect) => answer.decision == *effect,
            Outcome::Status(status) => http.and_then(|http| http.status) == Some(*status),
        };
        let decider = answer.policy.as_deref().or(answer.nearest.as_deref());
        outcome
            && reason.is_none_or(|reason| reason_name(answer.reason) == reason)
            && policy.as_deref().is_none_or(|policy| decider == Some(policy))
            && route.as_deref().is_none_or(|route| http.and_then(|http| http.route.as_deref()) == Some(route))
    }
}

fn status(node: &Node<'_>, answers: Answers, file: &mut InFile<'_, '_>) -> Option<u16> {
    let problem = match (&node.value, answers) {
        (Value::Int(status), Answers::EffectsAndStatuses) => {
            let status = u16::try_from(*status).ok().filter(|status| (400..600).contains(status));
            if status.is_some() {
                return status;
            }
            Problem::new("a refusal has a status from 400 to 599; write `allow` for a request that goes upstream")
        }
        (_, Answers::EffectsAndStatuses) => {
            Problem::new(format!("`status` is a number such as 403, not {}", node.value.noun()))
        }
        (_, Answers::Effects) => Problem::new("only a request has a status; write `allow` or `deny`"),
    };
    file.refuse(node.at, problem);
    None
}

/// `deny (reason no-policy, policy x)`.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Outcome::Effect(effect) => write!(f, "{effect}")?,
            Outcome::Status(status) => write!(f, "{status}")?,
        }
        let details = [
            self.reason.map(|reason| format!("reason {reason}")),
            self.policy.as_ref().map(|policy| format!("policy {policy}")),
            self.route.as_ref().map(|route| format!("route {route}")),
        ];
        match details.into_iter().flatten().collect::<Vec<_>>() {
            details if details.is_empty() => Ok(()),
            details => write!(f, " ({})", details.join(", ")),
        }
    }
}
