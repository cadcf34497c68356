use std::collections::HashSet;

use super::{Finding, Rule, Subject};
use crate::engine::{Effect, Glob};
use crate::set::{Enforcement, Names, PolicySet};

/// Routes whose requests no policy can allow.
pub(super) fn check(set: &PolicySet, findings: &mut Vec<Finding>) {
    let allows = || {
        set.policies
            .iter()
            .filter(|policy| policy.effect == Effect::Allow && policy.enforcement == Enforcement::Enforce)
    };
    let asked: HashSet<(&str, &str)> =
        set.routes.iter().map(|route| (route.kind.as_str(), route.action.as_str())).collect();
    let mut denied = asked;
    for policy in allows() {
        if denied.is_empty() {
            break;
        }
        denied.retain(|(kind, action)| !(names(&policy.kinds, kind) && names_action(&policy.actions, action)));
    }
    for route in set.routes.iter().filter(|route| denied.contains(&(route.kind.as_str(), route.action.as_str()))) {
        findings.push(Finding {
            subject: Subject::Route(route.name.clone()),
            rule: Rule::DeniedRoute,
            message: format!("no policy allows `{}` on `{}`: all its requests are denied", route.action, route.kind),
        });
    }
}

fn names(names: &Names, name: &str) -> bool {
    match names {
        Names::Any => true,
        Names::Of(names) => names.iter().any(|own| own == name),
    }
}

fn names_action(actions: &Names, action: &str) -> bool {
    match actions {
        Names::Any => true,
        Names::Of(actions) => {
            actions.iter().any(|own| own == action || Glob::parse(own).is_some_and(|glob| glob.matches(action)))
        }
    }
}
