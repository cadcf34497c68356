use super::assembly::Assembly;
use super::location::Place;
use super::names::SCOPE;
use super::node::Node;
use super::printable::shown;
use super::registry::Registry;
use super::report::{InFile, Problem, Report};
use super::value::name;
use crate::engine::parent_scope;

/// An item of the section `scopes`.
pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    if let Some(name) = name(node, "an item of `scopes`", &SCOPE, file) {
        assembly.scopes.declare("scope", name, file.place(node.at), file.report);
    }
}

/// A reference to a scope.
pub(super) fn read<'n>(node: &'n Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) -> Option<&'n str> {
    let name = name(node, "`scope`", &SCOPE, file)?;
    refer(name, file.place(node.at), assembly);
    Some(name)
}

pub(super) fn refer(name: &str, place: Place, assembly: &mut Assembly) {
    assembly.scopes_referred_to.add(name, place);
}

/// The scope above each scope is declared, too: so that a misspelt one is noticed.
pub(super) fn check_parents(scopes: &Registry, report: &mut Report<'_>) {
    for (name, place) in scopes.iter() {
        if let Some(parent) = parent_scope(name)
            && !scopes.contains(parent)
        {
            let problem =
                Problem::new(format!("scope {} is within {}, which is not declared", shown(name), shown(parent)));
            report.refuse(place, problem.help(format!("add {} to `scopes`", shown(parent))));
        }
    }
}
