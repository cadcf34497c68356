//! One line a figure, and criterion's means read back.

use serde_json::Value;

pub(crate) fn figure(name: &str, value: f64, unit: &str) {
    println!("figure {name} {value:.2} {unit}");
}

/// Nanoseconds a decision, as criterion found them for a bench whose throughput is in decisions; absent where it did not run.
pub(crate) fn mean(group: &str, bench: &str) -> Option<f64> {
    let exe = std::env::current_exe().unwrap();
    let criterion = exe.ancestors().map(|folder| folder.join("criterion")).find(|folder| folder.is_dir())?;
    let folder = criterion.join(group).join(bench).join("new");
    let read = |file| -> Option<Value> { serde_json::from_str(&std::fs::read_to_string(folder.join(file)).ok()?).ok() };
    let (estimates, benchmark) = (read("estimates.json")?, read("benchmark.json")?);
    Some(estimates["mean"]["point_estimate"].as_f64()? / benchmark["throughput"]["Elements"].as_f64()?)
}

/// A percentile (0 to 100) of samples.
pub(crate) fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[(samples.len() - 1) * percent / 100]
}
