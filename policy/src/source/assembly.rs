use std::collections::HashMap;
use std::sync::Arc;

use crate::identity::IdentitySource;
use crate::set::budget::Environment;
use crate::set::{DirectoryEntry, Names, PolicySet, Schemas, Unmatched};

use super::condition::{Conditions, Surroundings};
use super::draft::{Draft, Finished};
use super::location::{FileId, Place};
use super::printable::shown;
use super::references::References;
use super::registry::Registry;
use super::report::{Problem, Report};
use super::route::Declared;
use super::variable::Variables;
use super::{ambiguity, budget, derived_role, scope};

/// Most identity sources of a set.
const MAX_SOURCES: usize = 64;

/// What the files decoded so far declare. Names are kept apart from entries: a broken entry still has its name, so that
/// whoever refers to it is not refused too.
#[derive(Default)]
pub(super) struct Assembly {
    pub(super) policies: Vec<Draft>,
    pub(super) policy_names: Registry,
    pub(super) derived_roles: Vec<derived_role::Draft>,
    pub(super) derived_role_names: Registry,
    /// Roles that directory entries and identity sources give.
    pub(super) roles_granted: References,
    pub(super) variables: Variables,
    pub(super) scopes: Registry,
    pub(super) scopes_referred_to: References,
    pub(super) routes: Vec<Declared>,
    pub(super) route_names: Registry,
    pub(super) identity: Vec<IdentitySource>,
    pub(super) source_names: Registry,
    pub(super) sources_referred_to: References,
    pub(super) principals: Vec<DirectoryEntry>,
    /// By identity source.
    principal_ids: HashMap<String, Registry>,
    pub(super) budgets: budget::Draft,
    pub(super) schemas: Schemas,
    pub(super) schema_names: Registry,
    pub(super) kind_schema_names: Registry,
    unmatched: Option<(Unmatched, Place)>,
    identity_section: Option<Place>,
}

impl Assembly {
    /// The set has one answer for requests without a route.
    pub(super) fn unmatched(&mut self, unmatched: Unmatched, place: Place, report: &mut Report<'_>) {
        match self.unmatched {
            None => self.unmatched = Some((unmatched, place)),
            Some((_, first)) => {
                let problem = Problem::new("`unmatched` is already declared at");
                report.refuse(place, problem.other(first, "; a set has one, so remove one of the two"));
            }
        }
    }

    /// The order of sources decides, and files have none: so all of them are in one.
    pub(super) fn identity_section(&mut self, place: Place, report: &mut Report<'_>) {
        match self.identity_section {
            None => self.identity_section = Some(place),
            Some(first) => {
                let problem = Problem::new("section `identity` is already declared at")
                    .other(first, "; move these sources there")
                    .help("sources are tried in order, and files have no order");
                report.refuse(place, problem);
            }
        }
    }

    /// The ids of principals of an identity source.
    pub(super) fn principal_ids(&mut self, source: &str) -> &mut Registry {
        self.principal_ids.entry(source.to_owned()).or_default()
    }

    /// Takes policies that were in a set before as if they had been read from this file.
    pub(super) fn recall(&mut self, file: FileId, policies: Vec<Finished>, report: &mut Report<'_>) {
        for finished in policies {
            let (name, mark, scope) = finished.names();
            self.policy_names.declare("policy", name, Place { file, mark }, report);
            if let Some((scope, mark)) = scope {
                self.scopes_referred_to.add(scope, Place { file, mark });
            }
            self.policies.push(Draft::again(file, finished));
        }
    }

