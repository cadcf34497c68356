//! Random policy sets over the vocabulary of the random requests.

mod expressions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use expressions::boolean;
use tollgate_policy::condition::Environment;
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Condition, DerivedRole, Enforcement, Names, Policy, PolicySet, Window};

use super::cases::{ACTIONS, KINDS, ROLES, Random, SCOPES, time};

const GLOBS: [&str; 5] = ["*e*", "v*", "*e", "s*e", "*h*d*"];
const DERIVED_ROLES: [&str; 3] = ["owner", "colleague", "guest"];
const VARIABLES: [&str; 3] = ["first", "second", "third"];

/// Half of the sets have scopes, and most have some of everything else.
pub(crate) fn policy_set(random: &mut Random) -> PolicySet {
    let variables = variables(random);
    let environment = Environment::policy().with_variables(variables.clone());
    let derived_roles: Vec<_> = DERIVED_ROLES.iter().map(|name| derived_role(name, &environment, random)).collect();
    let scopes: BTreeSet<String> = match random.one_in(2) {
        true => SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        false => BTreeSet::new(),
    };
    let mut policies: Vec<Policy> = (0..1 + random.below(10))
        .map(|index| Policy {
            scope: (!scopes.is_empty() && random.one_in(2)).then(|| random.pick(&SCOPES).to_owned()),
            ..policy(index, &derived_roles, &environment, random)
        })
        .collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    let policies = policies.into_iter().map(Arc::new).collect();
    PolicySet { policies, derived_roles, variables, scopes, ..PolicySet::default() }
}

/// Each may read those before it.
fn variables(random: &mut Random) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for name in VARIABLES {
        let known = variables.len();
        variables.insert(name.to_owned(), with_variable(boolean(random, 2, 0), known, random));
    }
    variables
}

/// The expression, one time in three with one of so many variables in it.
fn with_variable(text: String, known: usize, random: &mut Random) -> String {
    if known == 0 || !random.one_in(3) {
        return text;
    }
    let variable = VARIABLES[random.below(known)];
    match random.below(4) {
        0 => format!("variables.{variable} && ({text})"),
        1 => format!("({text}) || variables.{variable}"),
        2 => format!("!variables.{variable} || ({text})"),
        _ => format!("[1, 2].exists(v0, v0 == 2 && variables.{variable}) && ({text})"),
    }
}

fn condition(environment: &Environment, random: &mut Random) -> Condition {
    let text = with_variable(boolean(random, 3, 0), VARIABLES.len(), random);
    Condition::lowered(&text, environment).unwrap_or_else(|problem| panic!("`{text}`: {problem}"))
}

fn derived_role(name: &str, environment: &Environment, random: &mut Random) -> Arc<DerivedRole> {
    Arc::new(DerivedRole {
        name: name.to_owned(),
        description: String::new(),
        roles: names(random, &ROLES),
        condition: (!random.one_in(5)).then(|| condition(environment, random)),
    })
}

fn policy(index: usize, derived: &[Arc<DerivedRole>], environment: &Environment, random: &mut Random) -> Policy {
    let effect = if random.one_in(3) { Effect::Deny } else { Effect::Allow };
    let mut derived_roles: Vec<_> = derived.iter().filter(|_| random.one_in(4)).cloned().collect();
    let roles = match derived_roles.is_empty() || random.one_in(2) {
        true => names(random, &ROLES),
        false => Names::Of(Vec::new()),
    };
    if roles == Names::Any {
        derived_roles.clear();
    }
    Policy {
        enforcement: if random.one_in(4) { Enforcement::Shadow } else { Enforcement::Enforce },
        kinds: names(random, &KINDS),
        actions: actions(random),
        roles,
        derived_roles,
        condition: (!random.one_in(5)).then(|| condition(environment, random)),
        window: window(random),
        ..Policy::new(&format!("policy-{index}"), effect)
    }
}

fn names(random: &mut Random, from: &[&str]) -> Names {
    if random.one_in(4) {
        return Names::Any;
    }
    let mut names: Vec<String> = (0..1 + random.below(2)).map(|_| random.pick(from).to_owned()).collect();
    names.sort();
    names.dedup();
    Names::Of(names)
}

fn actions(random: &mut Random) -> Names {
    let mut actions = names(random, &ACTIONS);
    if let Names::Of(names) = &mut actions
        && random.one_in(3)
    {
        names.push(random.pick(&GLOBS).to_owned());
    }
    actions
}

fn window(random: &mut Random) -> Window {
    let mut end = || random.one_in(8).then(|| time(random.below(5)));
    Window { not_before: end(), not_after: end() }
}
