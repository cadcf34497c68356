use std::time::Instant;

use tollgate_search::{Index, Vector};

use crate::clusters;
use crate::measure::{Peak, anonymous_mb, calmest, round};
use crate::ours::{find, insert, name, open};
use crate::report::Report;

const POLICIES: u64 = 1_000_000;

/// A million vectors: what they take of memory.
pub(crate) fn run(report: &mut Report) {
    let folder = tempfile::tempdir().unwrap();
    let (start, peak) = (Instant::now(), Peak::start());
    let index = open(folder.path());
    for first in (0..POLICIES).step_by(1000) {
        let (names, vectors): (Vec<String>, Vec<Vector>) =
            (first..first + 1000).map(|number| (name(number), clusters::vector(number))).unzip();
        insert(&index, &names, &vectors, 1000);
    }
    println!("inserted after {:.0} s, {:.0} MB", start.elapsed().as_secs_f64(), anonymous_mb());
    index.settle();
    let peak = peak.end();
    println!("built after {:.0} s: {:?}", start.elapsed().as_secs_f64(), index.stats());
    let built = anonymous_mb();
    search(report, &index);
    drop(index);
    let start = Instant::now();
    let index = open(folder.path());
    let reload = start.elapsed().as_secs_f64();
    let reopened = anonymous_mb();
    println!("anonymous memory: built {built:.0} MB, peak {peak:.0} MB; opened in {reload:.1} s: {reopened:.0} MB");
    report.figure("vector_memory_mb_1000000", built, "MB");
    report.figure("vector_memory_peak_mb_1000000", peak, "MB");
    report.figure("vector_memory_reopened_mb_1000000", reopened, "MB");
    report.figure("vector_reload_ms_1000000", reload * 1e3, "ms");
    drop(index);
}

fn search(report: &mut Report, index: &Index) {
    let queries: Vec<Vector> = (0..500).map(|number| clusters::query(number, POLICIES)).collect();
    let rounds = (0..5).map(|_| round(queries.len(), |number| drop(find(index, &queries[number]))));
    let recall = index.accuracy(50, 10).unwrap().unwrap();
    report.searches("1000000, re-ranked from disk; recall of its own vectors", "1000000", calmest(rounds), recall);
}
