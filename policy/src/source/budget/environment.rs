use crate::set::budget::{BudgetMode, Environment, Rules};
use crate::source::assembly::Assembly;
use crate::source::mapping::{Mapping, Shape};
use crate::source::node::{Node, Value};
use crate::source::printable::shown;
use crate::source::report::{InFile, Problem};
use crate::source::value::{choice, items};

use super::limit;
use super::number::share;

pub(in crate::source) const ENVIRONMENTS: Shape =
    Shape { noun: "`environments`", fields: &["dev", "staging", "prod"], planned: &[] };

pub(in crate::source) const RULES: Shape =
    Shape { noun: "an environment of `budgets`", fields: &["mode", "warnAt", "limits"], planned: &[] };

/// Most shares at which there are warnings.
const MAX_WARNINGS: usize = 16;

/// The field `environments`.
pub(super) fn decode_all(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(environments) = Mapping::read(node, &ENVIRONMENTS, file) else { return };
    if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        file.refuse(node.at, "`environments` is empty; add `dev`, `staging` or `prod`, or remove the field");
    }
    for (name, environment) in Environment::NAMES {
        let Some(node) = environments.get(name) else { continue };
        let place = file.place(node.at);
        match assembly.budgets.declared.get(&environment) {
            None => drop(assembly.budgets.declared.insert(environment, place)),
            Some(first) => {
                let problem = Problem::new(format!("environment `{name}` is already declared at"))
                    .other(*first, "; move its rules there")
                    .help("of two patterns that fit a name the first counts, and files have no order");
                file.report.refuse(place, problem);
            }
        }
        if let Some(rules) = decode(node, file, assembly) {
            assembly.budgets.environments.entry(environment).or_insert(rules);
        }
    }
}

fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) -> Option<Rules> {
    let rules = Mapping::read(node, &RULES, file)?;
    let defaults = Rules::default();
    let mode = match rules.get("mode") {
        Some(node) => choice(node, "`mode`", &BudgetMode::NAMES, file),
        None => Some(defaults.mode),
    };
    let warn_at = match rules.get("warnAt") {
        Some(node) => warn_at(node, file),
        None => Some(defaults.warn_at),
    };
    let limits = match rules.get("limits") {
        Some(node) => limit::decode_all(node, file, assembly),
        None => Some(Vec::new()),
    };
    let mut rules = Rules::new(mode?, warn_at?);
    for limit in limits? {
        // Those that are there twice have been refused.
        let _ = rules.add(limit);
    }
    Some(rules)
}

/// Shares in ascending order.
fn warn_at(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Vec<u8>> {
    // An empty list says that nobody wants to be warned.
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        return Some(Vec::new());
    }
    let nodes = items(node, "`warnAt`", "[80, 95]", file)?;
    if nodes.len() > MAX_WARNINGS {
        file.refuse(node.at, format!("`warnAt` has more than {MAX_WARNINGS} shares; remove some"));
        return None;
    }
    let mut shares = Vec::with_capacity(nodes.len());
    for node in nodes {
        let Some(read) = share(node, "an item of `warnAt`", 1, file) else { continue };
        match shares.contains(&read) {
            true => {
                let message =
                    format!("{} is listed twice in `warnAt`; remove one of the two", shown(&read.to_string()));
                file.refuse(node.at, Problem::new(message));
            }
            false => shares.push(read),
        }
    }
    shares.sort_unstable();
    (shares.len() == nodes.len()).then_some(shares)
}
