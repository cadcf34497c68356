//! What a snapshot costs a VM: time to load, memory in use, and memory taken from the proxy: `make bench-load`.
//!
//! Memory is measured with a module that does nothing else. Updates are whole snapshots, each with one policy edited, loaded
//! while the one before still decides.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests stop at their own mistakes")]

#[path = "../../tests/engine/guest.rs"]
#[expect(dead_code, reason = "deciding is for other benches and the tests")]
mod guest;
mod related;
#[path = "../decide/set.rs"]
mod set;
#[path = "../decide/workload/mod.rs"]
#[expect(dead_code, reason = "requests are for another bench")]
mod workload;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use criterion::{BatchSize, Criterion};
use guest::Guest;
use tollgate_policy::set::Names;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use wasmtime::{Config, Engine, Module};
use workload::{Variant, Workload};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const UPDATES: u64 = 10;

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let mut figures = Vec::new();
    for size in SIZES {
        bench(&mut criterion, size, &mut figures);
    }
    related::bench(&mut figures);
    module(&mut figures);
    criterion.final_summary();
    for (name, value, unit) in figures {
        println!("figure {name} {value:.2} {unit}");
    }
}

type Figure = (String, f64, &'static str);

fn bench(criterion: &mut Criterion, size: usize, figures: &mut Vec<Figure>) {
    let mut set = set::set(&Workload::new(Variant::Mixed, size).specs);
    let started = Instant::now();
    let mut versions = vec![encode(&set, SnapshotId { epoch: 1, version: 1 }).unwrap()];
    let compiled = started.elapsed();
    for version in 2..=UPDATES + 1 {
        let edited = usize::try_from(version).unwrap() * size / 12;
        if let Some(policy) = set.policies.get_mut(edited) {
            Arc::make_mut(policy).roles = Names::Of(vec!["role-edited".to_owned()]);
        }
        versions.push(encode(&set, SnapshotId { epoch: 1, version }).unwrap());
    }
    let bytes = versions.first().unwrap().clone();

    let mut group = criterion.benchmark_group("load");
    group.bench_function(format!("native/{size}"), |bencher| {
        bencher.iter_batched(|| (), |()| Snapshot::decode(&bytes).unwrap(), BatchSize::PerIteration);
    });
    let mut guest = Guest::start();
    group.bench_function(format!("wasmtime/{size}"), |bencher| bencher.iter(|| guest.load(&bytes)));
    group.finish();

    let mut guest = Guest::start();
    let (live, linear) = (guest.live(), guest.memory_size());
    guest.load(&bytes);
    let live = (guest.live() - live) as f64;
    let first = (guest.memory_size() - linear) as f64;
    versions.iter().skip(1).for_each(|version| guest.load(version));
    let updated = (guest.memory_size() - linear) as f64;
    let snapshot = bytes.len() as f64;
    let mut figure = |name: &str, value, unit| figures.push((format!("{name}_{size}"), value, unit));
    for (name, engine) in [("load_native_ms", "native"), ("load_wasm_ms", "wasmtime")] {
        if let Some(nanoseconds) = mean(engine, size) {
            figure(name, nanoseconds / 1e6, "ms");
        }
    }
    figure("compile_ms", compiled.as_secs_f64() * 1e3, "ms");
    figure("snapshot_bytes", snapshot, "bytes");
    figure("load_live_bytes", live, "bytes");
    figure("load_live_ratio", live / snapshot, "ratio");
    figure("load_linear_ratio_first", first / snapshot, "ratio");
    figure("load_linear_ratio_updated", updated / snapshot, "ratio");
}

/// The plugin's size, and the time that wasmtime takes for it: what Envoy takes is measured by `make bench-envoy`.
fn module(figures: &mut Vec<Figure>) {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let path = target.join("wasm32-wasip1/wasm/tollgate_plugin.wasm");
    let module =
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; `make wasm` builds it", path.display()));
    let engine = Engine::new(&Config::new()).unwrap();
    let started = Instant::now();
    Module::from_binary(&engine, &module).unwrap();
    figures.push(("module_compile_wasmtime_ms".to_owned(), started.elapsed().as_secs_f64() * 1e3, "ms"));
    figures.push(("module_bytes".to_owned(), module.len() as f64, "bytes"));
}

/// Criterion's mean, in nanoseconds.
fn mean(engine: &str, size: usize) -> Option<f64> {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let path = target.join("criterion/load").join(format!("{engine}_{size}")).join("new/estimates.json");
    read_mean(&path)
}

fn read_mean(path: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(path).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    estimates.pointer("/mean/point_estimate")?.as_f64()
}
