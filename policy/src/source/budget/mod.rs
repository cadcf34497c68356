//! The section `budgets`, and the field `budget` of routes.

mod check;
mod environment;
mod limit;
mod model;
mod named;
mod number;
mod route;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use crate::set::budget::{Environment, Pattern, Rules, ScopeKind};

use super::assembly::Assembly;
use super::location::Place;
use super::mapping::{Mapping, Shape};
use super::node::{Node, Value};
use super::references::References;
use super::registry::Registry;
use super::report::InFile;

pub(super) use environment::{ENVIRONMENTS, RULES};
pub(super) use limit::LIMIT;
pub(super) use model::{MODEL_FIELDS, PRICE};
pub(super) use named::refer;
pub(super) use route::{BUDGET, DOWNGRADE, read};

pub(super) const BUDGETS: Shape = Shape { noun: "`budgets`", fields: &["models", "environments"], planned: &[] };

/// Most models of a file.
const MAX_MODELS: usize = 1 << 14;

/// What the files decoded so far say of budgets.
#[derive(Default)]
pub(super) struct Draft {
    models: Vec<model::Declared>,
    model_names: Registry,
    models_referred_to: References,
    /// Those of the models.
    providers: BTreeSet<String>,
    providers_referred_to: References,
    /// Of names of models and providers.
    patterns: Vec<(ScopeKind, Pattern, Place)>,
    /// Names and patterns of users.
    users: Vec<(String, Place)>,
    environments: BTreeMap<Environment, Rules>,
    /// Where environments are written, those too whose rules were refused.
    declared: BTreeMap<Environment, Place>,
}

/// The section `budgets`.
pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(budgets) = Mapping::read(node, &BUDGETS, file) else { return };
    if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        file.refuse(node.at, "section `budgets` is empty; add `models` and `environments`, or remove the section");
    }
    if let Some(node) = budgets.get("models") {
        match &node.value {
            Value::List(models) if models.len() > MAX_MODELS => {
                let count = models.len();
                file.refuse(node.at, format!("`models` has {count} items, the limit is {MAX_MODELS}; remove some"));
            }
            Value::List(models) if !models.is_empty() => {
                models.iter().for_each(|node| model::decode(node, file, assembly));
            }
            Value::List(_) | Value::Null => file.refuse(node.at, "`models` is empty; add a model or remove the field"),
            other => {
                let noun = other.noun();
                file.refuse(node.at, format!("`models` is a list, not {noun}; start each model with `- `"));
            }
        }
    }
    if let Some(node) = budgets.get("environments") {
        environment::decode_all(node, file, assembly);
    }
}
