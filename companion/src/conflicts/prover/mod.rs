//! Whether there is a question that two policies answer, and answer differently.
//!
//! What the two have in common is compared first: kinds, actions, roles, scopes, windows. Then values for what their
//! conditions read are tried, drawn from what the conditions say, until the logic of both is met. Every part of a condition
//! is judged by the engine's own evaluator, and a question that is found is decided by the engine before it is told of.

mod glob;
mod goal;
mod judge;
mod meeting;
mod point;
mod said;
mod schema;
mod search;
mod space;
mod statement;
#[cfg(test)]
mod tests;
mod values;
mod verdict;
mod witness;

use std::cell::Cell;
use std::sync::Arc;

use tollgate_policy::engine::Effect;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, compile};

use crate::catalogue::Surroundings;

use super::study::Study;

use goal::Wanted;
use judge::Judge;
use meeting::Meeting;
use point::{Found, Point};
use search::{Outcome, Search, Tries};

pub(super) use glob::includes as glob_includes;
pub(super) use meeting::{common_action, includes, windows_meet};
pub(crate) use statement::Statement;
pub(crate) use verdict::{Apart, Conflict, Verdict};
#[cfg(test)]
use witness::Witness;

/// Tries that it takes as long as to begin a search, beside those for each of its goals.
const SEARCH: usize = 16;

/// What comparing two policies may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Values that are tried one after the other.
    pub(crate) systematic: u32,
    /// Questions that are made at random after that, where values may have been missed.
    pub(crate) random: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { systematic: 20_000, random: 500 }
    }
}

/// Compares policies of one set.
#[derive(Debug)]
pub(crate) struct Prover {
    surroundings: Arc<Surroundings>,
    /// Of a set without policies: makes principals for the evaluation of parts.
    nothing: Snapshot,
    effort: Effort,
    study: Study,
    tried: Cell<u64>,
}

impl Prover {
    /// Nothing more is tried once nobody waits for the study any more.
    ///
    /// # Errors
    /// If even a set without policies does not compile.
    pub(crate) fn new(surroundings: Arc<Surroundings>, effort: Effort, study: Study) -> anyhow::Result<Self> {
        let nothing = compile(&tollgate_policy::set::PolicySet::default(), SnapshotId::default())?.snapshot;
        Ok(Prover { surroundings, nothing, effort, study, tried: Cell::default() })
    }

    /// Whether a question that an allow allows is one that a deny denies.
    pub(crate) fn conflict(&self, allow: &Statement, deny: &Statement) -> Verdict {
        debug_assert!((allow.effect(), deny.effect()) == (Effect::Allow, Effect::Deny));
        let meeting = match Meeting::of(allow, deny, &self.surroundings) {
            Ok(meeting) => meeting,
            Err(apart) => return Verdict::Disjoint(apart),
        };
        let points = meeting.points();
        let judge = Judge::new(&self.surroundings, allow, deny);
        let mut conflict = None;
        let mut judged = |found: &Found<'_>| {
            conflict = judge.conflict(found);
            conflict.is_some()
        };
        let (mut tried, mut certain, mut by_schemas) = (0, meeting.is_complete(), false);
        // A deny that holds says more than one that fails, and one that fails denies, too.
        let found = [Wanted::True, Wanted::NotFalse].into_iter().any(|deny_by| {
            let mut tries = Tries::new(self.effort.systematic, &self.study);
            let found = points.iter().any(|point| {
                let Some(mut search) = self.search(point, [Wanted::True, deny_by], &mut tries) else {
                    certain = false;
                    return false;
                };
                let outcome = search.run(&mut tries, &mut judged);
                if outcome != Outcome::Found && deny_by == Wanted::NotFalse {
                    by_schemas |= search.is_bound_by_schemas();
                    certain = certain && (outcome == Outcome::None || search.is_impossible(&mut tries));
                }
                outcome == Outcome::Found
            });
            tried += self.count(&tries);
            found
        });
        if !found && certain {
            return Verdict::Disjoint(Apart::Conditions { by_schemas });
        }
        if !found {
            let mut building = Tries::new(self.effort.systematic, &self.study);
            let (mut tries, mut seed) = (Tries::new(self.effort.random, &self.study), seed(allow, deny));
            points.iter().any(|point| {
                let search = self.search(point, [Wanted::True, Wanted::NotFalse], &mut building);
                search.is_some_and(|mut search| search.random(&mut tries, &mut seed, &mut judged))
            });
            tried += self.count(&tries);
        }
        match conflict {
            Some(conflict) => {
                Verdict::Conflict(Box::new(Conflict { shadowed: self.is_shadowed(allow, deny), ..conflict }))
            }
            None => Verdict::Unknown { tried },
        }
    }

    /// How many values and questions were tried for all pairs so far.
    pub(crate) fn tried(&self) -> u64 {
        self.tried.get()
    }

    fn count(&self, tries: &Tries) -> u64 {
        self.tried.update(|all| all + tries.used());
        tries.used()
    }

    /// `None` if there are no tries left for it, or it is too much to look into.
    fn search<'s>(&'s self, point: &'s Point<'s>, wanted: [Wanted; 2], tries: &mut Tries) -> Option<Search<'s>> {
        if tries.are_spent() {
            return None;
        }
        let search = Search::new(point, wanted, &self.surroundings, &self.nothing);
        tries.spend(SEARCH + search.as_ref().map_or(0, Search::size));
        search
    }

    /// Whether a deny denies all that an allow allows. No where that is not certain.
    fn is_shadowed(&self, allow: &Statement, deny: &Statement) -> bool {
        self.is_within(allow, deny, [Wanted::True, Wanted::False])
    }

    /// Whether a policy makes no difference beside another of the same effect: the other applies wherever it does. No where
    /// that is not certain.
    pub(crate) fn is_redundant(&self, policy: &Statement, beside: &Statement) -> bool {
        let wanted = match policy.effect() {
            Effect::Allow => [Wanted::True, Wanted::NotTrue],
            Effect::Deny => [Wanted::NotFalse, Wanted::False],
        };
        policy.effect() == beside.effect()
            && policy.policy().scope == beside.policy().scope
            && self.is_within(policy, beside, wanted)
    }

    /// Whether, for each way in which the first is reached, the second is reached by the same principals, and there is no question
    /// for which the conditions come to what is wanted of both.
    fn is_within(&self, inner: &Statement, outer: &Statement, wanted: [Wanted; 2]) -> bool {
        let Some(meeting) = Meeting::within(inner, outer, &self.surroundings) else { return false };
        let mut tries = Tries::new(self.effort.systematic, &self.study);
        let mut never = |point: &Point<'_>| {
            let Some(mut search) = self.search(point, wanted, &mut tries) else { return false };
            search.run(&mut tries, &mut |_| true) == Outcome::None || search.is_impossible(&mut tries)
        };
        let ways = meeting.points_by_way(inner.ways());
        let is_within = ways.iter().all(|by_other| by_other.iter().any(|points| points.iter().all(&mut never)));
        self.count(&tries);
        is_within
    }
}

/// The same for the same two policies, whatever else there is.
fn seed(one: &Statement, other: &Statement) -> u64 {
    let bytes = one.policy().name.bytes().chain([0]).chain(other.policy().name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
