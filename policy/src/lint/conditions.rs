use std::collections::HashMap;

use super::{Finding, Rule, Subject};
use crate::condition::{Decided, Environment, Read, decided};
use crate::engine::Effect;
use crate::set::{Condition, Names, Policy, PolicySet, Schema};

/// Conditions that are decided beforehand, and what they read without asking whether it is there.
pub(super) fn check(set: &PolicySet, findings: &mut Vec<Finding>) {
    let environment = Environment::policy().with_variables(set.variables.clone());
    // Sets repeat themselves.
    let mut known: HashMap<&str, Option<Decided>> = HashMap::new();
    let mut of_text = |text| known.entry(text).or_insert_with(|| decided(text, &environment)).clone();
    for role in &set.derived_roles {
        if let Some(condition) = &role.condition {
            let found = of_text(&condition.text);
            let subject = Subject::DerivedRole(role.name.clone());
            findings.extend(found.map(|found| decided_finding(subject, condition, &found, "the role is never held")));
        }
    }
    for policy in &set.policies {
        let Some(condition) = &policy.condition else { continue };
        let subject = || Subject::Policy(policy.name.clone());
        let found = of_text(&condition.text);
        findings.extend(found.map(|found| decided_finding(subject(), condition, &found, "the policy never applies")));
        for read in condition.program.reads() {
            findings.extend(unasked(set, policy, &read).map(|(rule, message)| Finding {
                subject: subject(),
                rule,
                message,
            }));
        }
    }
}

fn decided_finding(subject: Subject, condition: &Condition, found: &Decided, never: &str) -> Finding {
    let Decided { value, range, whole } = found;
    let part = condition.text.get(range.clone()).unwrap_or_default();
    let (rule, message) = match (whole, value) {
        (true, false) => (Rule::NeverHolds, format!("its condition is always false: {never}; correct or remove it")),
        (true, true) => (Rule::Decided, "its condition is always true; remove it, or correct it".to_owned()),
        (false, value) => {
            (Rule::Decided, format!("`{part}` in its condition is always {value}; remove it, or correct it"))
        }
    };
    Finding { subject, rule, message }
}

/// What it means that something is read without being asked for.
fn unasked(set: &PolicySet, policy: &Policy, read: &Read) -> Option<(Rule, String)> {
    if read.asked || is_required(set, policy, read) {
        return None;
    }
    let Read { of, name, .. } = read;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let place = if plain { format!("{of}.{name}") } else { format!("{of}['{name}']") };
    match policy.effect {
        Effect::Deny => {
            let message =
                format!("it denies where `{place}` is missing; if that is not meant, write `has({place}) && …`");
            Some((Rule::DenyWhereMissing, message))
        }
        Effect::Allow if is_described(set, policy, read) => {
            let message = format!(
                "it does not apply where `{place}` is missing, which its schema lets it be; write `has({place}) && …`, or make it `required`"
            );
            Some((Rule::AllowWhereMissing, message))
        }
        Effect::Allow => None,
    }
}

/// The schemas of what an attribute is of: absent where there is one without.
fn schemas<'s>(set: &'s PolicySet, policy: &Policy, read: &Read) -> Option<Vec<&'s Schema>> {
    match (read.of, &policy.kinds) {
        ("principal", _) => Some(vec![set.schemas.principal.as_ref()?]),
        ("resource", Names::Of(kinds)) => kinds.iter().map(|kind| set.schemas.resources.get(kind)).collect(),
        _ => None,
    }
}

fn is_required(set: &PolicySet, policy: &Policy, read: &Read) -> bool {
    let schemas = schemas(set, policy, read);
    schemas
        .is_some_and(|schemas| !schemas.is_empty() && schemas.iter().all(|schema| schema.required.contains(&read.name)))
}

fn is_described(set: &PolicySet, policy: &Policy, read: &Read) -> bool {
    let schemas = schemas(set, policy, read);
    // A schema that requires nothing does not tell what is always there.
    schemas.is_some_and(|schemas| {
        schemas.iter().any(|schema| !schema.required.is_empty() && schema.properties.contains_key(&read.name))
    })
}
