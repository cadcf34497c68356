//! One decision, native and inside wasmtime, over sets of 10 to 100 000 policies: `make bench-decide`.
//!
//! From a request already parsed into principal, resource, action and attributes to the decision; kind and action are
//! looked up beforehand, as routes have them. Every engine's every answer is compared with the workload's reference before anything is timed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests stop at their own mistakes"
)]

#[path = "../../tests/engine/guest.rs"]
#[expect(dead_code, reason = "differential cases are for the tests")]
mod guest;
mod workload;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use criterion::{Criterion, Throughput};
use guest::Guest;
use tollgate_policy::condition::{Environment, lower};
use tollgate_policy::engine::{Effect, Question, Scratch};
use tollgate_policy::set::{Condition, Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use workload::{REQUESTS, Spec};

const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for size in SIZES {
        bench(&mut criterion, size);
    }
    criterion.final_summary();
    report();
}

fn bench(criterion: &mut Criterion, size: usize) {
    let specs = workload::specs(size);
    let started = Instant::now();
    let set = PolicySet { policies: policies(&specs), ..PolicySet::default() };
    let bytes = encode(&set, SnapshotId { epoch: 1, version: 1 }).unwrap();
    let compiled = started.elapsed();
    let started = Instant::now();
    let snapshot = Snapshot::decode(&bytes).unwrap();
    let decoded = started.elapsed();
    let mut guest = Guest::start();
    let started = Instant::now();
    guest.load(&bytes);
    let loaded = started.elapsed();
    figure(&format!("compile_ms_{size}"), compiled.as_secs_f64() * 1e3, "ms");
    figure(&format!("load_native_ms_{size}"), decoded.as_secs_f64() * 1e3, "ms");
    figure(&format!("load_wasm_ms_{size}"), loaded.as_secs_f64() * 1e3, "ms");
    figure(&format!("memory_wasm_bytes_{size}"), guest.memory_size() as f64, "bytes");
    figure(&format!("snapshot_bytes_{size}"), bytes.len() as f64, "bytes");

    let requests = workload::requests(&specs, &snapshot);
    let mut scratch = Scratch::default();
    let mut allowed =
        |question: &Question<'_>| snapshot.decide_resolved(question, &mut scratch).effect == Effect::Allow;
    assert_eq!(requests.len(), REQUESTS);
    let questions: Vec<Question<'_>> = requests.iter().map(|request| request.question(&snapshot)).collect();
    let answers = questions.iter().zip(&requests);
    assert!(
        answers.into_iter().all(|(question, request)| allowed(question) == request.allowed),
        "native answers differ"
    );
    assert_eq!(guest.prepare(u32::try_from(size).unwrap()) as usize, REQUESTS);
    assert_eq!(guest.decide_all() as usize, REQUESTS, "answers in wasmtime differ");

    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    group.bench_function(format!("native/{size}"), |bencher| {
        bencher.iter(|| questions.iter().filter(|question| allowed(black_box(question))).count());
    });
    group.bench_function(format!("wasmtime/{size}"), |bencher| bencher.iter(|| guest.decide_all()));
    group.finish();
}

fn policies(specs: &[Spec]) -> Vec<Policy> {
    let mut policies: Vec<Policy> = specs
        .iter()
        .enumerate()
        .map(|(index, spec)| Policy {
            kinds: Names::Of(vec![format!("kind-{}", spec.kind)]),
            actions: Names::Of(spec.actions.iter().map(|action| (*action).to_owned()).collect()),
            roles: Names::Of(spec.roles.iter().map(|role| format!("role-{role}")).collect()),
            condition: spec.shape.as_ref().map(|shape| {
                let text = shape.text();
                Condition { program: lower(&text, &Environment::policy()).unwrap(), text }
            }),
            ..Policy::new(&format!("policy-{index}"), if spec.deny { Effect::Deny } else { Effect::Allow })
        })
        .collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    policies
}

/// Reads criterion's means back and prints one line a figure.
fn report() {
    let mean = |engine: &str, size: usize| {
        let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
        let path = target.join("criterion/decide").join(format!("{engine}_{size}")).join("new/estimates.json");
        read_mean(&path).map(|nanoseconds| nanoseconds / REQUESTS as f64)
    };
    for engine in ["native", "wasmtime"] {
        let name = if engine == "native" { "native" } else { "wasm" };
        for size in SIZES {
            if let Some(mean) = mean(engine, size) {
                figure(&format!("decide_{name}_mean_ns_{size}"), mean, "ns");
            }
        }
        for base in [10, 100] {
            if let (Some(small), Some(large)) = (mean(engine, base), mean(engine, 100_000)) {
                let suffix = if base == 10 { String::new() } else { format!("_{base}") };
                figure(&format!("decide_{name}_flat_ratio{suffix}"), large / small, "ratio");
            }
        }
    }
}

fn read_mean(path: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(path).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    estimates["mean"]["point_estimate"].as_f64()
}

fn figure(name: &str, value: f64, unit: &str) {
    println!("figure {name} {value:.2} {unit}");
}
