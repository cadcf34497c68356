use crate::engine::Effect;
use crate::set::{Names, Policy};

use super::assembly::Assembly;
use super::mapping::{Mapping, Shape};
use super::names::{ACTION, ENTRY, KIND, ROLE};
use super::node::{Node, Value};
use super::report::InFile;
use super::value::{choice, name, names, text_within};

const POLICY: Shape = Shape {
    noun: "a policy",
    fields: &["name", "description", "resource", "actions", "roles", "condition", "effect"],
    planned: &["enforcement", "labels", "scope", "variables", "derivedRoles"],
};

/// Longest description, in bytes.
const MAX_DESCRIPTION: usize = 4096;

/// Most combinations of kind, action and role of one policy.
const MAX_COMBINATIONS: usize = 1 << 16;

const EFFECTS: &[(&str, Effect)] = &[("allow", Effect::Allow), ("deny", Effect::Deny)];

pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(policy) = Mapping::read(node, &POLICY, file) else { return };
    let name = policy.require("name", file).and_then(|node| Some((node.at, name(node, "`name`", &ENTRY, file)?)));
    if let Some((at, name)) = name {
        assembly.policy_names.declare("policy", name, file.place(at), file.report);
    }
    // Everything is read before anything is given up, so that all problems are reported.
    let description = match policy.get("description") {
        Some(node) => text_within(node, "`description`", MAX_DESCRIPTION, file),
        None => Some(""),
    };
    let kinds = policy.require("resource", file).and_then(|node| kinds(node, file));
    let actions = policy.require("actions", file).and_then(|node| names(node, "`actions`", "[view]", &ACTION, file));
    let roles = policy.require("roles", file).and_then(|node| names(node, "`roles`", "[editor]", &ROLE, file));
    let condition = match policy.get("condition") {
        Some(node) => assembly.conditions.read(node, file).map(Some),
        None => Some(None),
    };
    let effect = match policy.get("effect") {
        Some(node) => choice(node, "`effect`", EFFECTS, file),
        None => Some(Effect::Allow),
    };
    let (Some((at, name)), Some(description), Some(kinds), Some(actions), Some(roles), Some(condition), Some(effect)) =
        (name, description, kinds, actions, roles, condition, effect)
    else {
        return;
    };
    let combinations = [&kinds, &actions, &roles].into_iter().map(count).product::<usize>();
    if combinations > MAX_COMBINATIONS {
        file.refuse(
            at,
            format!("the policy has {combinations} combinations of kind, action and role, the limit is {MAX_COMBINATIONS}; split it"),
        );
        return;
    }
    let (name, description) = (name.to_owned(), description.to_owned());
    assembly.policies.push(Policy { name, description, effect, kinds, actions, roles, condition });
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
