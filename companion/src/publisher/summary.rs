use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use tollgate_policy::set::{Policy, PolicySet};

use crate::store::{Edit, Summary, Tally};

use super::documents::policy_of;

/// What differs from one policy set to the next.
pub(super) fn between(old: &PolicySet, new: &PolicySet) -> Summary {
    let mut summary = Summary { policies: policies(&old.policies, &new.policies), ..Summary::default() };
    if old.routes != new.routes {
        let routes = |set: &PolicySet| named(&set.routes, |route| (route.name.clone(), route.clone()));
        tally(&routes(old), &routes(new), &mut summary.routes);
    }
    let other = &mut summary.other;
    let roles =
        |set: &PolicySet| named(&set.derived_roles, |role| (format!("derived role {}", role.name), Arc::clone(role)));
    tally(&roles(old), &roles(new), other);
    let variables = |set: &PolicySet| named(&set.variables, |(name, text)| (format!("variable {name}"), text.clone()));
    tally(&variables(old), &variables(new), other);
    let scopes = |set: &PolicySet| named(&set.scopes, |scope| (format!("scope {scope}"), ()));
    tally(&scopes(old), &scopes(new), other);
    if old.identity != new.identity {
        let sources = |set: &PolicySet| {
            let position = set.identity.iter().enumerate();
            named(position, |(position, source)| {
                (format!("identity source {}", source.name), (position, source.clone()))
            })
        };
        tally(&sources(old), &sources(new), other);
    }
    if old.principals != new.principals {
        let principals = |set: &PolicySet| {
            named(&set.principals, |entry| (format!("principal {} of {}", entry.id, entry.source), entry.clone()))
        };
        tally(&principals(old), &principals(new), other);
    }
    if old.budgets != new.budgets {
        let models =
            |set: &PolicySet| named(&set.budgets.models, |model| (format!("model {}", model.name), model.clone()));
        tally(&models(old), &models(new), other);
        let environments = |set: &PolicySet| {
            named(&set.budgets.environments, |(environment, rules)| {
                (format!("budgets of {environment}"), rules.clone())
            })
        };
        tally(&environments(old), &environments(new), other);
    }
    for (name, differs) in [("schemas", old.schemas != new.schemas), ("unmatched", old.unmatched != new.unmatched)] {
        if differs {
            other.changed.add(name);
        }
    }
    summary
}

/// What an edit of one policy's document changes; `undo` is the edit that takes it back.
pub(super) fn of_edit(edit: &Edit, undo: &Edit) -> Summary {
    let mut policies = Tally::default();
    let (named, document) = match (edit, undo) {
        (Edit::Write(document), Edit::Remove(_)) => (&mut policies.added, &document.name),
        (Edit::Write(document), Edit::Write(_)) => (&mut policies.changed, &document.name),
        (Edit::Remove(document), _) => (&mut policies.removed, document),
    };
    named.add(policy_of(document).unwrap_or(document));
    Summary { policies, ..Summary::default() }
}

/// Both are sorted by name, and most are kept in the same place as before.
fn policies(old: &[Arc<Policy>], new: &[Arc<Policy>]) -> Tally {
    let mut tally = Tally::default();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (Some(before), Some(after)) if Arc::ptr_eq(before, after) => {
                old.next();
                new.next();
            }
            (Some(before), Some(after)) => match before.name.cmp(&after.name) {
                Ordering::Less => tally.removed.add(take(&mut old)),
                Ordering::Greater => tally.added.add(take(&mut new)),
                Ordering::Equal => {
                    if before != after {
                        tally.changed.add(&after.name);
                    }
                    old.next();
                    new.next();
                }
            },
            (Some(_), None) => tally.removed.add(take(&mut old)),
            (None, Some(_)) => tally.added.add(take(&mut new)),
            (None, None) => return tally,
        }
    }
}

fn take<'p>(policies: &mut impl Iterator<Item = &'p Arc<Policy>>) -> &'p str {
    policies.next().map(|policy| policy.name.as_str()).unwrap_or_default()
}

fn named<I: IntoIterator, T>(entries: I, name: impl Fn(I::Item) -> (String, T)) -> BTreeMap<String, T> {
    entries.into_iter().map(name).collect()
}

fn tally<T: PartialEq>(old: &BTreeMap<String, T>, new: &BTreeMap<String, T>, tally: &mut Tally) {
    for (name, after) in new {
        match old.get(name) {
            None => tally.added.add(name),
            Some(before) if before != after => tally.changed.add(name),
            Some(_) => {}
        }
    }
    old.keys().filter(|name| !new.contains_key(*name)).for_each(|name| tally.removed.add(name));
}

#[cfg(test)]
mod tests {
    use tollgate_policy::source::{SourceFile, load};

    use super::*;

    fn set(text: &str) -> PolicySet {
        load(&[SourceFile::new("a.yaml", text)]).unwrap()
    }

    fn policy(name: &str, action: &str) -> String {
        format!("  - {{name: {name}, resource: document, actions: [{action}], roles: [editor]}}\n")
    }

    #[test]
    fn a_set_differs_from_itself_in_nothing() {
        let text = format!("policies:\n{}", policy("a", "view"));
        assert_eq!(between(&set(&text), &set(&text)), Summary::default());
    }

    #[test]
    fn what_is_new_changed_and_gone_is_named() {
        let old = ["a", "b", "d"].map(|name| policy(name, "view")).concat();
        let new = format!("{}{}{}", policy("b", "edit"), policy("c", "view"), policy("d", "view"));
        let route = "routes:\n  - {match: {path: /a}, action: view, resource: {kind: document}}\nscopes: [acme]\n";
        let summary = between(&set(&format!("policies:\n{old}")), &set(&format!("policies:\n{new}{route}")));
        let Summary { policies, routes, other } = summary;
        assert_eq!((policies.added.first, policies.added.count), (vec!["c".to_owned()], 1));
        assert_eq!((policies.changed.first, policies.removed.first), (vec!["b".to_owned()], vec!["a".to_owned()]));
        assert_eq!((routes.added.first, other.added.first), (vec!["/a".to_owned()], vec!["scope acme".to_owned()]));
    }
}
