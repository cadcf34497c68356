use std::collections::BTreeMap;
use std::sync::Arc;

use crate::set::{Policy, PolicySet};

use super::assembly::Assembly;
use super::condition::Conditions;
use super::draft::{Draft, Finished};
use super::files::{Change, Files, Remembered};
use super::report::Report;
use super::splice::Splice;
use super::{SourceFile, section};

/// Bytes of changed text that are always worth a try.
const SMALL: usize = 64 << 10;

/// A change to a set that touches policies and nothing else.
#[derive(Debug)]
pub(super) struct Edit {
    /// To the set's policies, by place.
    pub(super) policies: Vec<(usize, Splice<Arc<Policy>>)>,
    /// To the files, by place.
    pub(super) files: Vec<(usize, Splice<Remembered>)>,
    /// Policies that are in the set no longer, or not as they were.
    pub(super) gone: Vec<Arc<Policy>>,
    /// As in [`Self::of`].
    pub(super) strangers: usize,
}

impl Edit {
    /// What changed files change in a set without problems, as long as they hold nothing but policies, no other part of the
    /// set depends on what is changed in these, and they have no problems. `strangers`: how often routes and policies of
    /// the set name a kind of resource that has no schema, where others have one.
    pub(super) fn of(
        set: &PolicySet,
        strangers: usize,
        known: &Files,
        changes: &[(usize, Change<'_>)],
        conditions: &mut Conditions,
    ) -> Option<Self> {
        let new: Vec<&SourceFile> = changes.iter().filter_map(|(_, change)| change.file()).collect();
        let size: usize = new.iter().map(|file| file.text.len()).sum();
        // What is found to be a matter of the whole set was read in vain.
        if size > SMALL && size > known.size() / 4 {
            return None;
        }
        let old = known.policies_at(changes.iter().filter(|(_, change)| change.is_of_known()).map(|(at, _)| *at))?;
        let policies = read(&new, set, conditions)?;

        let mut by_name: BTreeMap<&str, Pair<'_>> = BTreeMap::new();
        for finished in old {
            by_name.entry(&finished.policy.name).or_default().old = Some(&finished.policy);
        }
        for finished in policies.iter().flatten() {
            by_name.entry(&finished.policy.name).or_default().new = Some(&finished.policy);
        }
        if !by_name.values().all(Pair::leaves_derived_roles_alone) {
            return None;
        }
        let named =
            |policy: Option<&Arc<Policy>>| policy.map_or(0, |policy| set.schemas.strangers_among(&policy.kinds));
        let more: usize = by_name.values().map(|pair| named(pair.new)).sum();
        let less: usize = by_name.values().map(|pair| named(pair.old)).sum();
        let after = (strangers + more).checked_sub(less)?;
        if (after > 0) != conditions.surroundings().strangers {
            return None;
        }
        let splices = by_name.iter().map(|(name, pair)| pair.splice(name, set)).collect::<Option<Vec<_>>>()?;
        let gone = by_name.values().filter_map(|pair| pair.old.cloned()).collect();
        Some(Edit { policies: splices, files: files(changes, policies), gone, strangers: after })
    }
}

/// The policies of each of these files, if there is nothing else in them and no problem.
fn read(files: &[&SourceFile], set: &PolicySet, conditions: &mut Conditions) -> Option<Vec<Vec<Finished>>> {
    let mut report = Report::new(files);
    let mut assembly = Assembly::default();
    for (id, file) in report.file_ids().zip(files) {
        if !section::decode(&file.shape, &mut report.file(id), &mut assembly) {
            return None;
        }
    }
    if report.count() > 0 || assembly.scopes_referred_to.first().any(|(scope, _)| !set.scopes.contains(scope)) {
        return None;
    }
    let mut policies: Vec<Vec<Finished>> = files.iter().map(|_| Vec::new()).collect();
    for draft in assembly.policies {
        let Draft { file, .. } = draft;
        let finished = draft.finish(&set.derived_roles, &set.policies, conditions, &mut report)?;
        policies.get_mut(file.0)?.push(finished);
    }
    (report.count() == 0).then_some(policies)
}

fn files(changes: &[(usize, Change<'_>)], policies: Vec<Vec<Finished>>) -> Vec<(usize, Splice<Remembered>)> {
    let mut policies = policies.into_iter();
    let mut remembered = |file: &SourceFile| Remembered { file: file.clone(), policies: policies.next() };
    let splice = |(at, change): &(usize, Change<'_>)| {
        let splice = match change {
            Change::Added(file) => Splice::Insert(remembered(file)),
            Change::Changed(file) => Splice::Replace(remembered(file)),
            Change::Removed => Splice::Remove,
        };
        (*at, splice)
    };
    changes.iter().map(splice).collect()
}

/// A policy before and after.
#[derive(Default)]
struct Pair<'p> {
    old: Option<&'p Arc<Policy>>,
    new: Option<&'p Arc<Policy>>,
}

impl Pair<'_> {
    /// The condition of a derived role is about the kinds of the policies that name it.
    fn leaves_derived_roles_alone(&self) -> bool {
        let names_none = |policy: &Option<&Arc<Policy>>| policy.is_none_or(|policy| policy.derived_roles.is_empty());
        match (self.old, self.new) {
            (Some(old), Some(new)) if old.kinds == new.kinds => {
                old.derived_roles.iter().map(|role| &role.name).eq(new.derived_roles.iter().map(|role| &role.name))
            }
            _ => names_none(&self.old) && names_none(&self.new),
        }
    }

    /// The change to the set's policies; `None` if another file declares the name, too.
    fn splice(&self, name: &str, set: &PolicySet) -> Option<(usize, Splice<Arc<Policy>>)> {
        let place = set.policies.binary_search_by(|policy| policy.name.as_str().cmp(name));
        match (place, self.old, self.new) {
            (Ok(at), Some(_), Some(new)) => Some((at, Splice::Replace(Arc::clone(new)))),
            (Ok(at), Some(_), None) => Some((at, Splice::Remove)),
            (Err(at), None, Some(new)) => Some((at, Splice::Insert(Arc::clone(new)))),
            _ => None,
        }
    }
}
