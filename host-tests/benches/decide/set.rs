use std::sync::Arc;

use tollgate_policy::condition::Environment;
use tollgate_policy::set::{Condition, Effect, Names, Policy, PolicySet};

use super::workload::{Spec, action_name, role_name};

/// The workload's policies as a set of ours.
pub(crate) fn set(specs: &[Spec]) -> PolicySet {
    let mut policies: Vec<_> = specs.iter().enumerate().map(|(index, spec)| Arc::new(policy(index, spec))).collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    PolicySet { policies, ..PolicySet::default() }
}

fn policy(index: usize, spec: &Spec) -> Policy {
    Policy {
        kinds: spec.kind.map_or(Names::Any, |kind| Names::Of(vec![format!("kind-{kind}")])),
        actions: names(spec.actions.as_deref(), action_name),
        roles: names(spec.roles.as_deref(), role_name),
        condition: spec.shape.as_ref().map(|shape| {
            let text = shape.text();
            Condition::lowered(&text, &Environment::policy()).unwrap()
        }),
        ..Policy::new(&format!("policy-{index}"), if spec.deny { Effect::Deny } else { Effect::Allow })
    }
}

fn names(numbers: Option<&[usize]>, name: fn(usize) -> String) -> Names {
    numbers.map_or(Names::Any, |numbers| Names::Of(numbers.iter().map(|number| name(*number)).collect()))
}
