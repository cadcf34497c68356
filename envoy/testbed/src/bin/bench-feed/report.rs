use crate::Pace;
use crate::edits::Measured;
use crate::load::Latencies;
use crate::statistics::{percentile, worst};

/// With so many workers, and nothing else to do, the figures are compared with what is asked of them.
const WORKERS: u32 = 4;

/// Shows what was measured as it comes, for people, and keeps the figures, which scripts find at the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Vec<String>,
    /// Of all numbers of policies and workers.
    delta_bytes: Vec<f64>,
}

impl Report {
    pub(crate) fn edits(&mut self, policies: usize, workers: u32, pace: Pace, measured: &Measured) {
        let Measured { enforced, edited, stalls, delta_bytes } = measured;
        let [p50, p99] = [0.5, 0.99].map(|share| percentile(enforced, share));
        println!(
            "{policies} policies, {workers} workers, {}: publish to last VM p50 {p50:.2} p99 {p99:.2} max {:.2} ms; PUT to last VM \
             p50 {:.2} p99 {:.2} ms; apply p50 {:.3} p99 {:.3} max {:.3} ms; {delta_bytes:.0} bytes a delta",
            match pace {
                Pace::Idle => "idle",
                Pace::Load => "under load",
            },
            worst(enforced),
            percentile(edited, 0.5),
            percentile(edited, 0.99),
            percentile(stalls, 0.5),
            percentile(stalls, 0.99),
            worst(stalls),
        );
        self.delta_bytes.push(*delta_bytes);
        if workers == WORKERS && pace == Pace::Idle {
            self.figure(&format!("feed_p50_ms_{policies}"), p50, "ms");
            self.figure(&format!("feed_p99_ms_{policies}"), p99, "ms");
            self.figure(&format!("feed_edit_p50_ms_{policies}"), percentile(edited, 0.5), "ms");
            self.figure(&format!("feed_edit_p99_ms_{policies}"), percentile(edited, 0.99), "ms");
            self.figure(&format!("feed_stall_ms_{policies}"), worst(stalls), "ms");
            self.figure(&format!("feed_stall_p50_ms_{policies}"), percentile(stalls, 0.5), "ms");
        }
    }

    pub(crate) fn requests(&mut self, policies: usize, workers: u32, quiet: &Latencies, busy: &Latencies) {
        let show = |latencies: &Latencies| {
            let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| percentile(latencies, share));
            format!("p50 {p50:.2} p99 {p99:.2} p99.9 {p999:.2} max {:.2} ms of {}", worst(latencies), latencies.len())
        };
        println!(
            "{policies} policies, {workers} workers: requests without edits {}; with edits {}",
            show(quiet),
            show(busy)
        );
    }

    pub(crate) fn figures(&mut self) {
        let bytes = worst(&self.delta_bytes);
        self.figure("feed_delta_bytes", bytes, "bytes");
        println!();
        self.figures.iter().for_each(|figure| println!("{figure}"));
    }

    fn figure(&mut self, name: &str, value: f64, unit: &str) {
        self.figures.push(format!("figure {name} {value:.3} {unit}"));
    }
}
