//! Against every question there is over small domains, with conditions evaluated in the plainest way.

mod condition;
mod value;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::conflicts::prover::{Verdict, Witness};

use super::{Pair, set};
use condition::{Condition, Outcome, Random};
use value::{Assignment, assignments};

const PAIRS: usize = 600;

/// Most places that two conditions read together: every combination of their values is tried.
const MAX_PLACES: usize = 3;

/// Two by chance, with few enough places.
fn two(random: &mut Random, mut make: impl FnMut(&mut Random) -> [Condition; 2]) -> [Condition; 2] {
    loop {
        let conditions = make(random);
        let read: BTreeSet<&str> = conditions.iter().flat_map(Condition::reads).collect();
        if read.len() <= MAX_PLACES {
            return conditions;
        }
    }
}

fn policies(conditions: &[Condition; 2], effects: [&str; 2]) -> Option<Pair> {
    let [a, b] = conditions.each_ref().map(|condition| Json::from(condition.to_string()));
    let text = format!(
        "policies:
  - {{name: a, effect: {}, resource: document, actions: [view], roles: [editor], condition: {a}}}
  - {{name: b, effect: {}, resource: document, actions: [view], roles: [editor], condition: {b}}}
",
        effects[0], effects[1]
    );
    // What is decided beforehand is refused.
    let files = [tollgate_policy::source::SourceFile::new("policies.yaml", text.as_str())];
    tollgate_policy::source::load(&files).ok()?;
    Some(Pair::of(&set(&text)))
}

fn applies(allow: &Condition, deny: &Condition, to: &Assignment) -> bool {
    allow.outcome(to) == Outcome::True && deny.outcome(to) != Outcome::False
}

/// The values that a witness gives.
fn values(witness: &Witness) -> Assignment {
    let argument = |name: &str| {
        let at = witness.0.iter().position(|argument| argument == name).unwrap();
        serde_json::from_str::<Json>(&witness.0[at + 1]).unwrap()
    };
    Assignment::of(&argument("--principal"), &argument("--resource"))
}

#[test]
fn every_conflict_is_one_no_disjoint_pair_is_one_and_nearly_all_are_found() {
    let mut random = Random(7);
    let (mut compared, mut conflicts, mut found, mut disjoint, mut unknown) = (0, 0, 0, 0, 0);
    while compared < PAIRS {
        let conditions = two(&mut random, |random| [Condition::random(random, 2), Condition::random(random, 2)]);
        let [allow, deny] = &conditions;
        let Some(pair) = policies(&conditions, ["allow", "deny"]) else { continue };
        compared += 1;
        let all = assignments(&conditions);
        let is_conflict = all.iter().any(|values| applies(allow, deny, values));
        conflicts += usize::from(is_conflict);
        match pair.verdict() {
            Verdict::Conflict(conflict) => {
                let values = values(&conflict.witness);
                assert_eq!(allow.outcome(&values), Outcome::True, "{allow} | {deny}: {}", conflict.witness);
                let expected = if conflict.by_fault { Outcome::Error } else { Outcome::True };
                assert_eq!(deny.outcome(&values), expected, "{allow} | {deny}: {}", conflict.witness);
                found += usize::from(is_conflict);
                let denies_all = || {
                    let allowed = all.iter().filter(|values| allow.outcome(values) == Outcome::True);
                    allowed.clone().all(|values| deny.outcome(values) != Outcome::False)
                };
                assert!(!conflict.shadowed || denies_all(), "{allow} | {deny} is not shadowed");
            }
            Verdict::Disjoint(why) => {
                assert!(!is_conflict, "{allow} | {deny}: {why}");
                disjoint += 1;
            }
            Verdict::Unknown { .. } => unknown += 1,
        }
    }
    println!("{compared} pairs: {found} of {conflicts} conflicts found, {disjoint} disjoint, {unknown} unknown");
    assert!(conflicts > PAIRS / 3 && disjoint > PAIRS / 10, "{conflicts} conflicts, {disjoint} disjoint");
    assert!(found * 1000 >= conflicts * 995, "{found} of {conflicts} conflicts were found");
    let open = disjoint + unknown;
    assert!(disjoint * 100 >= open * 90, "{disjoint} of {open} were told to be disjoint");
}

#[test]
fn lists_that_are_compared_with_each_other_are_not_wrongly_disjoint() {
    let mut random = Random(5);
    let (mut conflicts, mut disjoint) = (0, 0);
    for _ in 0..PAIRS / 2 {
        let conditions = [Condition::of_lists(&mut random, 2), Condition::of_lists(&mut random, 1)];
        let [allow, deny] = &conditions;
        let Some(pair) = policies(&conditions, ["allow", "deny"]) else { continue };
        let is_conflict = assignments(&conditions).iter().any(|values| applies(allow, deny, values));
        conflicts += usize::from(is_conflict);
        if let Verdict::Disjoint(why) = pair.verdict() {
            assert!(!is_conflict, "{allow} | {deny}: {why}");
            disjoint += 1;
        }
    }
    assert!(conflicts > PAIRS / 20 && disjoint > 0, "{conflicts} conflicts, {disjoint} disjoint");
}

#[test]
fn what_is_redundant_applies_only_where_the_other_does() {
    let mut random = Random(11);
    let (mut compared, mut redundant) = (0, 0);
    while compared < PAIRS / 3 {
        // Two that have nothing to do with each other are hardly ever redundant.
        let conditions = two(&mut random, |random| {
            let own = Condition::random(random, 2);
            let other = match random.below(3) {
                0 => Condition::Any(vec![own.clone(), Condition::random(random, 1)]),
                1 => Condition::All(vec![own.clone(), Condition::random(random, 1)]),
                _ => Condition::random(random, 2),
            };
            [own, other]
        });
        let [own, other] = &conditions;
        let all = assignments(&conditions);
        for effect in ["allow", "deny"] {
            let Some(pair) = policies(&conditions, [effect; 2]) else { continue };
            compared += 1;
            if !pair.prover.is_redundant(&pair.first, &pair.second) {
                continue;
            }
            redundant += 1;
            for values in &all {
                let (own_outcome, others) = (own.outcome(values), other.outcome(values));
                let holds = match effect {
                    "allow" => own_outcome != Outcome::True || others == Outcome::True,
                    _ => own_outcome == Outcome::False || others != Outcome::False,
                };
                assert!(holds, "{effect}: {own} beside {other}");
            }
        }
    }
    assert!(redundant > PAIRS / 30, "{redundant}");
}
