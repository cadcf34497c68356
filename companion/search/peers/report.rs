use crate::measure::Round;

/// What the bench has to say at its end.
#[derive(Default)]
pub(crate) struct Report(Vec<String>);

impl Report {
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: &str) {
        self.0.push(format!("figure {name} {value:.3} {unit}"));
    }

    /// One line to read, and the figures.
    pub(crate) fn searches(&mut self, what: &str, name: &str, round: Round, recall: f64) {
        let Round { wall, cpu } = round;
        println!(
            "{what:<58} {:>7.0} {:>7.0} us   cpu {:>7.0} {:>7.0}   recall@10 {recall:.4}",
            wall.p50, wall.p99, cpu.p50, cpu.p99
        );
        self.figure(&format!("vector_search_p50_us_{name}"), wall.p50, "us");
        self.figure(&format!("vector_search_p99_us_{name}"), wall.p99, "us");
        self.figure(&format!("vector_search_cpu_p99_us_{name}"), cpu.p99, "us");
        self.figure(&format!("vector_recall_{name}"), recall, "1");
    }

    pub(crate) fn print(&self) {
        self.0.iter().for_each(|line| println!("{line}"));
    }
}
