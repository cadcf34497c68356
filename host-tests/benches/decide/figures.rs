//! One line a figure, and criterion's means read back.

pub(crate) fn figure(name: &str, value: f64, unit: &str) {
    println!("figure {name} {value:.2} {unit}");
}

/// The mean that criterion found for a bench of a group, in nanoseconds; absent where the bench did not run.
pub(crate) fn mean(group: &str, bench: &str) -> Option<f64> {

    let exe = std::env::current_exe().unwrap();
    let criterion = exe.ancestors().map(|folder| folder.join("criterion")).find(|folder| folder.is_dir())?;
    let path = criterion.join(group).join(bench.replace('/', "_")).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    estimates["mean"]["point_estimate"].as_f64()
}

/// A percentile (0 to 100) of samples.
pub(crate) fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[(samples.len() - 1) * percent / 100]
}
