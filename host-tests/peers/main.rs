#[path = "../benches/decide/figures.rs"]
mod figures;
#[path = "../benches/decide/questions.rs"]
mod questions;
#[path = "../benches/decide/set.rs"]
mod set;
#[path = "../benches/decide/single.rs"]
mod single;
#[path = "../benches/decide/workload/mod.rs"]
mod workload;

use std::hint::black_box;
use std::time::Instant;

use bumpalo::Bump;
use tollgate_policy::engine::Scratch;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use workload::{REQUESTS, Variant, Workload};

fn main() {
    let only: Option<usize> = std::env::args().nth(1).and_then(|a| a.parse().ok());

    println!("sizes {} {}", size_of::<tollgate_policy::engine::Question<'_>>(), size_of::<tollgate_policy::condition::Value<'_>>());
    for variant in Variant::ALL.into_iter().filter(|v| std::env::args().nth(2).is_none_or(|n| n == format!("{v:?}"))) {
        let mut first = 0.0;
        for size in [10, 100, 1_000, 10_000, 100_000] {
            if only.is_some_and(|only| only != size) { continue }
            let workload = Workload::new(variant, size);
            let bytes = encode(&set::set(&workload.specs), SnapshotId { epoch: 1, version: 1 }).unwrap();
            let snapshot = Snapshot::decode(&bytes).unwrap();
            let (principals, arena) = (questions::principals(&workload, &snapshot), Bump::new());
            let asked = questions::questions(&workload, &snapshot, &principals, &arena);
            let mut scratch = Scratch::default();
            let mut best = f64::MAX;
            let mut orders = workload.orders.iter().cycle();
            for _ in 0..40 {
                let started = Instant::now();
                for _ in 0..8 {
                assert_eq!(questions::decide_all(&asked, black_box(orders.next().unwrap()), &snapshot, &mut scratch), REQUESTS);
                }
                best = best.min(started.elapsed().as_nanos() as f64 / (8 * REQUESTS) as f64);
            }
            if size == 10 { first = best; }
            let conditional = workload.cases.iter().filter(|case| case.conditional).count();
            let about: usize = workload.cases.iter().map(|c| workload.specs.iter().filter(|s| s.kind.is_none_or(|k| k == c.kind) && s.actions.as_ref().is_none_or(|a| a.contains(&c.action))).count()).sum();
            let met: usize = workload.cases.iter().map(|c| workload.specs.iter().filter(|s| s.matches(c, &workload.people[c.person])).count()).sum();
            let unknown = workload.cases.iter().filter(|c| c.kind == size).count();
            println!("{variant:?} {size}: {best:.1} ns, ratio {:.2}; conditional {conditional} about {} met {} unknown {unknown} arena {}", best / first, about as f64 / 2000.0, met as f64 / 2000.0, arena.allocated_bytes());
        }
    }
}
