//! The vector index beside the crate `usearch` and beside looking at every vector, in one run: `make bench-vector`.
//!
//! `--vectors N` for another number than 100 000; `--million` for what a million take of memory, which takes ten minutes and
//! more, instead.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at its mistakes"
)]

mod clusters;
mod exact;
mod measure;
mod million;
mod ours;
mod report;
mod usearch_peer;

use measure::{calmest, hardware, round};
use report::Report;
use tollgate_search::Vector;

const QUERIES: u64 = 1000;

fn main() {
    println!("{}", hardware());
    let arguments: Vec<String> = std::env::args().collect();
    let mut report = Report::default();
    if arguments.iter().any(|argument| argument == "--million") {
        million::run(&mut report);
    } else {
        let given = arguments.iter().position(|argument| argument == "--vectors").map(|at| arguments[at + 1].parse());
        compare(&mut report, given.unwrap_or(Ok(100_000)).unwrap());
    }
    println!("{}", hardware());
    report.print();
}

fn compare(report: &mut Report, count: u64) {
    let vectors: Vec<Vector> = (0..count).map(clusters::vector).collect();
    let queries: Vec<Vector> = (0..QUERIES).map(|number| clusters::query(number, count)).collect();
    println!("{:<58} {:>7} {:>7}", "searches, one thread, calmest of 5 rounds", "p50", "p99");
    let nearest = |number: usize| exact::nearest(&vectors, &queries[number], 10);
    let exact: Vec<Vec<u64>> = (0..queries.len()).map(nearest).collect();
    let rounds = (0..2).map(|_| round(50, |number| drop(nearest(number))));
    report.searches("every vector looked at, f32, in memory", "exact", calmest(rounds), 1.0);
    ours::run(report, &vectors, &queries, &exact);
    usearch_peer::run(report, &vectors, &queries, &exact);
    exact_or_graph(report);
}

/// From how many vectors on a graph finds faster than looking at all: below 8192 there is none.
fn exact_or_graph(report: &mut Report) {
    for count in [2_000, 5_000, 8_000, 9_000, 16_000, 32_000] {
        let folder = tempfile::tempdir().unwrap();
        let index = ours::open(folder.path());
        let (names, vectors): (Vec<String>, Vec<Vector>) =
            (0..count).map(|number| (ours::name(number), clusters::vector(number))).unzip();
        ours::insert(&index, &names, &vectors, 1000);
        index.settle();
        let queries: Vec<Vector> = (0..QUERIES).map(|number| clusters::query(number, count)).collect();
        let nearest = |query| exact::nearest(&vectors, query, 10);
        let exact: Vec<Vec<u64>> = queries.iter().take(200).map(nearest).collect();
        let found: Vec<Vec<u64>> = queries.iter().take(200).map(|query| ours::find(&index, query)).collect();
        let rounds = (0..5).map(|_| round(queries.len(), |number| drop(ours::find(&index, &queries[number]))));
        let how = if index.stats().graphs == 0 { "all looked at" } else { "graph" };
        report.searches(&format!("{count}, {how}"), &count.to_string(), calmest(rounds), exact::recall(&exact, &found));
    }
}
