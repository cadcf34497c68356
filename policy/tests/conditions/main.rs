//! Generated conditions: the lowered form against the `cel` crate, values and all, over random requests.
//!
//! `TOLLGATE_SEED` starts elsewhere. That the lowered form does the same in WebAssembly is held by `tollgate-host-tests`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests stop at their own mistakes")]

mod answer;
mod batch;
mod disagreements;
mod expressions;
mod forms;
#[expect(dead_code, reason = "the run in WebAssembly uses the rest")]
mod judge;
mod native;
#[path = "../oracle/random.rs"]
mod random;
mod reference;
#[expect(dead_code, reason = "the run in WebAssembly uses the rest")]
mod requests;

use batch::Batch;
use disagreements::KNOWN;
use forms::Grammar;
use judge::Judge;

/// Batches, each of 200 expressions and requests.
const BATCHES: u64 = 100;

#[test]
fn lowered_conditions_have_the_values_of_the_reference() {
    let grammar = Grammar::read();
    let mut judge = Judge::new(&grammar);
    let seed = std::env::var("TOLLGATE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for seed in seed..seed + BATCHES {
        if let Err(what) = judge.judge(&Batch::new(&grammar, seed)) {
            panic!("{what}");
        }
    }
    let tally = judge.tally;
    // A generator that no longer reaches the interesting cases would prove nothing.
    assert!(tally.errors > 2_000 && tally.errors < tally.pairs / 2 && tally.bounded == 0, "{}", tally.report());
    let refused: u64 = tally.refused.values().sum();
    assert!(refused * 1_000 < tally.pairs, "{}", tally.report());
}

#[test]
fn every_known_disagreement_is_documented() {
    let docs = include_str!("../../../docs/cel-disagreements.md");
    let documented: Vec<&str> = docs.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(documented, KNOWN.each_ref().map(|known| known.name));
}
