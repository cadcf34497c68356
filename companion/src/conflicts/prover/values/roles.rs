use std::collections::BTreeSet;

use tollgate_policy::data::Data;
use tollgate_policy::identity::ANONYMOUS;

use super::super::point::{Point, Who};
use super::super::said::Rumour;
use super::{Candidate, Values};

/// Most roles of which every set is tried.
const MAX_ROLES: usize = 5;

/// Most roles that are looked for at all.
const MOST_ROLES: usize = 64;

/// Sets of roles by which both policies are reached, with and without those that conditions look for.
pub(super) fn values(point: &Point<'_>, rumour: &Rumour) -> Values {
    let needed = match point.who {
        Who::Anonymous => {
            return Values { candidates: vec![Candidate::Roles(vec![ANONYMOUS.to_owned()])], complete: true };
        }
        Who::Somebody(needed) => needed,
    };
    let named = rumour.elements.iter().chain(&rumour.hints.values).filter_map(Data::as_str);
    // Only the caller without identity has that one.
    let sought: BTreeSet<&str> = named.filter(|role| *role != ANONYMOUS && !role.is_empty()).collect();
    let complete = sought.len() <= MAX_ROLES;
    let all: Vec<&str> = sought.into_iter().take(MOST_ROLES).collect();
    let sought = all.get(..MAX_ROLES).unwrap_or(&all);
    let mut sets: Vec<u32> = (0..1 << sought.len()).collect();
    sets.sort_by_key(|set| set.count_ones());
    let chosen = sets.into_iter().map(|set| {
        let own = sought.iter().enumerate().filter(move |(number, _)| set >> number & 1 == 1);
        own.map(|(_, role)| *role).collect::<BTreeSet<&str>>()
    });
    // Where there are more, all of them, and all but one.
    let without = (0..all.len()).map(|left_out| {
        all.iter().enumerate().filter(|(number, _)| *number != left_out).map(|(_, role)| *role).collect()
    });
    let more = std::iter::once(all.iter().copied().collect()).chain(without).filter(|_| !complete);
    let mut candidates = Vec::new();
    for own in chosen.chain(more) {
        let candidate = completed(own, &needed, &all).map(Candidate::Roles);
        candidates.extend(candidate.filter(|candidate| !candidates.contains(candidate)));
    }
    Values { candidates, complete }
}

/// The fewest roles that reach both policies.
pub(in super::super) fn fewest(point: &Point<'_>) -> Option<Vec<String>> {
    match point.who {
        Who::Anonymous => None,
        Who::Somebody(needed) => completed(BTreeSet::new(), &needed, &[]),
    }
}

/// Roles with one of each list that is needed, none of them one that is looked for and was not meant to be there.
fn completed(own: BTreeSet<&str>, needed: &[Option<&[String]>; 2], sought: &[&str]) -> Option<Vec<String>> {
    let mut roles = own;
    let lists: Vec<&[String]> = needed.iter().copied().flatten().collect();
    let can_be = |role: &&String| *role != ANONYMOUS && !sought.contains(&role.as_str());
    let [first, rest @ ..] = lists.as_slice() else { return Some(roles.into_iter().map(str::to_owned).collect()) };
    // One for both lists, rather than one for each.
    let lacks = |list: &&[String], roles: &BTreeSet<&str>| !list.iter().any(|role| roles.contains(role.as_str()));
    if lists.iter().all(|list| lacks(list, &roles))
        && let Some(role) = first.iter().filter(can_be).find(|role| rest.iter().all(|list| list.contains(role)))
    {
        roles.insert(role);
    }
    for list in &lists {
        if lacks(list, &roles) {
            roles.insert(list.iter().find(can_be)?);
        }
    }
    Some(roles.into_iter().map(str::to_owned).collect())
}
