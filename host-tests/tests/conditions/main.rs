//! Generated conditions: natively, in WebAssembly and by the `cel` crate, over random requests.
//!
//! `make fuzz-conditions` runs as many as one likes; `TOLLGATE_SEED` repeats a run.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop at their own mistakes"
)]

#[path = "../../../policy/tests/conditions/answer.rs"]
mod answer;
#[path = "../../../policy/tests/conditions/batch.rs"]
mod batch;
#[path = "../../../policy/tests/conditions/disagreements.rs"]
mod disagreements;
#[path = "../../../policy/tests/conditions/expressions.rs"]
mod expressions;
#[path = "../../../policy/tests/conditions/forms.rs"]
mod forms;
#[expect(dead_code, reason = "decisions are for the engine's tests")]
#[path = "../engine/guest.rs"]
mod guest;
#[path = "../../../policy/tests/hostile/request.rs"]
mod hostile;
#[path = "../../../policy/tests/hostile/expressions.rs"]
mod hostile_expressions;
#[path = "../../../policy/tests/conditions/judge.rs"]
mod judge;
#[path = "../../../policy/tests/conditions/native.rs"]
mod native;
#[path = "../../../policy/tests/oracle/random.rs"]
mod random;
#[path = "../../../policy/tests/conditions/reference.rs"]
mod reference;
#[path = "../../../policy/tests/conditions/requests.rs"]
mod requests;
mod three;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use batch::Batch;
use forms::Grammar;
use judge::Tally;
use three::Three;
use tollgate_policy::engine::Scratch;
use tollgate_policy::snapshot::Snapshot;

#[test]
fn native_webassembly_and_the_reference_agree() {
    let tally = run(1, 50_000);
    // A generator that no longer reaches the interesting cases would prove nothing.
    assert!(tally.errors > 5_000 && tally.errors < tally.pairs / 2, "{}", tally.report());
    assert!(tally.known.len() > 5, "{}", tally.report());
}

/// Conditions that would take all there is, over a request as large as no proxy would let through.
#[test]
fn webassembly_bounds_what_native_code_bounds() {
    let mut guest = guest::Guest::start();
    let request = hostile::hostile();
    for conditions in hostile_expressions::heavy().chunks(batch::EXPRESSIONS) {
        let bytes = three::snapshot(conditions.iter().map(|text| three::lowered(text).unwrap()));
        guest.load(&bytes);
        let native = request.answers(&Snapshot::decode(&bytes).unwrap(), &mut Scratch::default());
        assert_eq!(guest.hostile(), native);
    }
    // The request is most of it, and is there more than once.
    assert!(guest.memory_size() <= 64 << 20, "{} bytes", guest.memory_size());
}

/// `PAIRS` says how many, `TOLLGATE_SEED` where to start.
#[test]
#[ignore = "runs for as long as one likes: `make fuzz-conditions`"]
fn fuzz() {
    let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let number = |name| variable(name).map(|text| text.parse::<u64>().unwrap_or_else(|_| panic!("{name}: `{text}`")));
    let random = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 >> 16;
    let seed = number("TOLLGATE_SEED").unwrap_or_else(random);
    println!("TOLLGATE_SEED={seed}");
    let tally = run(seed, number("PAIRS").unwrap_or(1_000_000));
    print!("{}", tally.report());
    let known: u64 = tally.known.values().sum();
    println!("conditions: {} pairs, native = wasm = cel but for {known} known disagreements", tally.pairs);
}

/// Disagreements that are not known, after which a run stops.
const ENOUGH: usize = 10;

/// Tries at least so many pairs, on all processors, and fails with the disagreements that are not known.
fn run(seed: u64, pairs: u64) -> Tally {
    let grammar = Grammar::read();
    let (next, done) = (AtomicU64::new(seed), AtomicU64::new(0));
    let found = Mutex::new((Tally::default(), Vec::new()));
    std::thread::scope(|scope| {
        let worker = || {
            let mut three = Three::new(&grammar);
            while done.load(Ordering::Relaxed) < pairs && found.lock().unwrap().1.len() < ENOUGH {
                let batch = Batch::new(&grammar, next.fetch_add(1, Ordering::Relaxed));
                let before = three.tally().pairs;
                if let Err(what) = three.compare(&batch) {
                    found.lock().unwrap().1.push(what);
                }
                let tried = three.tally().pairs - before;
                let so_far = done.fetch_add(tried, Ordering::Relaxed);
                if so_far / 100_000 < (so_far + tried) / 100_000 {
                    println!("{} pairs", so_far + tried);
                }
            }
            found.lock().unwrap().0.add(three.into_tally());
        };
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            // The reference recurses deeply.
            std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, worker).unwrap();
        }
    });
    let (tally, unknown) = found.into_inner().unwrap();
    assert!(unknown.is_empty(), "{}\n\n{}", unknown.join("\n\n"), tally.report());
    tally
}
