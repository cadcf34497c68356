//! One decision by what users could pick instead, and by us in the same run: `make bench-decide`.
//!
//! Requests are prepared in each engine's own terms beforehand, and every engine's every answer is compared with the
//! workload's reference before anything is timed. `sliced`: the host hands an engine just the policies of the request's
//! kind and action, and asks nothing where there are none.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at its mistakes"
)]

mod cedar;
mod cel;
#[path = "../benches/decide/cpu_time.rs"]
mod cpu_time;
#[path = "../benches/decide/figures.rs"]
mod figures;
mod floor;
mod lookup;
#[path = "../benches/decide/questions.rs"]
#[expect(dead_code, reason = "whole runs are for our own bench")]
mod questions;
mod rego;
#[path = "../benches/decide/set.rs"]
mod set;
#[path = "../benches/decide/single.rs"]
mod single;
#[path = "../benches/decide/workload/mod.rs"]
#[expect(dead_code, reason = "the other variants are for our own bench")]
mod workload;

use std::hint::black_box;
use std::time::Duration;

use bumpalo::Bump;
use cedar::Cedar;
use cel::Cel;
use cpu_time::CpuTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use figures::Figures;
use floor::Floor;
use rego::Rego;
use tollgate_policy::engine::Scratch;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use workload::{REQUESTS, Variant, Workload};

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Asked of all policies at once, these engines take time in proportion to their number.
const WHOLE_SIZES: [usize; 3] = [10, 100, 1_000];
const ENGINES: [&str; 9] = [
    "native",
    "floor",
    "cel",
    "native_conditional",
    "cel_conditional",
    "cedar_sliced",
    "regorus_sliced",
    "cedar",
    "regorus",
];

fn main() {
    let mut figures = Figures::new();
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for size in SIZES {
        let workload = Workload::new(Variant::Mixed, size);
        let group = criterion.benchmark_group("peers");
        Bench { group, figures: &mut figures, workload: &workload, size }.run();
    }
    criterion.final_summary();
    report(&mut figures);
    figures.print();
}

/// The engines over one number of policies.
struct Bench<'c, 'w> {
    group: BenchmarkGroup<'c, CpuTime>,
    figures: &'c mut Figures,
    workload: &'w Workload,
    size: usize,
}

impl Bench<'_, '_> {
    fn run(mut self) {
        let workload = self.workload;
        let bytes = encode(&set::set(&workload.specs), SnapshotId { epoch: 1, version: 1 }).unwrap();
        let snapshot = Snapshot::decode(&bytes).unwrap();
        let (principals, arena) = (questions::principals(workload, &snapshot), Bump::new());
        let asked = questions::questions(workload, &snapshot, &principals, &arena);
        let mut scratch = Scratch::default();
        self.fast("native", |request| asked[request].allows(&snapshot, &mut scratch));

        let arena = Bump::new();
        let floor = Floor::new(workload, &arena);
        self.fast("floor", |request| floor.allows(request));
        let cel = Cel::new(workload);
        self.fast("cel", |request| cel.allows(request));

        let cedar = Cedar::sliced(workload);
        self.sliced("cedar_sliced", |request| cedar.allows(request));
        let mut rego = Rego::sliced(workload);
        self.sliced("regorus_sliced", |request| rego.allows(request));
        if WHOLE_SIZES.contains(&self.size) {
            let cedar = Cedar::whole(workload);
            self.whole("cedar", |request| cedar.allows(request));
            let mut rego = Rego::whole(workload);
            self.whole("regorus", |request| rego.allows(request));
        }
        self.group.finish();
    }

    fn fast(&mut self, engine: &str, mut allows: impl FnMut(usize) -> bool) {
        self.sliced(engine, &mut allows);
        let conditional = |at: &u16| self.workload.cases[usize::from(*at)].conditional;
        let only = |order: &Vec<u16>| order.iter().copied().filter(conditional).collect();
        let orders: Vec<Vec<u16>> = self.workload.orders.iter().map(only).collect();
        self.time(&format!("{engine}_conditional"), &orders, &mut allows);
    }

    fn sliced(&mut self, engine: &str, mut allows: impl FnMut(usize) -> bool) {
        self.check(engine, &mut allows);
        self.time(engine, &self.workload.orders, &mut allows);
        let cases = &self.workload.cases;
        let run = |at: u16, decided: bool| {
            let at = usize::from(black_box(at));
            !decided || allows(at) == cases[at].allowed
        };
        self.figures.add_percentiles(name(engine), self.size, single::times(&self.workload.orders, run));
    }

    /// As they look at every policy each time, a part of the requests is timed.
    fn whole(&mut self, engine: &str, mut allows: impl FnMut(usize) -> bool) {
        self.check(engine, &mut allows);
        let part: Vec<Vec<u16>> = self.workload.orders.iter().map(|order| order[..order.len() / 50].to_vec()).collect();
        self.time(engine, &part, &mut allows);
    }

    fn check(&self, engine: &str, allows: &mut dyn FnMut(usize) -> bool) {
        let wrong = self.workload.cases.iter().enumerate().filter(|(at, case)| allows(*at) != case.allowed).count();
        assert_eq!(wrong, 0, "answers of {engine} that differ from the reference, of {REQUESTS}");
    }

    fn time(&mut self, engine: &str, orders: &[Vec<u16>], allows: &mut impl FnMut(usize) -> bool) {
        let mut turns = orders.iter().cycle();
        let mut pass = || black_box(turns.next().unwrap()).iter().filter(|at| allows(usize::from(**at))).count();
        self.group.throughput(Throughput::Elements(orders[0].len() as u64));
        self.group.bench_function(format!("{engine}_{}", self.size), |bencher| bencher.iter(&mut pass));
    }
}

fn report(figures: &mut Figures) {
    for size in SIZES {
        let means = ENGINES.map(|engine| figures.mean("peers", &format!("{engine}_{size}")));
        for (engine, mean) in ENGINES.into_iter().zip(means) {
            if let Some(mean) = mean {
                figures.add(&format!("decide_{}_mean_ns_{size}", name(engine)), mean, "ns");
            }
        }
        let [native, floor, cel, native_conditional, cel_conditional, cedar_sliced, regorus_sliced, cedar, regorus] =
            means;
        let best = |one: Option<f64>, other: Option<f64>| Some(one?.min(other?));
        let ratios = [
            ("peer", best(cedar_sliced, regorus_sliced), native),
            ("peer_whole", best(cedar, regorus), native),
            ("cel", cel_conditional, native_conditional),
            ("cel_all", cel, native),
            ("floor", native, floor),
        ];
        for (ratio, one, other) in ratios {
            if let (Some(one), Some(other)) = (one, other) {
                figures.add(&format!("decide_{ratio}_ratio_{size}"), one / other, "ratio");
            }
        }
    }
}

/// `decide_native_…` are the other bench's figures.
fn name(engine: &str) -> &str {
    match engine {
        "native" => "native_beside_peers",
        "native_conditional" => "native_beside_peers_conditional",
        _ => engine,
    }
}
