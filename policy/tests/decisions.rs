//! The compiled engine against the reference, on generated policy sets and requests.

#[path = "oracle/generate.rs"]
mod generate;
mod oracle;

use cel_interpreter::Program;
use generate::Random;
use oracle::{Answer, Case, Reference};
use tollgate_policy::condition::Map;
use tollgate_policy::engine::{Applies, Decision, Query, Reason, RequestFacts, Resource, Scratch};
use tollgate_policy::http::Headers;
use tollgate_policy::identity::PrincipalClaims;
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
        let mut random = Random(set_seed);
        let set = generate::policy_set(&mut random);
        let snapshot = compile(&set);
        let reference = reference(&set, &snapshot);
        let mut scratch = Scratch::default();
        for _ in 0..CASES {
            let case = generate::case(&mut random);
            let expected = reference.decide(&case);
            let answer = decide(&snapshot, &case, &mut scratch);
            assert_eq!(answer, expected, "TOLLGATE_SEED={set_seed}\n{}", explain(&set, &snapshot, &case));
            allowed += u32::from(answer.effect == tollgate_policy::engine::Effect::Allow);
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
    Reference::new(snapshot.policy_names().map(|name| set.policies.iter().find(|policy| policy.name == name).unwrap()))
}

fn decide(snapshot: &Snapshot, case: &Case, scratch: &mut Scratch) -> Answer {
    with_query(snapshot, case, |query| {
        let Decision { effect, reason, policy, errors, .. } = snapshot.decide(query, scratch);
        Answer { effect, by_fault: reason == Reason::DeniedByFault, policy: policy.map(str::to_owned), errors }
    })
}

/// The conditions that engine and reference disagree about.
fn explain(set: &PolicySet, snapshot: &Snapshot, case: &Case) -> String {
    let candidates = with_query(snapshot, case, |query| snapshot.trace(query, &mut Scratch::default()));
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

fn with_query<R>(snapshot: &Snapshot, case: &Case, work: impl FnOnce(&Query<'_>) -> R) -> R {
    let principal = match case.anonymous {
        true => snapshot.anonymous(),
        false => snapshot.principal(PrincipalClaims {
            source: None,
            id: case.id.clone(),
            roles: case.roles.clone(),
            attributes: case.claims.clone(),
        }),
    };
    let headers: Vec<_> = case.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let query = Query {
        principal: &principal,
        action: &case.action,
        resource: Resource {
            kind: &case.kind,
            id: case.resource_id.as_deref(),
            attributes: Map::from(&case.attributes),
        },
        request: RequestFacts {
            method: Some(&case.method),
            path: Some(&case.path),
            host: Some(&case.host),
            headers: Headers(&headers),
        },
    };
    work(&query)
}
