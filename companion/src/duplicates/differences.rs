use tollgate_policy::set::{Enforcement, Names, Policy};
use tollgate_policy::time::Timestamp;

use super::report::Difference;

/// What of a policy decides something and is written otherwise than in another.
pub(super) fn of(first: &Policy, here: &Policy) -> Vec<Difference> {
    let [first, here] = [first, here].map(fields);
    let pairs = first.into_iter().zip(here).filter(|((_, first), (_, here))| first != here);
    pairs.map(|((field, first), (_, here))| Difference { field: field.to_owned(), first, here }).collect()
}

fn fields(policy: &Policy) -> [(&'static str, String); 9] {
    let names = |names: &Names| match names {
        Names::Any => vec!["*".to_owned()],
        Names::Of(names) => names.clone(),
    };
    let list = |mut names: Vec<String>| {
        names.sort();
        names.join(", ")
    };
    let derived = policy.derived_roles.iter().map(|role| role.name.clone());
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    [
        ("resource", list(names(&policy.kinds))),
        ("actions", list(names(&policy.actions))),
        ("roles", list(names(&policy.roles).into_iter().chain(derived).collect())),
        ("condition", policy.condition.as_ref().map(|condition| condition.text.clone()).unwrap_or_default()),
        ("effect", policy.effect.to_string()),
        ("enforcement", if policy.enforcement == Enforcement::Shadow { "shadow" } else { "enforce" }.to_owned()),
        ("scope", policy.scope.clone().unwrap_or_default()),
        ("notBefore", time(policy.window.not_before)),
        ("notAfter", time(policy.window.not_after)),
    ]
}
