use tollgate_policy::set::{Enforcement, Policy};
use tollgate_policy::time::Timestamp;

use crate::find::{listed, roles};

use super::report::Difference;

/// What of a policy decides something and is written otherwise than in another.
pub(super) fn of(first: &Policy, here: &Policy) -> Vec<Difference> {
    let [first, here] = [first, here].map(fields);
    let pairs = first.into_iter().zip(here).filter(|((_, first), (_, here))| first != here);
    pairs.map(|((field, first), (_, here))| Difference { field: field.to_owned(), first, here }).collect()
}

fn fields(policy: &Policy) -> [(&'static str, String); 9] {
    let list = |mut names: Vec<String>| {
        names.sort();
        names.join(", ")
    };
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    [
        ("resource", list(listed(&policy.kinds))),
        ("actions", list(listed(&policy.actions))),
        ("roles", list(roles(policy))),
        ("condition", policy.condition.as_ref().map(|condition| condition.text.clone()).unwrap_or_default()),
        ("effect", policy.effect.to_string()),
        ("enforcement", if policy.enforcement == Enforcement::Shadow { "shadow" } else { "enforce" }.to_owned()),
        ("scope", policy.scope.clone().unwrap_or_default()),
        ("notBefore", time(policy.window.not_before)),
        ("notAfter", time(policy.window.not_after)),
    ]
}
