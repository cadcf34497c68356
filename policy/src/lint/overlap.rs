use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Finding, Rule, Subject};
use crate::engine::{Effect, Glob};
use crate::set::{Enforcement, Names, Policy, PolicySet, Window};

/// Policies that other policies make needless.
pub(super) fn check(set: &PolicySet, findings: &mut Vec<Finding>) {
    duplicates(set, findings);
    shadowed(set, findings);
}

fn duplicates(set: &PolicySet, findings: &mut Vec<Finding>) {
    let mut first: HashMap<Said<'_>, &str> = HashMap::new();
    for policy in &set.policies {
        match first.get(&Said::by(policy)) {
            Some(other) => findings.push(Finding {
                subject: Subject::Policy(policy.name.clone()),
                rule: Rule::Duplicate,
                message: format!("it says the same as policy `{other}`; remove one of the two"),
            }),
            None => {
                first.insert(Said::by(policy), &policy.name);
            }
        }
    }
}

/// What a policy says, whatever it is called.
#[derive(PartialEq, Eq, Hash)]
struct Said<'p> {
    denies: bool,
    shadow: bool,
    scope: Option<&'p str>,
    kinds: Option<BTreeSet<&'p str>>,
    actions: Option<BTreeSet<&'p str>>,
    roles: Option<BTreeSet<&'p str>>,
    condition: Option<&'p str>,
    window: [Option<(i64, u32)>; 2],
}

impl<'p> Said<'p> {
    fn by(policy: &'p Policy) -> Self {
        let set = |names: &'p Names| match names {
            Names::Any => None,
            Names::Of(names) => Some(names.iter().map(String::as_str).collect::<BTreeSet<_>>()),
        };
        let derived = policy.derived_roles.iter().map(|role| role.name.as_str());
        let Window { not_before, not_after } = policy.window;
        Said {
            denies: policy.effect == Effect::Deny,
            shadow: policy.enforcement == Enforcement::Shadow,
            scope: policy.scope.as_deref(),
            kinds: set(&policy.kinds),
            actions: set(&policy.actions),
            roles: set(&policy.roles).map(|roles| roles.into_iter().chain(derived).collect()),
            condition: policy.condition.as_ref().map(|condition| condition.text.as_str()),
            window: [not_before, not_after].map(|time| time.map(|time| (time.seconds(), time.nanos()))),
        }
    }
}

fn shadowed(set: &PolicySet, findings: &mut Vec<Finding>) {
    // A deny can shadow what it has a kind in common with.
    let mut denies: HashMap<Option<&str>, Vec<&Policy>> = HashMap::new();
    let always = |policy: &&Arc<Policy>| {
        policy.effect == Effect::Deny
            && policy.enforcement == Enforcement::Enforce
            && policy.window == Window::default()
    };
    for policy in set.policies.iter().filter(always) {
        match &policy.kinds {
            Names::Any => denies.entry(None).or_default().push(policy),
            Names::Of(kinds) => {
                for kind in kinds {
                    denies.entry(Some(kind)).or_default().push(policy);
                }
            }
        }
    }
    for policy in set.policies.iter().filter(|policy| policy.effect == Effect::Allow) {
        let kind = match &policy.kinds {
            Names::Any => None,
            Names::Of(kinds) => kinds.first().map(String::as_str),
        };
        let specific = kind.and_then(|kind| denies.get(&Some(kind)));
        let candidates = denies.get(&None).into_iter().chain(specific).flatten();
        if let Some(deny) = candidates.take(MAX_CANDIDATES).find(|deny| covers(deny, policy)) {
            findings.push(Finding {
                subject: Subject::Policy(policy.name.clone()),
                rule: Rule::Shadowed,
                message: format!("policy `{}` denies all that it allows; remove one of the two", deny.name),
            });
        }
    }
}

/// Most denies that one allow is held against.
const MAX_CANDIDATES: usize = 1000;

/// Whether a deny applies wherever an allow does.
fn covers(deny: &Policy, allow: &Policy) -> bool {
    let condition = |policy: &Policy| policy.condition.as_ref().map(|condition| condition.text.clone());
    (deny.condition.is_none() || condition(deny) == condition(allow))
        && includes(&deny.kinds, &allow.kinds, |own, other| own == other)
        && includes(&deny.actions, &allow.actions, covers_action)
        && covers_roles(deny, allow)
        && covers_scope(deny.scope.as_deref(), allow.scope.as_deref())
}

fn includes(wide: &Names, narrow: &Names, covers: impl Fn(&str, &str) -> bool) -> bool {
    match (wide, narrow) {
        (Names::Any, _) => true,
        (Names::Of(_), Names::Any) => false,
        (Names::Of(wide), Names::Of(narrow)) => narrow.iter().all(|name| wide.iter().any(|own| covers(own, name))),
    }
}

/// A glob covers the names that it matches; of other globs, those that begin or end like it are not told apart.
fn covers_action(own: &str, other: &str) -> bool {
    own == other || !other.contains('*') && Glob::parse(own).is_some_and(|glob| glob.matches(other))
}

fn covers_roles(deny: &Policy, allow: &Policy) -> bool {
    let plain = includes(&deny.roles, &allow.roles, |own, other| own == other);
    let derived = allow
        .derived_roles
        .iter()
        .all(|role| deny.derived_roles.contains(role) || includes(&deny.roles, &role.roles, |own, other| own == other));
    plain && derived
}

/// A deny of a level denies what is below it, too.
fn covers_scope(deny: Option<&str>, allow: Option<&str>) -> bool {
    match (deny, allow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(deny), Some(allow)) => {
            allow.strip_prefix(deny).is_some_and(|below| below.is_empty() || below.starts_with('.'))
        }
    }
}
