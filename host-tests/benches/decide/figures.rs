//! One line a figure, and criterion's means read back.

use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::Value;

/// What a bench has to say, and where criterion leaves its means.
pub(crate) struct Figures {
    lines: Vec<String>,
    folder: PathBuf,
    since: SystemTime,
}

impl Figures {
    /// Of what runs from now on.
    pub(crate) fn new() -> Self {
        let exe = std::env::current_exe().unwrap();
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| exe.ancestors().nth(3).unwrap().to_owned());
        Figures { lines: Vec::new(), folder: target.join("criterion"), since: SystemTime::now() }
    }

    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &str) {
        self.lines.push(format!("figure {name} {value:.2} {unit}"));
    }

    /// The 50th and 99th percentile of what single decisions take.
    pub(crate) fn add_percentiles(&mut self, engine: &str, size: usize, mut times: Vec<f64>) {
        for percent in [50, 99] {
            self.add(&format!("decide_{engine}_p{percent}_ns_{size}"), percentile(&mut times, percent), "ns");
        }
    }

    /// One line each, last of all.
    pub(crate) fn print(&self) {
        self.lines.iter().for_each(|line| println!("{line}"));
    }

    /// Nanoseconds a decision, of a bench whose throughput is in decisions; absent where it did not run.
    pub(crate) fn mean(&self, group: &str, bench: &str) -> Option<f64> {
        let folder = self.folder.join(group).join(bench).join("new");
        let read = |file| -> Option<Value> {
            let path = folder.join(file);
            let is_new = path.metadata().ok()?.modified().ok()? >= self.since;
            serde_json::from_str(&std::fs::read_to_string(path).ok().filter(|_| is_new)?).ok()
        };
        let (estimates, benchmark) = (read("estimates.json")?, read("benchmark.json")?);
        Some(estimates["mean"]["point_estimate"].as_f64()? / benchmark["throughput"]["Elements"].as_f64()?)
    }
}

/// A percentile (0 to 100) of samples.
pub(crate) fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[(samples.len() - 1) * percent / 100]
}
