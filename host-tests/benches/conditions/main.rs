//! One condition, ours and the crate `cel`'s, natively and inside wasmtime: `make bench-conditions`.
//!
//! Everything is parsed and prepared beforehand; what is timed is the evaluation. `cel` is measured with values as maps,
//! which is how it is used, and with a resolver over prepared values, the best that its interface allows.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at its mistakes"
)]

mod guest;
mod subjects;

use criterion::{Criterion, Throughput};
use guest::Guest;
use subjects::{Cel, EXPRESSIONS, Ours};

const TIMES: u32 = 1_000;
const EVALUATORS: [&str; 3] = ["ours", "cel", "cel_resolver"];
const PLACES: [&str; 2] = ["native", "wasm"];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (mut ours, maps, resolver) = (Ours::new(), Cel::with_maps(), Cel::with_resolver());
    let mut guest = Guest::start();
    for (index, (name, _)) in EXPRESSIONS.iter().enumerate() {
        let mut group = criterion.benchmark_group(format!("condition/{name}"));
        group.throughput(Throughput::Elements(u64::from(TIMES)));
        let mut bench = |evaluator: &str, run: &mut dyn FnMut() -> u32| {
            assert_eq!(run(), TIMES, "{name} does not hold for {evaluator}");
            group.bench_function(evaluator, |bencher| bencher.iter(&mut *run));
        };
        bench("ours_native", &mut || ours.run(index, TIMES));
        bench("cel_native", &mut || maps.run(index, TIMES));
        bench("cel_resolver_native", &mut || resolver.run(index, TIMES));
        for (number, evaluator) in (0..).zip(EVALUATORS) {
            bench(&format!("{evaluator}_wasm"), &mut || guest.run(number, index, TIMES));
        }
        group.finish();
    }
    criterion.final_summary();
    report();
}

/// Reads criterion's means back and prints one line a figure; ratios over all are geometric means.
fn report() {
    for place in PLACES {
        let mut ratios = [Vec::new(), Vec::new()];
        for (name, _) in EXPRESSIONS {
            let means = EVALUATORS.map(|evaluator| mean(name, &format!("{evaluator}_{place}")));
            let [Some(ours), Some(cel), Some(resolver)] = means else { continue };
            figure(&format!("condition_{place}_ns_{name}"), ours, "ns");
            figure(&format!("condition_{place}_cel_ratio_{name}"), cel / ours, "ratio");
            ratios[0].push(cel / ours);
            ratios[1].push(resolver / ours);
        }
        let mean = |ratios: &[f64]| (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        figure(&format!("condition_{place}_cel_ratio"), mean(&ratios[0]), "ratio");
        figure(&format!("condition_{place}_cel_resolver_ratio"), mean(&ratios[1]), "ratio");
    }
}

fn mean(name: &str, evaluator: &str) -> Option<f64> {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let path = target.join("criterion").join(format!("condition_{name}")).join(evaluator).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    Some(estimates["mean"]["point_estimate"].as_f64()? / f64::from(TIMES))
}

fn figure(name: &str, value: f64, unit: &str) {
    println!("figure {name} {value:.2} {unit}");
}
