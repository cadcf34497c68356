//! Budgets as policy files say them, for tests.

use std::sync::Arc;

use tollgate_policy::set::Budgets;
use tollgate_policy::set::budget::{Environment, Rules};
use tollgate_policy::source::{Loader, SourceFile};

const MODELS: &str = "
budgets:
  models:
    - {name: large, provider: openai, context: 10000, maxOutput: 2000, price: {input: 2000000, output: 8000000}, alternatives: [small, medium]}
    - {name: medium, provider: openai, context: 100000, maxOutput: 1000, price: {input: 1000000, output: 4000000}}
    - {name: small, provider: other, context: 5000, maxOutput: 500, price: {input: 100000, output: 400000}}
    - {name: unpriced, provider: openai, context: 5000, maxOutput: 500}
";

/// The models, and an environment `dev` with these limits.
pub(super) fn budgets_with(mode: &str, limits: &str) -> Arc<Budgets> {
    let limits: String = limits.lines().map(|line| format!("        {line}\n")).collect();
    let limits = if limits.is_empty() { String::new() } else { format!("      limits:\n{limits}") };
    let text = format!("{MODELS}  environments:\n    dev:\n      mode: {mode}\n{limits}");
    let file = SourceFile::new("budgets.yaml", text);
    match Loader::default().load(&[file]) {
        Ok(set) => Arc::new(set.budgets.clone()),
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

pub(super) fn budgets() -> Arc<Budgets> {
    budgets_with("strict", "")
}

pub(super) fn rules(limits: &str) -> Rules {
    budgets_with("strict", limits).environment(Environment::Dev).unwrap().clone()
}
