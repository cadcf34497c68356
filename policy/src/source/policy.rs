use crate::engine::Effect;
use crate::set::{Enforcement, Names, Policy};

use super::assembly::Assembly;
use super::condition::Written;
use super::draft::{Draft, Places};
use super::location::Mark;
use super::mapping::{Mapping, Shape};
use super::names::{ENTRY, KIND, POLICY_ACTION, ROLE};
use super::node::{Node, Value};
use super::printable::shown;
use super::report::InFile;
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

const EFFECTS: &[(&str, Effect)] = &[("allow", Effect::Allow), ("deny", Effect::Deny)];

const ENFORCEMENTS: &[(&str, Enforcement)] = &[("enforce", Enforcement::Enforce), ("shadow", Enforcement::Shadow)];

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
        Some(node) => scope::read(node, file, assembly).map(|scope| Some((node.at, scope))),
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
        let scope = scope?;
        let places = Places { name: name_at, scope: scope.map(|(at, _)| at) };
        let policy = Policy {
            name: name.to_owned(),
            description: description?.to_owned(),
            effect: effect?,
            enforcement: enforcement?,
            scope: scope.map(|(_, scope)| scope.to_owned()),
            kinds: kinds?,
            actions: actions?,
            roles: roles?,
            derived_roles: Vec::new(),
            condition: None,
            window: window?,
            labels: labels?,
        };
        has_condition.then_some((policy, places))
    };
    assembly.policies.push(Draft::read(file.id(), complete(), condition.flatten()));
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

/// One kind may be written without a list.
fn kinds(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Names> {
    match &node.value {
        Value::Text(wildcard) if wildcard == "*" => Some(Names::Any),
        Value::Text(_) => Some(Names::Of(vec![name(node, "`resource`", &KIND, file)?.to_owned()])),
        _ => names(node, "`resource`", "[document]", &KIND, file),
    }
}
