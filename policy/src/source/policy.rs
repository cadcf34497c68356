use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::Effect;
use crate::set::{DerivedRole, Enforcement, Names, Policy};

use super::assembly::Assembly;
use super::condition::{Conditions, Written};
use super::location::{Mark, Place};
use super::mapping::{Mapping, Shape};
use super::names::{ENTRY, KIND, POLICY_ACTION, ROLE};
use super::node::{Node, Value};
use super::printable::shown;
use super::report::{InFile, Report};
use super::value::{choice, name, names, text_within};
use super::{labels, scope, window};

pub(super) const POLICY: Shape = Shape {
    noun: "a policy",
    fields: &[
        "name",
        "description",
        "resource",
        "actions",
        "roles",
        "condition",
        "effect",
        "enforcement",
        "scope",
        "labels",
        "notBefore",
        "notAfter",
    ],
    planned: &[],
};

/// Longest description, in bytes.
pub(super) const MAX_DESCRIPTION: usize = 4096;

/// Most combinations of kind, action and role of one policy.
const MAX_COMBINATIONS: usize = 1 << 16;

const EFFECTS: &[(&str, Effect)] = &[("allow", Effect::Allow), ("deny", Effect::Deny)];

const ENFORCEMENTS: &[(&str, Enforcement)] = &[("enforce", Enforcement::Enforce), ("shadow", Enforcement::Shadow)];

/// A policy as it stands in a file: derived roles are among its roles, and its condition is not lowered.
pub(super) struct Draft {
    /// With the place of its name; absent where it was refused, and only its condition is still to be checked.
    policy: Option<(Policy, Place)>,
    condition: Option<Written>,
}

/// Reads a policy. Its name may be known from elsewhere: then it need not say it.
pub(super) fn decode(node: &Node<'_>, known_as: Option<&str>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(policy) = Mapping::read(node, &POLICY, file) else { return };
    let name = match known_as {
        None => policy.require("name", file).and_then(|node| Some((node.at, name(node, "`name`", &ENTRY, file)?))),
        Some(known) => agreed_name(&policy, known, file),
    };
    if let Some((at, name)) = name {
        assembly.policy_names.declare("policy", name, file.place(at), file.report);
    }
    // Everything is read before anything is given up, so that all problems are reported.
    let description = match policy.get("description") {
        Some(node) => text_within(node, "`description`", MAX_DESCRIPTION, file),
        None => Some(""),
    };
    let kinds = policy.require("resource", file).and_then(|node| kinds(node, file));
    let actions = policy.require("actions", file);
    let actions = actions.and_then(|node| names(node, "`actions`", "[view]", &POLICY_ACTION, file));
    let roles = policy.require("roles", file).and_then(|node| names(node, "`roles`", "[editor]", &ROLE, file));
    let effect = match policy.get("effect") {
        Some(node) => choice(node, "`effect`", EFFECTS, file),
        None => Some(Effect::Allow),
    };
    let enforcement = match policy.get("enforcement") {
        Some(node) => choice(node, "`enforcement`", ENFORCEMENTS, file),
        None => Some(Enforcement::Enforce),
    };
    let scope = match policy.get("scope") {
        Some(node) => scope::read(node, file, assembly).map(Some),
        None => Some(None),
    };
    let labels = match policy.get("labels") {
        Some(node) => labels::read(node, file),
        None => Some(Default::default()),
    };
    let window = window::read(&policy, file);
    let condition = match policy.get("condition") {
        Some(node) => Written::read(node, "`condition`", file).map(Some),
        None => Some(None),
    };
    let has_condition = condition.is_some();
    let complete = move || {
        let (name_at, name) = name?;
        let policy = Policy {
            name: name.to_owned(),
            description: description?.to_owned(),
            effect: effect?,
            enforcement: enforcement?,
            scope: scope?.map(str::to_owned),
            kinds: kinds?,
            actions: actions?,
            roles: roles?,
            derived_roles: Vec::new(),
            condition: None,
            window: window?,
            labels: labels?,
        };
        has_condition.then_some((policy, name_at))
    };
    let policy = complete().map(|(policy, at)| (policy, file.place(at)));
    assembly.policies.push(Draft { policy, condition: condition.flatten() });
}

fn agreed_name<'k>(policy: &Mapping<'_, '_>, known: &'k str, file: &mut InFile<'_, '_>) -> Option<(Mark, &'k str)> {
    let Some(node) = policy.get("name") else {
        if let Some(refusal) = ENTRY.refusal(known) {
            file.refuse(policy.at, refusal);
            return None;
        }
        return Some((policy.at, known));
    };
    let written = name(node, "`name`", &ENTRY, file)?;
    if written != known {
        file.refuse(
            node.at,
            format!("this is policy {}, not {}; write that, or leave `name` out", shown(known), shown(written)),
        );
        return None;
    }
    Some((node.at, known))
}

impl Draft {
    /// What it is about, where that is known.
    pub(super) fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref().map(|(policy, _)| policy)
    }

    /// The policy, once the set's derived roles are known by name.
    pub(super) fn finish(
        self,
        derived: &HashMap<&str, Arc<DerivedRole>>,
        conditions: &mut Conditions,
        report: &mut Report<'_>,
    ) -> Option<Policy> {
        let kinds = self.policy.as_ref().map(|(policy, _)| &policy.kinds);
        let condition = match self.condition {
            Some(written) => Some(conditions.lower(written, kinds, report)?),
            None => None,
        };
        let (mut policy, place) = self.policy?;
        policy.condition = condition;
        if let Names::Of(roles) = &mut policy.roles
            && !derived.is_empty()
        {
            policy.derived_roles = roles.iter().filter_map(|role| derived.get(role.as_str()).cloned()).collect();
            roles.retain(|role| !derived.contains_key(role.as_str()));
        }
        let roles: usize = policy.derived_roles.iter().map(|role| count(&role.roles)).sum();
        let combinations = count(&policy.kinds) * count(&policy.actions) * (count(&policy.roles) + roles);
        if combinations > MAX_COMBINATIONS {
            report.refuse(
                place,
                format!("the policy has {combinations} combinations of kind, action and role, the limit is {MAX_COMBINATIONS}; split it"),
            );
            return None;
        }
        Some(policy)
    }
}

/// One kind may be written without a list.
fn kinds(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Names> {
    match &node.value {
        Value::Text(wildcard) if wildcard == "*" => Some(Names::Any),
        Value::Text(_) => Some(Names::Of(vec![name(node, "`resource`", &KIND, file)?.to_owned()])),
        _ => names(node, "`resource`", "[document]", &KIND, file),
    }
}

fn count(names: &Names) -> usize {
    match names {
        Names::Any => 1,
        Names::Of(names) => names.len(),
    }
}
