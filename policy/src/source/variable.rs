use std::collections::{BTreeMap, BTreeSet};

use crate::condition::{AttributeTypes, ConditionProblem, Environment, Use, lower_checked, variables_read};
use crate::set::Names;

use super::condition::{Surroundings, Written};
use super::names::VARIABLE;
use super::node::{Node, Value};
use super::printable::shown;
use super::registry::Registry;
use super::report::{InFile, Problem, Report};

/// Most variables of a set.
const MAX_VARIABLES: usize = 1000;

/// What stands for a variable that has no meaning, so that conditions that name it are not refused too.
const PLACEHOLDER: &str = "dyn(null)";

/// The named expressions of the files read so far.
#[derive(Default)]
pub(super) struct Variables {
    names: Registry,
    written: BTreeMap<String, Written>,
}

pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, variables: &mut Variables) {
    let entries = match &node.value {
        Value::Map(entries) if !entries.is_empty() => entries,
        Value::Map(_) | Value::Null => {
            file.refuse(node.at, "section `variables` is empty; add a variable or remove the section");
            return;
        }
        other => {
            let problem = Problem::new(format!("section `variables` is a mapping, not {}", other.noun()));
            file.refuse(
                node.at,
                problem.help("write it as `name: expression`, such as `isOwner: resource.ownerId == principal.id`"),
            );
            return;
        }
    };
    for (key, node) in entries {
        if let Some(refusal) = VARIABLE.refusal(&key.name) {
            file.refuse(key.at, refusal);
            continue;
        }
        variables.names.declare("variable", &key.name, file.place(key.at), file.report);
        let what = format!("variable {}", shown(&key.name));
        if variables.written.len() == MAX_VARIABLES {
            file.refuse(key.at, format!("a set has at most {MAX_VARIABLES} variables; remove some"));
            return;
        }
        if let Some(written) = Written::read(node, &what, file) {
            variables.written.entry(key.name.to_string()).or_insert(written);
        }
    }
}

impl Variables {
    /// Checks each of them on its own, those that it names before it, so that a problem is reported once and where it is.
    /// Returns what conditions may read.
    pub(super) fn finish(self, surroundings: &Surroundings, report: &mut Report<'_>) -> BTreeMap<String, String> {
        // A file that cannot be read may hold the schemas.
        let kinds = (!report.incomplete).then_some(&Names::Any);
        let types = AttributeTypes::new(&surroundings.schemas, kinds, surroundings.strangers);
        let mut usable: BTreeMap<String, String> =
            self.written.iter().map(|(name, written)| (name.clone(), written.text.clone())).collect();
        let mut environment = Environment::policy().with_variables(usable.clone());
        for (name, cycle) in self.in_order() {
            let Some(written) = self.written.get(name) else { continue };
            let outcome = match cycle {
                Some(problem) => Err(problem),
                None => {
                    lower_checked(&written.text, &environment, &types, Use::Variable).map(|checked| checked.problems)
                }
            };
            let problems = outcome.unwrap_or_else(|problem| vec![problem]);
            if !problems.is_empty() {
                if !written.is_in_doubt(report) {
                    problems.iter().for_each(|problem| written.refuse(problem, report));
                }
                usable.insert(name.to_owned(), PLACEHOLDER.to_owned());
                environment = Environment::policy().with_variables(usable.clone());
            }
        }
        usable
    }

    /// The variables, each after those that it names; where that cannot be, with the problem.
    fn in_order(&self) -> Vec<(&str, Option<ConditionProblem>)> {
        let mut search = Search { variables: self, path: Vec::new(), done: BTreeSet::new(), order: Vec::new() };
        self.written.keys().for_each(|name| search.visit(name));
        search.order
    }
}

/// Depth-first, through what variables name.
struct Search<'v> {
    variables: &'v Variables,
    /// From where the search began to the variable being looked at.
    path: Vec<&'v str>,
    done: BTreeSet<&'v str>,
    order: Vec<(&'v str, Option<ConditionProblem>)>,
}

impl<'v> Search<'v> {
    fn visit(&mut self, name: &'v str) {
        if !self.done.insert(name) {
            return;
        }
        let variables = self.variables;
        let Some(written) = variables.written.get(name) else { return };
        self.path.push(name);
        let mut cycle = None;
        // One that cannot be parsed names nothing; lowering it says what is wrong.
        for (read, offset) in variables_read(&written.text).unwrap_or_default() {
            let Some((read, _)) = variables.written.get_key_value(&read) else { continue };
            if let Some(start) = self.path.iter().position(|above| above == read) {
                let through = self.path.get(start + 1..).unwrap_or_default();
                cycle.get_or_insert(defined_by_itself(read, through, offset));
            } else {
                self.visit(read);
            }
        }
        self.path.pop();
        self.order.push((name, cycle));
    }
}

fn defined_by_itself(name: &str, through: &[&str], offset: usize) -> ConditionProblem {
    let through = match through {
        [] => String::new(),
        names => format!(" through {}", names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")),
    };
    let message = format!("variable {} is defined by itself{through}; break the circle", shown(name));
    ConditionProblem { offset, len: "variables.".len() + name.len(), message }
}
