//! The compiled engine against the reference, on generated policy sets and requests. `TOLLGATE_SEED` starts elsewhere.
//!
//! One disagreement is known, rare, and outside the default seeds: `cel` 0.15 appends a map's keys to a list by `+`, which
//! CEL defines for two lists only. Here it is an error.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at their own mistakes"
)]

#[path = "oracle/cases.rs"]
mod cases;
mod oracle;
#[path = "oracle/policies.rs"]
mod policies;

use cases::{Case, Random, case};
use cel_interpreter::Program;
use oracle::{Answer, Reference};
use policies::policy_set;
use tollgate_policy::engine::{Applies, Decision, Effect, Reason, Scratch};
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};

/// Policy sets, and requests for each: 120 000 decisions.
const SETS: u64 = 2_000;
const CASES: u64 = 60;

#[test]
fn compiled_decisions_are_those_of_the_reference() {
    let seed = std::env::var("TOLLGATE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let (mut allowed, mut by_fault, mut with_errors) = (0, 0, 0);
    for set_seed in seed..seed + SETS {
        let set = policy_set(&mut Random(set_seed));
        let mut random = Random(!set_seed);
        let snapshot = compile(&set);
        let reference = reference(&set, &snapshot);
        let mut scratch = Scratch::default();
        for _ in 0..CASES {
            let case = case(&mut random);
            let expected = reference.decide(&case);
            let answer = decide(&snapshot, &case, &mut scratch);
            assert_eq!(answer, expected, "TOLLGATE_SEED={set_seed}\n{}", explain(&set, &snapshot, &case));
            allowed += u32::from(answer.effect == Effect::Allow);
            by_fault += u32::from(answer.by_fault);
            with_errors += u32::from(answer.errors > 0);
        }
    }
    // A generator that no longer reaches the interesting cases would prove nothing.
    assert!(allowed > 5_000 && by_fault > 5_000 && with_errors > 10_000, "{allowed} {by_fault} {with_errors}");
}

fn compile(set: &PolicySet) -> Snapshot {
    Snapshot::decode(&encode(set, SnapshotId { epoch: 1, version: 1 }).unwrap()).unwrap()
}

fn reference<'a>(set: &'a PolicySet, snapshot: &Snapshot) -> Reference<'a> {
    // The snapshot gives the order alone: it must hold every policy.
    assert_eq!(snapshot.policy_names().len(), set.policies.len());
    Reference::new(snapshot.policy_names().map(|name| set.policies.iter().find(|policy| policy.name == name).unwrap()))
}

fn decide(snapshot: &Snapshot, case: &Case, scratch: &mut Scratch) -> Answer {
    case.ask(snapshot, |query| {
        let Decision { effect, reason, policy, errors, .. } = snapshot.decide(query, scratch);
        Answer {
            effect,
            by_fault: reason == Reason::DeniedByFault,
            policy: policy.map(|policy| policy.name().to_owned()),
            errors,
        }
    })
}

/// The conditions that engine and reference disagree about.
fn explain(set: &PolicySet, snapshot: &Snapshot, case: &Case) -> String {
    let candidates = case.ask(snapshot, |query| snapshot.trace(query, &mut Scratch::default()));
    let mut text = format!("{case:?}\n");
    for candidate in candidates {
        let policy = set.policies.iter().find(|policy| policy.name == candidate.policy).unwrap();
        let Some(condition) = &policy.condition else { continue };
        let expected = oracle::holds(&Program::compile(&condition.text).unwrap(), case);
        let applies = match candidate.applies {
            Applies::Yes => Some(true),
            Applies::No => Some(false),
            Applies::Error(_) => None,
        };
        if applies != expected {
            text += &format!("{}\n  {:?}, expected {expected:?}\n", condition.text, candidate.applies);
        }
    }
    text
}
