//! What policies need where they are served: budget rules, where routes have budgets.

use tollgate_policy::set::PolicySet;
use tollgate_policy::set::budget::Environment;
use tollgate_policy::source::{Loader, SourceFile};

/// Whether files lack only what this environment cannot do without.
///
/// # Errors
/// Says what that is, and where.
pub(super) fn check(files: &[SourceFile], environment: Environment) -> Result<(), String> {
    // Elsewhere, nothing that may be left out is missed.
    if environment != Environment::Prod {
        return Ok(());
    }
    let Err(problems) = Loader::of(environment).load(files) else { return Ok(()) };
    match Loader::default().load(files) {
        Ok(_) => Err(format!("these policies are not for environment `{environment}`:\n{problems}")),
        Err(_) => Ok(()),
    }
}

/// Says that budgets of routes come to nothing here, where they do because of an omission.
pub(super) fn warn(set: &PolicySet, environment: Environment) {
    let mut routes = set.routes.iter().filter(|route| route.budget.is_some());
    if set.budgets.rules_for(environment).is_none()
        && let Some(route) = routes.next()
    {
        let more = routes.count();
        tracing::warn!(route = route.name, more, %environment, "budgets are disabled: there are no rules for this environment");
    }
}
