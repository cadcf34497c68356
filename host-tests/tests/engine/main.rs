//! The engine in WebAssembly answers as it does natively, on generated policy sets and requests. Natively it is held
//! against the reference on the same seeds by `tollgate-policy`'s tests.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests stop at their own mistakes")]

#[path = "../../../policy/tests/oracle/cases.rs"]
mod cases;
#[expect(dead_code, reason = "the workload is for the benches")]
mod guest;
#[path = "../../../policy/tests/oracle/policies.rs"]
mod policies;

use cases::{Random, case};
use guest::Guest;
use tollgate_policy::engine::{Reason, Scratch};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};

const SETS: u64 = 500;
const CASES: u32 = 60;

#[test]
fn the_engine_in_webassembly_decides_as_natively() {
    let mut guest = Guest::start();
    let mut scratch = Scratch::default();
    for seed in 1..=SETS {
        let bytes = encode(&policies::policy_set(&mut Random(seed)), SnapshotId { epoch: 1, version: seed }).unwrap();
        guest.load(&bytes);
        let snapshot = Snapshot::decode(&bytes).unwrap();
        let mut random = Random(!seed);
        let expected: String = (0..CASES)
            .map(|_| {
                case(&mut random).ask(&snapshot, |query| {
                    let decision = snapshot.decide(query, &mut scratch);
                    let by_fault = decision.reason == Reason::DeniedByFault;
                    let shadow = decision.shadow.map(|outcome| outcome.to_string());
                    format!("{} {by_fault} {:?} {} {shadow:?}\n", decision.effect, decision.policy, decision.errors)
                })
            })
            .collect();
        assert_eq!(guest.answers(!seed, CASES), expected, "seed {seed}");
    }
}
