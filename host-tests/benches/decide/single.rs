//! Single decisions under the clock.
//!
//! Each request is decided in many rounds, and the median over the rounds is what it takes: an interrupt hits a round, not
//! a request. What reading the clock takes (and calling a guest) is measured in the same way and subtracted. The clock ticks in
//! a few nanoseconds and keeps a decision from overlapping its neighbours: below 100 ns the means of whole runs say more.

use std::time::Instant;

use super::figures::percentile;

const ROUNDS: usize = 24;

/// Nanoseconds that each request takes, in no order. `run` is told whether to decide or do all the rest; it says whether
/// the answer is right.
pub(crate) fn times(orders: &[Vec<u16>], mut run: impl FnMut(u16, bool) -> bool) -> Vec<f64> {
    let taken = of_each(orders, &mut |request| run(request, true));
    let overhead = percentile(&mut of_each(orders, &mut |request| run(request, false)), 50);
    taken.into_iter().map(|taken| (taken - overhead).max(0.0)).collect()
}

fn of_each(orders: &[Vec<u16>], run: &mut dyn FnMut(u16) -> bool) -> Vec<f64> {
    let mut rounds = vec![Vec::with_capacity(ROUNDS); orders[0].len()];
    for order in orders.iter().cycle().take(ROUNDS) {
        for request in order {
            let started = Instant::now();
            let right = run(*request);
            let taken = started.elapsed();
            assert!(right, "a wrong answer");
            rounds[usize::from(*request)].push(taken.as_nanos() as f64);
        }
    }
    rounds.iter_mut().map(|rounds| percentile(rounds, 50)).collect()
}
