//! One whole request through the real plugin in the offline host, from its first callback to its last, with 10 000
//! policies in force: `make bench-request`.
//!
//! The same is done with a plugin that lets everything pass, which gives the host's own share. Of what remains, the
//! instructions that the plugin executes are the same on every machine; the time is that of wasmtime, whose host calls cost
//! other than Envoy's.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark stops at its mistakes"
)]

#[path = "../../tests/plugin/feed.rs"]
#[expect(dead_code, reason = "what the plugin says is for the tests")]
mod feed;
#[path = "../../tests/plugin/metadata.rs"]
#[expect(dead_code, reason = "wrong metadata is for the tests")]
mod metadata;
mod proxy;
mod requests;
#[path = "../../tests/plugin/wire.rs"]
mod wire;
mod workload;

use std::path::Path;

use criterion::Criterion;
use proxy::Proxy;
use requests::{Identity, Request};
use tollgate_host_tests::{Module, ModuleOptions, built_module};

const NOOP: &str = include_str!("noop.wat");

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let metered = module(true);
    let unmetered = module(false);
    let noop = Module::from_bytes_with(NOOP.as_bytes(), ModuleOptions { metered: false }).unwrap();

    let mut group = criterion.benchmark_group("request");
    let mut proxy = Proxy::passing(&noop);
    let request = Request::allowed(Identity::Headers);
    group.bench_function("noop", |bencher| bencher.iter(|| proxy.play(&request)));
    for identity in Identity::ALL {
        let snapshot = workload::snapshot(identity);
        let mut counting = Proxy::deciding(&metered, &snapshot);
        let mut proxy = Proxy::deciding(&unmetered, &snapshot);
        for (answer, request) in [("allowed", Request::allowed(identity)), ("denied", Request::denied(identity))] {
            let case = format!("{}_{answer}", identity.name());
            let unknown = counting.instructions(&request);
            if request.allowed {
                figure(&format!("request_wasm_instructions_{}_unknown", identity.name()), unknown as f64, "count");
            }
            figure(&format!("request_wasm_instructions_{case}"), counting.instructions(&request) as f64, "count");
            proxy.know(&request);
            assert_eq!(proxy.play(&request), request.allowed, "{case}");
            group.bench_function(&case, |bencher| bencher.iter(|| proxy.play(&request)));
        }
    }
    group.finish();
    criterion.final_summary();
    report();
}

fn module(metered: bool) -> Module {
    let file = built_module("tollgate_plugin.wasm").unwrap_or_else(|error| panic!("{error}; `make plugin` builds it"));
    Module::from_file_with(file, ModuleOptions { metered }).unwrap()
}

/// Reads criterion's means back and prints one line a figure: what each request costs beyond the passing plugin's.
fn report() {
    let Some(noop) = mean("noop") else { return };
    figure("request_wasm_noop_ns", noop, "ns");
    for identity in Identity::ALL {
        for answer in ["allowed", "denied"] {
            let case = format!("{}_{answer}", identity.name());
            if let Some(mean) = mean(&case) {
                figure(&format!("request_wasm_added_ns_{case}"), mean - noop, "ns");
            }
        }
    }
}

fn mean(case: &str) -> Option<f64> {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    read_mean(&target.join("criterion/request").join(case).join("new/estimates.json"))
}

fn read_mean(path: &Path) -> Option<f64> {
    let estimates: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    estimates["mean"]["point_estimate"].as_f64()
}

fn figure(name: &str, value: f64, unit: &str) {
    println!("figure {name} {value:.0} {unit}");
}