    /// Checks what only the whole shows. Policies that are in `before`, an earlier set, are shared with that. Returns the
    /// policies by file, too, in the order of these.
    pub(super) fn finish(
        self,
        before: &PolicySet,
        environment: Option<Environment>,
        conditions: &mut Conditions,
        report: &mut Report<'_>,
    ) -> (PolicySet, Vec<(FileId, Option<Finished>)>) {
        if !report.incomplete {
            let help = "declare it in the section `identity`";
            self.sources_referred_to.check("identity source", &self.source_names, help, report);
            let help = "declare it in the section `scopes`";
            self.scopes_referred_to.check("scope", &self.scopes, help, report);
            scope::check_parents(&self.scopes, report);
        }
        if let Some(place) = self.identity_section
            && self.identity.len() > MAX_SOURCES
        {
            report.refuse(place, format!("a set has at most {MAX_SOURCES} identity sources; remove some"));
        }
        ambiguity::check(&self.routes, report);
        self.check_granted(report);
        let mut kinds = self.kinds_by_derived_role();
        let (names, drafts) = (&self.derived_role_names, self.derived_roles);
        let mut derived_roles: Vec<_> = drafts
            .into_iter()
            .filter_map(|role| {
                let kinds = kinds.remove(role.name()).unwrap_or(Names::Any);
                role.finish(names, &kinds, conditions, report)
            })
            .collect();
        derived_roles.sort_by(|a, b| a.name.cmp(&b.name));
        let finished: Vec<_> = self
            .policies
            .into_iter()
            .map(|policy| (policy.file, policy.finish(&derived_roles, &before.policies, conditions, report)))
            .collect();
        let budgeted = self.routes.iter().filter_map(|declared| Some((&*declared.route.name, declared.budget?)));
        let budgets = self.budgets.finish(budgeted, &self.identity, environment, report);
        let mut policies: Vec<_> =
            finished.iter().filter_map(|(_, finished)| Some(Arc::clone(&finished.as_ref()?.policy))).collect();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        let set = PolicySet {
            policies,
            derived_roles,
            variables: conditions.variables().clone(),
            scopes: self.scopes.names().map(str::to_owned).collect(),
            routes: self.routes.into_iter().map(|declared| declared.route).collect(),
            unmatched: self.unmatched.map(|(unmatched, _)| unmatched).unwrap_or_default(),
            identity: self.identity,
            principals: self.principals,
            schemas: self.schemas,
            budgets,
        };
        (set, finished)
    }

    /// What conditions are checked against.
    pub(super) fn surroundings(&self) -> Surroundings {
        let strangers = self.routes.iter().any(|declared| self.schemas.is_stranger(&declared.route.kind))
            || self.names_strangers(&self.schemas);
        Surroundings { schemas: self.schemas.clone(), strangers }
    }

    /// Whether a policy names a kind of resource that has none of these schemas, while others have one.
    pub(super) fn names_strangers(&self, schemas: &Schemas) -> bool {
        let mut kinds = self.policies.iter().filter_map(Draft::about).map(|(kinds, _)| kinds);
        kinds.any(|kinds| schemas.strangers_among(kinds) > 0)
    }

    /// The kinds of resource that the policies with a derived role are about: its condition is about these.
    fn kinds_by_derived_role(&self) -> HashMap<String, Names> {
        let mut kinds: HashMap<String, Names> = HashMap::new();
        if self.derived_roles.is_empty() {
            return kinds;
        }
        for (of, roles) in self.policies.iter().filter_map(Draft::about) {
            let Names::Of(roles) = roles else { continue };
            for role in roles.iter().filter(|role| self.derived_role_names.contains(role)) {
                match (kinds.get_mut(role), of) {
                    (None, of) => {
                        kinds.insert(role.clone(), of.clone());
                    }
                    (Some(Names::Of(known)), Names::Of(of)) => {
                        let new: Vec<_> = of.iter().filter(|kind| !known.contains(kind)).cloned().collect();
                        known.extend(new);
                    }
                    (Some(known), _) => *known = Names::Any,
                }
            }
        }
        kinds
    }

    /// A policy that names a derived role never looks for a plain one of that name: giving that to someone does nothing.
    fn check_granted(&self, report: &mut Report<'_>) {
        for (role, place) in self.roles_granted.first().filter(|(role, _)| self.derived_role_names.contains(role)) {
            let problem = Problem::new(format!("{} is a derived role, which cannot be given to anyone", shown(role)));
            report.refuse(
                place,
                problem.help("it is held by its `roles`, where its `condition` holds; give one of these"),
            );
        }
    }
}
