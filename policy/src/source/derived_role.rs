use std::sync::Arc;

use crate::identity::ANONYMOUS;
use crate::set::{DerivedRole, Names};

use super::assembly::Assembly;
use super::condition::{Conditions, Written};
use super::location::Place;
use super::mapping::{Mapping, Shape};
use super::names::ROLE;
use super::node::{Node, Value};
use super::policy::MAX_DESCRIPTION;
use super::printable::shown;
use super::registry::Registry;
use super::report::{InFile, Problem, Report};
use super::value::{name, names, text_within};

pub(super) const DERIVED_ROLE: Shape =
    Shape { noun: "a derived role", fields: &["name", "description", "roles", "condition"], planned: &[] };

/// A derived role as it stands in a file.
pub(super) struct Draft {
    name: String,
    description: String,
    roles: Names,
    /// Where each of the roles is written.
    places: Vec<Place>,
    condition: Option<Written>,
}

pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(role) = Mapping::read(node, &DERIVED_ROLE, file) else { return };
    let name = role.require("name", file).and_then(|node| {
        let name = name(node, "`name`", &ROLE, file)?;
        if name == ANONYMOUS {
            file.refuse(node.at, format!("role `{ANONYMOUS}` stands for callers without identity; rename this one"));
            return None;
        }
        assembly.derived_role_names.declare("derived role", name, file.place(node.at), file.report);
        Some(name.to_owned())
    });
    let description = match role.get("description") {
        Some(node) => text_within(node, "`description`", MAX_DESCRIPTION, file),
        None => Some(""),
    };
    let roles = role.require("roles", file).and_then(|node| {
        let roles = names(node, "`roles`", "[editor]", &ROLE, file)?;
        let places = match &node.value {
            Value::List(items) => items.iter().map(|item| file.place(item.at)).collect(),
            _ => Vec::new(),
        };
        Some((roles, places))
    });
    let condition = match role.get("condition") {
        Some(node) => Written::read(node, "`condition`", file).map(Some),
        None => Some(None),
    };
    if let (Some(name), Some(description), Some((roles, places)), Some(condition)) =
        (name, description, roles, condition)
    {
        let description = description.to_owned();
        assembly.derived_roles.push(Draft { name, description, roles, places, condition });
    }
}

impl Draft {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A derived role is held through plain roles: so there are no circles, and one look tells who may hold it.
    pub(super) fn finish(
        self,
        declared: &Registry,
        kinds: &Names,
        conditions: &mut Conditions,
        report: &mut Report<'_>,
    ) -> Option<Arc<DerivedRole>> {
        let Draft { name, description, roles, places, condition } = self;
        if let Names::Of(names) = &roles {
            for (parent, place) in names.iter().zip(places).filter(|(parent, _)| declared.contains(parent)) {
                let problem = match *parent == name {
                    true => Problem::new(format!("derived role {} is held through itself", shown(parent))),
                    false => Problem::new(format!("{} is a derived role, too", shown(parent))),
                };
                report.refuse(place, problem.help("derived roles are held through plain roles; name these here"));
            }
        }
        let condition = match condition {
            Some(written) => Some(conditions.lower(&written, Some(kinds), report)?.condition(written)),
            None => None,
        };
        Some(Arc::new(DerivedRole { name, description, roles, condition }))
    }
}
