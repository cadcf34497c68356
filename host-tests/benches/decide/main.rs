//! One decision, native and inside wasmtime, over sets of 10 to 100 000 policies: `make bench-decide`.
//!
//! From a request already parsed into principal, resource, action and attributes to the decision; kind and action are
//! looked up beforehand, as routes have them. Every engine's every answer is compared with the workload's reference
//! before anything is timed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests stop at their own mistakes"
)]

mod cpu_time;
mod figures;
#[path = "../../tests/engine/guest.rs"]
#[expect(dead_code, reason = "differential cases are for the tests")]
mod guest;
mod http;
mod questions;
mod set;
mod single;
mod workload;

use std::hint::black_box;
use std::time::Duration;

use bumpalo::Bump;
use cpu_time::CpuTime;
use criterion::{Criterion, Throughput};
use figures::Figures;
use guest::Guest;
use tollgate_policy::engine::Scratch;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use workload::{REQUESTS, Variant, Workload};

const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

fn main() {
    let mut figures = Figures::new();
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    http::bench(&mut criterion);
    let mut allocations = 0;
    for variant in Variant::ALL {
        for size in SIZES {
            allocations += bench(&mut criterion, &mut figures, variant, size);
        }
    }
    criterion.final_summary();
    figures.add("decide_native_allocations", allocations as f64, "allocations");
    report(&mut figures);
    figures.print();
}

/// Says how many allocations a pass over the requests made natively.
fn bench(criterion: &mut Criterion<CpuTime>, figures: &mut Figures, variant: Variant, size: usize) -> u64 {
    let workload = Workload::new(variant, size);
    let bytes = encode(&set::set(&workload.specs), SnapshotId { epoch: 1, version: 1 }).unwrap();
    let snapshot = Snapshot::decode(&bytes).unwrap();
    let (principals, arena) = (questions::principals(&workload, &snapshot), Bump::new());
    let asked = questions::questions(&workload, &snapshot, &principals, &arena);
    let mut scratch = Scratch::default();
    let mut guest = Guest::start();
    guest.load(&bytes);
    assert_eq!(guest.prepare(variant as u32, u32::try_from(size).unwrap()) as usize, REQUESTS);

    let mut orders = workload.orders.iter().cycle();
    let mut native = || questions::decide_all(&asked, black_box(orders.next().unwrap()), &snapshot, &mut scratch);
    assert_eq!(native(), REQUESTS, "native answers differ from the reference");
    let mut numbers = (0..u32::try_from(workload.orders.len()).unwrap()).cycle();
    let mut wasm = || guest.decide_all(numbers.next().unwrap()) as usize;
    assert_eq!(wasm(), REQUESTS, "answers in wasmtime differ from the reference");
    let counted = allocation_counter::measure(|| assert_eq!(native(), REQUESTS));

    let mut group = criterion.benchmark_group(format!("decide_{variant:?}"));
    group.throughput(Throughput::Elements(REQUESTS as u64));
    group.bench_function(format!("native_{size}"), |bencher| bencher.iter(&mut native));
    group.bench_function(format!("wasm_{size}"), |bencher| bencher.iter(&mut wasm));
    group.finish();

    if variant == Variant::Mixed {
        let native = |at: u16, decided: bool| {
            let asked = asked[usize::from(black_box(at))];
            !decided || asked.is_right(&snapshot, &mut scratch)
        };
        figures.add_percentiles("native", size, single::times(&workload.orders, native));
        let wasm = |at: u16, decided: bool| match decided {
            true => guest.decide(u32::from(at)),
            false => guest.look_up(u32::from(at)),
        };
        figures.add_percentiles("wasm", size, single::times(&workload.orders, wasm));
    }
    counted.count_total
}

fn report(figures: &mut Figures) {
    http::report(figures);
    for engine in ["native", "wasm"] {
        for variant in Variant::ALL {
            let suffix = match variant {
                Variant::Mixed => "",
                Variant::Roles => "_roles",
                Variant::Held50 => "_held50",
                Variant::Wildcards => "_wildcards",
            };
            let means = SIZES.map(|size| figures.mean(&format!("decide_{variant:?}"), &format!("{engine}_{size}")));
            for (size, mean) in SIZES.into_iter().zip(means) {
                if let Some(mean) = mean {
                    figures.add(&format!("decide_{engine}_mean_ns{suffix}_{size}"), mean, "ns");
                }
            }
            if let [Some(small), .., Some(large)] = means {
                figures.add(&format!("decide_{engine}_flat_ratio{suffix}"), large / small, "ratio");
            }
        }
    }
}
