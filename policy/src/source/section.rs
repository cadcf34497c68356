use crate::set::Unmatched;

use super::assembly::Assembly;
use super::document::parse;
use super::mapping::{Mapping, Shape};
use super::node::{Node, Value};
use super::report::InFile;
use super::value::choice;
use super::{budget, derived_role, file, identity, policy, principal, route, schema, scope, variable};

pub(super) const FILE: Shape = Shape {
    noun: "a policy file",
    fields: &[
        "policies",
        "derivedRoles",
        "variables",
        "scopes",
        "routes",
        "unmatched",
        "identity",
        "principals",
        "schemas",
        "budgets",
    ],
    planned: &[],
};

/// Reads a file into the assembly. Tells whether it can hold nothing but policies.
pub(super) fn decode(shape: &file::Shape, file: &mut InFile<'_, '_>, assembly: &mut Assembly) -> bool {
    let Some(root) = parse(file) else { return false };
    match shape {
        file::Shape::Sections => sections(&root, file, assembly),
        file::Shape::Policy(name) => {
            policy::decode(&root, Some(name), file, assembly);
            true
        }
    }
}

fn sections(root: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) -> bool {
    // Empty, or only comments.
    if matches!(root.value, Value::Null) {
        return true;
    }
    let Some(sections) = Mapping::read(root, &FILE, file) else { return false };
    for node in entries(&sections, "policies", file) {
        policy::decode(node, None, file, assembly);
    }
    for node in entries(&sections, "derivedRoles", file) {
        derived_role::decode(node, file, assembly);
    }
    if let Some(node) = sections.get("variables") {
        variable::decode(node, file, &mut assembly.variables);
    }
    for node in entries(&sections, "scopes", file) {
        scope::decode(node, file, assembly);
    }
    for node in entries(&sections, "routes", file) {
        route::decode(node, file, assembly);
    }
    if let Some(node) = sections.get("unmatched")
        && let Some(unmatched) =
            choice(node, "`unmatched`", &[("deny", Unmatched::Deny), ("allow", Unmatched::Allow)], file)
    {
        assembly.unmatched(unmatched, file.place(node.at), file.report);
    }
    if let Some(node) = sections.get("identity") {
        assembly.identity_section(file.place(node.at), file.report);
    }
    for node in entries(&sections, "identity", file) {
        identity::decode(node, file, assembly);
    }
    for node in entries(&sections, "principals", file) {
        principal::decode(node, file, assembly);
    }
    if let Some(node) = sections.get("schemas") {
        schema::decode(node, file, assembly);
    }
    if let Some(node) = sections.get("budgets") {
        budget::decode(node, file, assembly);
    }
    sections.holds_only("policies")
}

/// The entries of a section; there may be very many.
fn entries<'n, 't>(sections: &Mapping<'n, 't>, name: &str, file: &mut InFile<'_, '_>) -> &'n [Node<'t>] {
    let Some(node) = sections.get(name) else { return &[] };
    match &node.value {
        Value::List(entries) if !entries.is_empty() => return entries,
        Value::List(_) | Value::Null => {
            file.refuse(node.at, format!("section `{name}` is empty; add an entry or remove the section"));
        }
        other => {
            let noun = other.noun();
            file.refuse(node.at, format!("section `{name}` is a list, not {noun}; start each entry with `- `"));
        }
    }
    &[]
}
