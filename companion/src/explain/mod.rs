//! Why policies apply or not: what each part of their conditions came to.

mod condition;

use serde::Serialize;
use tollgate_policy::engine::{Query, Scratch};
use tollgate_policy::set::{Policy, PolicySet, Window};
use tollgate_policy::snapshot::Snapshot;
use tollgate_policy::time::Timestamp;

use crate::ask::CandidateAnswer;

pub(crate) use condition::{Conditions, Seen, Watched, WatchedStep, is_within};

/// A policy that names the kind, the action and a role, and what became of everything it depends on.
#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    #[serde(flatten)]
    pub(crate) candidate: CandidateAnswer,
    pub(crate) parts: Vec<Part>,
}

/// Something that a policy depends on.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    #[serde(flatten)]
    pub(crate) subject: Subject,
    #[serde(flatten)]
    pub(crate) watched: Watched,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "part", content = "name")]
pub(crate) enum Subject {
    Condition,
    /// The condition of a derived role; its name.
    DerivedRole(String),
    /// The times between which it applies.
    Window,
}

/// Evaluates every candidate of a question part by part, in the order in which the engine looks at them.
pub(crate) fn explain(
    snapshot: &Snapshot,
    set: &PolicySet,
    conditions: &mut Conditions,
    query: &Query<'_>,
) -> Vec<Explained> {
    let candidates = snapshot.trace(query, &mut Scratch::default());
    let explained = candidates.iter().map(|candidate| {
        let policy = set.policies.iter().find(|policy| policy.name == candidate.policy);
        let parts = policy.map(|policy| parts(policy, conditions, query)).unwrap_or_default();
        Explained { candidate: candidate.into(), parts }
    });
    explained.collect()
}

fn parts(policy: &Policy, conditions: &mut Conditions, query: &Query<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |subject, text: &str| {
        parts.extend(conditions.watch(text, query).map(|watched| Part { subject, watched }));
    };
    for role in &policy.derived_roles {
        if let Some(condition) = &role.condition {
            add(Subject::DerivedRole(role.name.clone()), &condition.text);
        }
    }
    for text in window(policy.window) {
        add(Subject::Window, &text);
    }
    if let Some(condition) = &policy.condition {
        add(Subject::Condition, &condition.text);
    }
    parts
}

/// What a window means, in CEL.
fn window(Window { not_before, not_after }: Window) -> impl Iterator<Item = String> {
    let compared =
        |operator: &str, time: Option<Timestamp>| Some(format!("request.time {operator} timestamp('{}')", time?));
    [compared(">=", not_before), compared("<", not_after)].into_iter().flatten()
}
