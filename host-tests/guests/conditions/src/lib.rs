//! The benchmark of conditions as a WebAssembly module: the same expressions and evaluators as natively.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark stops at its mistakes")]

#[path = "../../../benches/conditions/subjects.rs"]
mod subjects;

use std::cell::RefCell;

use subjects::{Cel, Ours};

thread_local! {
    static SUBJECTS: RefCell<(Ours, Cel, Cel)> =
        RefCell::new((Ours::new(), Cel::with_maps(), Cel::with_resolver()));
}

/// Evaluates an expression so many times with one of the three evaluators; says how often it held.
#[unsafe(no_mangle)]
pub extern "C" fn run(evaluator: u32, expression: usize, times: u32) -> u32 {
    SUBJECTS.with_borrow_mut(|(ours, maps, resolver)| match evaluator {
        0 => ours.run(expression, times),
        1 => maps.run(expression, times),
        _ => resolver.run(expression, times),
    })
}
