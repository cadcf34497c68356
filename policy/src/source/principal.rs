use crate::identity::ANONYMOUS;
use crate::set::DirectoryEntry;

use super::assembly::Assembly;
use super::attributes;
use super::mapping::{Mapping, Shape};
use super::names::{ENTRY, ROLE};
use super::node::Node;
use super::report::{InFile, Problem};
use super::value::{distinct, name, text_within};

pub(super) const PRINCIPAL: Shape =
    Shape { noun: "a principal", fields: &["source", "id", "roles", "attr"], planned: &["scope", "labels"] };

/// Longest id of a principal, in bytes (SPIFFE ids may be this long).
const MAX_ID: usize = 2048;

pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(principal) = Mapping::read(node, &PRINCIPAL, file) else { return };
    let source = principal
        .require("source", file)
        .and_then(|node| Some((file.place(node.at), name(node, "`source`", &ENTRY, file)?)));
    let id = principal
        .require("id", file)
        .and_then(|node| Some((file.place(node.at), text_within(node, "`id`", MAX_ID, file)?)));
    if let Some((place, source)) = source {
        assembly.sources_referred_to.add(source, place);
        if let Some((place, id)) = id {
            assembly.principal_ids(source).declare("principal", id, place, file.report);
        }
    }
    let roles = match principal.get("roles") {
        Some(node) => granted_roles(node, file, assembly),
        None => Some(Vec::new()),
    };
    let attributes = match principal.get("attr") {
        Some(node) => attributes::read(node, file),
        None => Some(Default::default()),
    };
    if principal.get("roles").is_none() && principal.get("attr").is_none() {
        file.refuse(principal.at, "a principal without `roles` and `attr` says nothing; add one, or remove the entry");
    }
    let (Some((_, source)), Some((_, id)), Some(roles), Some(attributes)) = (source, id, roles, attributes) else {
        return;
    };
    let (source, id) = (source.to_owned(), id.to_owned());
    assembly.principals.push(DirectoryEntry { source, id, roles, attributes });
}

/// Roles that someone is given: named ones, and never the one that stands for having no identity.
pub(super) fn granted_roles(
    node: &Node<'_>,
    file: &mut InFile<'_, '_>,
    assembly: &mut Assembly,
) -> Option<Vec<String>> {
    distinct(node, "`roles`", "[editor]", file, |node, file| {
        let role = name(node, "an item of `roles`", &ROLE, file)?;
        if role == ANONYMOUS {
            let problem = Problem::new(format!("role `{ANONYMOUS}` cannot be given to anyone; remove it"));
            file.refuse(node.at, problem.help("it is the only role of callers without identity; policies may name it"));
            return None;
        }
        assembly.roles_granted.add(role, file.place(node.at));
        Some(role.to_owned())
    })
}
