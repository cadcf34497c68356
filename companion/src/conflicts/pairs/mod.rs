//! Which policies may contradict each other, or make each other needless: found without looking at conditions.

mod about;
mod near;

use std::collections::HashMap;
use std::sync::Arc;

use tollgate_policy::engine::Effect;
use tollgate_policy::set::Policy;

use crate::embedding::Generation;

use super::report::Proposed;
use super::study::{Cancelled, Study};

use about::{Abouts, Room};

/// Two policies by their places: for opposite effects the allow first, for one effect the one that may be needless.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) proposed: Proposed,
}

/// Pairs to compare, those that should be compared first in front.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) opposite: Vec<Candidate>,
    pub(super) same: Vec<Candidate>,
    /// Policies for which none were looked for, since there are too many pairs.
    pub(super) policies_left_out: usize,
    /// Policies whose nearest were not looked for.
    pub(super) vectors_left_out: usize,
}

/// The pairs among policies; where one is singled out, the pairs with that one.
pub(super) fn candidates(
    policies: &[Arc<Policy>],
    only: Option<usize>,
    generation: Option<&Generation>,
    study: &Study,
) -> Result<Candidates, Cancelled> {
    let abouts = Abouts::of(policies);
    let mut room = Room::default();
    let mut found = Candidates::default();
    let (opposite, same) = abouts.pairs(only, &mut room, study)?;
    found.policies_left_out = room.policies_left_out();
    let mut known: HashMap<(usize, usize), Proposed> =
        opposite.into_iter().map(|pair| (pair, Proposed { index: true, similarity: None })).collect();
    if let Some(generation) = generation {
        found.vectors_left_out = near::pairs(policies, only, generation, study, &mut |pair, similarity| {
            known.entry(pair).or_default().similarity = Some(similarity);
        })?;
    }
    found.opposite =
        known.into_iter().map(|((first, second), proposed)| Candidate { first, second, proposed }).collect();
    in_turn(&mut found.opposite);
    let nothing = Proposed { index: true, similarity: None };
    found.same = same.into_iter().map(|(first, second)| Candidate { first, second, proposed: nothing }).collect();
    Ok(found)
}

/// Each deny has its turn, with its likeliest pairs first: one that meets everything leaves room for the others. Those that
/// only vectors propose come last: many of them have no kind or action in common.
fn in_turn(pairs: &mut [Candidate]) {
    let similarity = |pair: &Candidate| pair.proposed.similarity.unwrap_or(-1.0);
    let only_near = |pair: &Candidate| !pair.proposed.index;
    pairs.sort_by(|a, b| {
        let likelier = similarity(b).total_cmp(&similarity(a));
        let kind = only_near(a).cmp(&only_near(b));
        a.second.cmp(&b.second).then(kind).then(likelier).then(a.first.cmp(&b.first))
    });
    let mut turns: HashMap<usize, usize> = HashMap::new();
    let mut keyed: Vec<(usize, Candidate)> = Vec::with_capacity(pairs.len());
    for pair in pairs.iter() {
        let turn = turns.entry(pair.second).or_default();
        keyed.push((*turn, *pair));
        *turn += 1;
    }
    keyed.sort_by_key(|(turn, pair)| (*turn, pair.second));
    for (place, (_, pair)) in pairs.iter_mut().zip(keyed) {
        *place = pair;
    }
}

/// The allow first.
fn ordered(policies: &[Arc<Policy>], one: usize, other: usize) -> Option<(usize, usize)> {
    let effect = |place: usize| policies.get(place).map(|policy| policy.effect);
    match (effect(one)?, effect(other)?) {
        (Effect::Allow, Effect::Deny) => Some((one, other)),
        (Effect::Deny, Effect::Allow) => Some((other, one)),
        _ => None,
    }
}
