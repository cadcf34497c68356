use std::collections::HashMap;
use std::sync::Arc;

use tollgate_policy::engine::Effect;
use tollgate_policy::set::Policy;

use crate::embedding::Generation;

use super::super::study::{Cancelled, Study};
use super::ordered;

/// How many of the nearest are proposed for each policy, and for one that is singled out.
const NEAREST: usize = 8;
const NEAREST_OF_ONE: usize = 64;

/// Most policies whose nearest are looked for.
const MAX_SEARCHES: usize = 2000;

/// Those of opposite effect that are nearest to each other, from the side that has fewer; returns for how many policies
/// they were not looked for.
pub(super) fn pairs(
    policies: &[Arc<Policy>],
    only: Option<usize>,
    generation: &Generation,
    study: &Study,
    propose: &mut dyn FnMut((usize, usize), f32),
) -> Result<usize, Cancelled> {
    let places: HashMap<&str, usize> =
        policies.iter().enumerate().map(|(place, policy)| (policy.name.as_str(), place)).collect();
    let of = |effect: Effect| policies.iter().filter(move |policy| policy.effect == effect).count();
    let side = if of(Effect::Allow) < of(Effect::Deny) { Effect::Allow } else { Effect::Deny };
    let most = if only.is_some() { NEAREST_OF_ONE } else { NEAREST };
    let mut left_out = 0;
    let asking = policies.iter().enumerate().filter(|(place, policy)| match only {
        Some(only) => *place == only,
        None => policy.effect == side,
    });
    for (number, (place, policy)) in asking.enumerate() {
        if number >= MAX_SEARCHES {
            left_out += 1;
            continue;
        }
        study.goes_on()?;
        let is_opposite = |name: &str| {
            places.get(name).and_then(|other| policies.get(*other)).is_some_and(|other| other.effect != policy.effect)
        };
        // What the index does not have, or cannot read, proposes nothing.
        let Ok(Some(vector)) = generation.index.vector_of(&policy.name) else {
            left_out += 1;
            continue;
        };
        let hits = generation.index.search(&vector, most, Some(&is_opposite)).unwrap_or_default();
        for hit in hits {
            let pair = places.get(&*hit.name).and_then(|other| ordered(policies, place, *other));
            if let Some(pair) = pair {
                propose(pair, hit.score);
            }
        }
    }
    Ok(left_out)
}
