use std::collections::HashMap;

use crate::identity::IdentitySource;
use crate::set::{DirectoryEntry, Policy, PolicySet, Unmatched};

use super::ambiguity;
use super::condition::Conditions;
use super::location::Place;
use super::printable::shown;
use super::registry::Registry;
use super::report::{Problem, Report};
use super::route::Declared;
use super::suggest::closest;

/// Most identity sources of a set.
const MAX_SOURCES: usize = 64;

/// What the files decoded so far declare. Names are kept apart from entries: a broken entry still has its name, so that
/// whoever refers to it is not refused too.
#[derive(Default)]
pub(super) struct Assembly {
    pub(super) policies: Vec<Policy>,
    pub(super) policy_names: Registry,
    pub(super) conditions: Conditions,
    pub(super) routes: Vec<Declared>,
    pub(super) route_names: Registry,
    pub(super) identity: Vec<IdentitySource>,
    pub(super) source_names: Registry,
    pub(super) principals: Vec<DirectoryEntry>,
    /// By identity source.
    principal_ids: HashMap<String, Registry>,
    /// By identity source, the first places that refer to it.
    sources_referred_to: HashMap<String, Vec<Place>>,
    unmatched: Option<(Unmatched, Place)>,
    identity_section: Option<Place>,
}

impl Assembly {
    pub(super) fn new(conditions: Conditions) -> Self {
        Assembly { conditions, ..Assembly::default() }
    }

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

    pub(super) fn refer_to_source(&mut self, source: &str, place: Place) {
        match self.sources_referred_to.get_mut(source) {
            Some(places) => places.push(place),
            None => {
                self.sources_referred_to.insert(source.to_owned(), vec![place]);
            }
        }
    }

    /// The ids of principals of an identity source.
    pub(super) fn principal_ids(&mut self, source: &str) -> &mut Registry {
        self.principal_ids.entry(source.to_owned()).or_default()
    }

    /// Checks what only the whole shows.
    pub(super) fn finish(mut self, report: &mut Report<'_>) -> PolicySet {
        if !report.incomplete {
            self.check_sources(report);
        }
        if let Some(place) = self.identity_section
            && self.identity.len() > MAX_SOURCES
        {
            report.refuse(place, format!("a set has at most {MAX_SOURCES} identity sources; remove some"));
        }
        ambiguity::check(&self.routes, report);
        self.policies.sort_by(|a, b| a.name.cmp(&b.name));
        PolicySet {
            policies: self.policies,
            routes: self.routes.into_iter().map(|declared| declared.route).collect(),
            unmatched: self.unmatched.map(|(unmatched, _)| unmatched).unwrap_or_default(),
            identity: self.identity,
            principals: self.principals,
        }
    }

    fn check_sources(&self, report: &mut Report<'_>) {
        for (source, places) in &self.sources_referred_to {
            if self.source_names.contains(source) {
                continue;
            }
            let meant = closest(source, self.source_names.names()).map(|meant| format!("; did you mean `{meant}`?"));
            let message = format!("there is no identity source {}{}", shown(source), meant.unwrap_or_default());
            for place in places {
                report.refuse(*place, Problem::new(message.as_str()).help("declare it in the section `identity`"));
            }
        }
    }
}
