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
use oracle::{Answer, Reference};
use policies::policy_set;
use tollgate_policy::engine::{Applies, Effect, Reason, Scratch};
use tollgate_policy::snapshot::{Compiler, Snapshot, SnapshotId, encode};

/// Policy sets, and requests for each: 120 000 decisions.
const SETS: u64 = 2_000;
const CASES: u64 = 60;

#[test]
fn compiled_decisions_are_those_of_the_reference() {
    let seed = std::env::var("TOLLGATE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let [mut allowed, mut by_fault, mut with_errors, mut scoped, mut shadowed] = [0_u32; 5];
    for set_seed in seed..seed + SETS {
        let set = policy_set(&mut Random(set_seed));
        let mut random = Random(!set_seed);
        let snapshot = Snapshot::decode(encode(&set, SnapshotId { epoch: 1, version: 1 }).unwrap()).unwrap();
        // The snapshot gives the order alone: it must hold every policy.
        assert_eq!(snapshot.policy_names().len(), set.policies.len());
        let reference = Reference::new(&set, snapshot.policy_names());
        let mut scratch = Scratch::default();
        for _ in 0..CASES {
            let case = case(&mut random);
            let expected = reference.decide(&case);
            let answer = decide(&snapshot, &case, &mut scratch);
            assert_eq!(answer, expected, "TOLLGATE_SEED={set_seed}\n{}", explain(&reference, &snapshot, &case));
            allowed += u32::from(answer.allowed);
            by_fault += u32::from(answer.by_fault);
            with_errors += u32::from(answer.errors > 0);
            scoped += u32::from(answer.allowed && (case.scope.is_some() || case.principal_scope.is_some()));
            shadowed += u32::from(answer.shadow);
        }
    }
    // A generator that no longer reaches the interesting cases would prove nothing.
    let reached = [allowed, by_fault, with_errors, scoped, shadowed];
    assert!(
        reached.iter().zip([4_000, 5_000, 10_000, 500, 1_000]).all(|(reached, least)| *reached > least),
        "{reached:?}"
    );
}

/// Policies come and go one by one, by deltas, and after each the decisions are the reference's.
#[test]
fn decisions_of_edited_snapshots_are_those_of_the_reference() {
    let seed = std::env::var("TOLLGATE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for set_seed in seed..seed + SETS / 20 {
        let whole = policy_set(&mut Random(set_seed));
        let mut random = Random(!set_seed);
        let (mut set, mut compiler) = (whole.clone(), Compiler::default());
        let mut content = compiler.compile(&set).unwrap();
        let id = |version| SnapshotId { epoch: 1, version };
        let mut snapshot = Snapshot::decode(content.encode(id(0), &[])).unwrap();
        let mut scratch = Scratch::default();
        for version in 1..12 {
            set.policies = whole.policies.iter().filter(|_| !random.one_in(3)).cloned().collect();
            let next = compiler.compile(&set).unwrap();
            snapshot.apply(&next.delta(&content, id(version - 1), id(version), &[])).unwrap();
            content = next;
            let reference = Reference::new(&set, snapshot.policy_names());
            for _ in 0..CASES / 6 {
                let case = case(&mut random);
                let (answer, expected) = (decide(&snapshot, &case, &mut scratch), reference.decide(&case));
                assert_eq!(answer, expected, "TOLLGATE_SEED={set_seed}\n{}", explain(&reference, &snapshot, &case));
            }
        }
    }
}

fn decide(snapshot: &Snapshot, case: &Case, scratch: &mut Scratch) -> Answer {
    case.ask(snapshot, |query| {
        let decision = snapshot.decide(query, scratch);
        let shadow = decision.shadow.map(|outcome| outcome.effect);
        assert_ne!(shadow, Some(decision.effect));
        Answer {
            allowed: decision.effect == Effect::Allow,
            by_fault: decision.reason == Reason::DeniedByFault,
            policy: decision.policy.map(|policy| policy.name().to_owned()),
            errors: decision.errors,
            shadow: shadow.is_some(),
            out_of_scope: matches!(decision.reason, Reason::UnknownScope | Reason::ScopeMismatch),
        }
    })
}

/// The policies that engine and reference disagree about.
fn explain(reference: &Reference<'_>, snapshot: &Snapshot, case: &Case) -> String {
    let candidates = case.ask(snapshot, |query| snapshot.trace(query, &mut Scratch::default()));
    let mut text = format!("{case:?}\n");
    for candidate in candidates {
        let expected = reference.applies(candidate.policy, case);
        let applies = match candidate.applies {
            Applies::Yes => Some(true),
            Applies::No => Some(false),
            Applies::Error(_) => None,
        };
        let marked = if applies == expected { "" } else { "DIFFERS" };
        text += &format!("{candidate:?}, expected {expected:?} {marked}\n");
    }
    text
}
