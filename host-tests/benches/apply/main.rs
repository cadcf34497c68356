//! What a delta of one policy costs a VM, beside reading the whole: `make bench-apply`.
//!
//! Each round goes through a number of edits one by one, and back through their opposites, so that it ends where it began:
//! half of them change a policy, a quarter add one and a quarter remove one.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests stop at their own mistakes"
)]

#[path = "../decide/cpu_time.rs"]
mod cpu_time;
#[path = "../../tests/engine/guest.rs"]
#[expect(dead_code, reason = "deciding is for other benches and the tests")]
mod guest;
#[path = "../decide/set.rs"]
mod set;
#[path = "../decide/workload/mod.rs"]
#[expect(dead_code, reason = "requests are for another bench")]
mod workload;

use std::sync::Arc;

use cpu_time::CpuTime;
use criterion::measurement::Measurement as _;
use criterion::{Criterion, Throughput};
use guest::Guest;
use tollgate_policy::set::{Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Compiler, Content, Snapshot, SnapshotId};
use workload::{Variant, Workload};

const SIZES: [usize; 3] = [100, 10_000, 100_000];

/// Edits of a round, each once done and once undone.
const EDITS: usize = 16;

fn main() {
    let mut criterion = Criterion::default().with_measurement(CpuTime).sample_size(20).configure_from_args();
    let mut figures = Vec::new();
    for (variant, suffix) in [(Variant::Mixed, ""), (Variant::Roles, "_one_kind")] {
        for size in SIZES {
            bench(&mut criterion, variant, size, suffix, &mut figures);
        }
    }
    criterion.final_summary();
    for (name, value, unit) in figures {
        println!("figure {name} {value:.2} {unit}");
    }
}

type Figure = (String, f64, &'static str);

/// A snapshot, and the deltas of a round from it to itself.
struct Round {
    start: Vec<u8>,
    deltas: Vec<Vec<u8>>,
}

fn bench(criterion: &mut Criterion<CpuTime>, variant: Variant, size: usize, suffix: &str, figures: &mut Vec<Figure>) {
    let round = round(&set::set(&Workload::new(variant, size).specs));
    let mut snapshot = Snapshot::decode(&round.start).unwrap();
    let mut guest = Guest::start();
    guest.load(&round.start);
    let (live, linear) = (guest.live(), guest.memory_size());

    let mut group = criterion.benchmark_group(format!("apply{suffix}"));
    group.throughput(Throughput::Elements(round.deltas.len() as u64));
    group.bench_function(format!("native_{size}"), |bencher| {
        bencher.iter(|| round.deltas.iter().for_each(|delta| snapshot.apply(delta).unwrap()));
    });
    group.bench_function(format!("wasm_{size}"), |bencher| {
        bencher.iter(|| round.deltas.iter().for_each(|delta| guest.apply(delta)));
    });
    group.finish();
    let (live, linear) = (guest.live() as f64 / live as f64, guest.memory_size() as f64 / linear as f64);

    // Once more, each by itself: how long the dearest holds its worker up.
    let (mut native, mut wasm) = (Vec::new(), Vec::new());
    for delta in round.deltas.iter().cycle().take(20 * round.deltas.len()) {
        native.push(micros(|| snapshot.apply(delta).unwrap()));
        wasm.push(micros(|| guest.apply(delta)));
    }
    let mut figure = |name: &str, value, unit| figures.push((format!("{name}{suffix}_{size}"), value, unit));
    for (engine, mut times) in [("native", native), ("wasm", wasm)] {
        times.sort_by(f64::total_cmp);
        figure(&format!("apply_{engine}_p50_us"), times[times.len() / 2], "us");
        figure(&format!("apply_{engine}_p99_us"), times[times.len() * 99 / 100], "us");
    }
    figure(
        "apply_delta_bytes",
        round.deltas.iter().map(Vec::len).sum::<usize>() as f64 / round.deltas.len() as f64,
        "bytes",
    );
    figure("apply_live_growth", live, "ratio");
    figure("apply_linear_growth", linear, "ratio");
}

fn micros(work: impl FnOnce()) -> f64 {
    let started = CpuTime.start();
    work();
    CpuTime.end(started).as_secs_f64() * 1e6
}

fn round(set: &PolicySet) -> Round {
    let mut compiler = Compiler::default();
    let mut contents = vec![compiler.compile(set).unwrap()];
    let mut edited = set.clone();
    for number in 0..EDITS {
        let at = (number + 1) * edited.policies.len() / (EDITS + 2);
        let policy = Arc::clone(&edited.policies[at]);
        match number % 4 {
            0 => {
                edited.policies.remove(at);
            }
            1 => {
                let added = Policy { name: format!("{}-and-another", policy.name), ..(*policy).clone() };
                edited.policies.insert(at + 1, Arc::new(added));
            }
            _ => {
                let roles = Names::Of(vec![format!("role-{number}")]);
                edited.policies[at] = Arc::new(Policy { roles, ..(*policy).clone() });
            }
        }
        contents.push(compiler.compile(&edited).unwrap());
    }
    let there = contents.array_windows().map(|[from, to]| (from, to));
    let back = contents.array_windows().rev().map(|[to, from]| (from, to));
    let id = |content: &Content| {
        let version = contents.iter().position(|other| std::ptr::eq(other, content)).unwrap();
        SnapshotId { epoch: 1, version: version as u64 }
    };
    let deltas = there.chain(back).map(|(from, to)| to.delta(from, id(from), id(to), &[])).collect();
    Round { start: contents[0].encode(id(&contents[0]), &[]), deltas }
}
