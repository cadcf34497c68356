use std::sync::Arc;

use crate::condition::{AttributeTypes, Environment, Use, check};
use crate::set::{DerivedRole, Names, Policy, PolicySet};

use super::assembly::Assembly;
use super::condition::{Conditions, Surroundings};
use super::diagnostic::Diagnostics;
use super::draft::Draft;
use super::location::{FileId, Mark, Place};
use super::printable::shown;
use super::registry::Registry;
use super::report::{Problem, Report};
use super::{SourceFile, section};

/// Reads a file of policies as if it stood beside a valid set, whose scopes, derived roles, variables and schemas these
/// policies may depend on. They may have names that policies of the set have: those are the ones they would replace.
/// It takes as long as the file does, and a look at each policy of the set.
///
/// # Errors
/// Lists every problem of the file, in the order of line and column. It may hold nothing but policies.
pub fn load_beside(file: &SourceFile, set: &PolicySet) -> Result<Vec<Arc<Policy>>, Diagnostics> {
    let start = Place { file: FileId(0), mark: Mark::default() };
    let mut report = Report::new(&[file]);
    let mut assembly = Assembly::default();
    let is_plain = section::decode(&file.shape, &mut report.file(start.file), &mut assembly);
    if !is_plain && report.count() == 0 {
        report.refuse(start, "this file is read for its policies; move its other sections to the set");
    }
    let mut scopes = Registry::default();
    set.scopes.iter().for_each(|scope| scopes.declare("scope", scope, start, &mut report));
    assembly.scopes_referred_to.check("scope", &scopes, "declare it in the section `scopes` of the set", &mut report);

    let surroundings = Surroundings {
        schemas: set.schemas.clone(),
        strangers: set.strangers() > 0 || assembly.names_strangers(&set.schemas),
    };
    let mut conditions = Conditions::default().next(set.variables.clone(), surroundings);
    let mut policies = Vec::with_capacity(assembly.policies.len());
    for draft in assembly.policies {
        let Draft { file, .. } = draft;
        let Some(finished) = draft.finish(&set.derived_roles, &[], &mut conditions, &mut report) else { continue };
        let (_, mark, _) = finished.names();
        policies.push((finished.policy, Place { file, mark }));
    }
    check_derived_roles(&policies, set, &conditions, &mut report);
    report.into_result(policies.into_iter().map(|(policy, _)| policy).collect())
}

/// The condition of a derived role is about the kinds of the policies that name it, to which these add theirs.
fn check_derived_roles(
    policies: &[(Arc<Policy>, Place)],
    set: &PolicySet,
    conditions: &Conditions,
    report: &mut Report<'_>,
) {
    let environment = Environment::policy().with_variables(set.variables.clone());
    let Surroundings { schemas, strangers } = conditions.surroundings();
    let names = |policy: &Policy, role: &DerivedRole| policy.derived_roles.iter().any(|named| named.name == role.name);
    for role in &set.derived_roles {
        let Some(condition) = &role.condition else { continue };
        let Some((_, place)) = policies.iter().find(|(policy, _)| names(policy, role)) else { continue };
        let is_replaced = |policy: &Policy| policies.iter().any(|(new, _)| new.name == policy.name);
        let kept = set.policies.iter().filter(|policy| names(policy, role) && !is_replaced(policy));
        let added = policies.iter().map(|(policy, _)| policy).filter(|policy| names(policy, role));
        let kinds = of_all(kept.chain(added).map(|policy| &policy.kinds));
        let types = AttributeTypes::new(schemas, Some(&kinds), *strangers);
        if let Some(problem) = check(&condition.text, &environment, &types, Use::Condition).first() {
            let message = format!("derived role {} cannot be held here: {}", shown(&role.name), problem.message);
            let help = "its condition is about the resources of the policies that name it";
            report.refuse(*place, Problem::new(message).help(help));
        }
    }
}

fn of_all<'n>(names: impl Iterator<Item = &'n Names>) -> Names {
    let mut all = Vec::new();
    for names in names {
        let Names::Of(names) = names else { return Names::Any };
        for name in names {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
    }
    Names::Of(all)
}
