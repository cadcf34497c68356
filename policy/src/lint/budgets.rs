use super::{Finding, Rule, Subject};
use crate::set::budget::{BudgetMode, Environment, Limit, RouteBudget, Rules, ScopeKind, Unit};
use crate::set::{PolicySet, Route};

/// Budgets that limit nothing, and limits that nothing counts for.
pub(super) fn check(set: &PolicySet, findings: &mut Vec<Finding>) {
    let routes: Vec<(&Route, &RouteBudget)> = set
        .routes
        .iter()
        .filter_map(|route| Some((route, route.budget.as_ref()?)))
        .filter(|(_, budget)| budget.mode != Some(BudgetMode::Disabled))
        .collect();
    let unlimited = unlimited(set);
    let limits_orgs = limits(set).any(|limit| limit.scope == ScopeKind::Org);
    for (route, budget) in &routes {
        let subject = || Subject::Route(route.name.clone());
        if !unlimited.is_empty() {
            let message = format!(
                "it has a budget, and nothing limits its calls in {}; add `limits` there, or say `mode: disabled`",
                unlimited.join(", ")
            );
            findings.push(Finding { subject: subject(), rule: Rule::UnlimitedBudget, message });
        }
        if budget.org.is_none() && limits_orgs {
            let message = "its budget does not say where a caller's organisation is found, so that no limit of \
                           organisations counts; add `org`, such as `org: principal.org`";
            findings.push(Finding { subject: subject(), rule: Rule::UncountedOrg, message: message.to_owned() });
        }
    }
    if routes.is_empty() {
        let limiting = set.budgets.environments.iter().filter(|(_, rules)| rules.limits().next().is_some());
        findings.extend(limiting.map(|(environment, _)| Finding {
            subject: Subject::Environment(environment.to_string()),
            rule: Rule::UnusedBudget,
            message:
                "no route has a budget, so that its limits count for nothing; add `budget: {}` to a route".to_owned(),
        }));
    }
    if limits(set).any(|limit| limit.unit == Unit::MicroDollars) {
        let unpriced = set.budgets.models.iter().filter(|model| model.price.is_none());
        findings.extend(unpriced.map(|model| Finding {
            subject: Subject::Model(model.name.clone()),
            rule: Rule::UnpricedModel,
            message: "it has no price, and there are limits in `microDollars`; add `price`".to_owned(),
        }));
    }
}

/// The environments without any limit, unless they say that they want none.
fn unlimited(set: &PolicySet) -> Vec<String> {
    let is_unlimited = |environment: Environment| match set.budgets.environment(environment) {
        Ok(rules) => {
            let says_disabled = rules.mode == BudgetMode::Disabled && set.budgets.rules_for(environment).is_some();
            rules.limits().next().is_none() && !says_disabled
        }
        Err(_) => true,
    };
    let all = Environment::NAMES.into_iter().filter(|(_, environment)| is_unlimited(*environment));
    all.map(|(name, _)| format!("`{name}`")).collect()
}

/// All limits of all environments.
fn limits(set: &PolicySet) -> impl Iterator<Item = Limit> + '_ {
    set.budgets.environments.values().flat_map(Rules::limits)
}
