//! `--cost`: what evaluating each condition costs.

use serde::Serialize;
use tollgate_policy::condition::Cost;
use tollgate_policy::set::{Condition, PolicySet};

use crate::cli::output::Output;
use crate::cli::style::STRONG;

/// The cost of a policy's or a derived role's condition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    /// `policy` or `derived role`.
    kind: &'static str,
    name: String,
    /// Steps that it takes in any case.
    least: u64,
    /// Steps that it takes at most: a number, or a sum with what it takes for each element of what it reads.
    most: String,
    /// What people read.
    #[serde(skip)]
    text: String,
}

/// The costs of all conditions of a set.
pub(super) fn of(set: &PolicySet) -> Vec<Entry> {
    let roles = set.derived_roles.iter().map(|role| ("derived role", &role.name, &role.condition));
    let policies = set.policies.iter().map(|policy| ("policy", &policy.name, &policy.condition));
    roles
        .chain(policies)
        .filter_map(|(kind, name, condition)| Some(Entry::new(kind, name, condition.as_ref()?)))
        .collect()
}

pub(super) fn write(costs: &[Entry], output: &mut Output<'_>) -> std::io::Result<()> {
    for Entry { kind, name, text, .. } in costs {
        output.line(format_args!("{STRONG}{kind} `{name}`:{STRONG:#} {text}"))?;
    }
    Ok(())
}

impl Entry {
    fn new(kind: &'static str, name: &str, condition: &Condition) -> Self {
        let cost = condition.program.cost();
        let text = cost.to_string();
        let Cost { least, most } = cost;
        Entry { kind, name: name.to_owned(), least, most: most.to_string(), text }
    }
}
