//! The crate `usearch` with what an index of ours would be asked for: cosines, M = 16, 200 looked at while building, 50 while
//! searching.

use std::time::Instant;

use tollgate_search::Vector;
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

use crate::clusters::DIMENSIONS;
use crate::exact;
use crate::measure::{calmest, round};
use crate::report::Report;

pub(crate) fn run(report: &mut Report, vectors: &[Vector], queries: &[Vector], exact: &[Vec<u64>]) {
    for (name, quantization) in [("i8", ScalarKind::I8), ("f32", ScalarKind::F32)] {
        let options = IndexOptions {
            dimensions: DIMENSIONS,
            metric: MetricKind::Cos,
            quantization,
            connectivity: 16,
            expansion_add: 200,
            expansion_search: 50,
            multi: false,
        };
        let index = Index::new(&options).unwrap();
        index.reserve(vectors.len()).unwrap();
        let start = Instant::now();
        for (number, vector) in (0..).zip(vectors) {
            index.add(number, vector.as_slice()).unwrap();
        }
        let rate = vectors.len() as f64 / start.elapsed().as_secs_f64();
        let search = |number: usize| index.search(queries[number].as_slice(), 10).unwrap().keys;
        let found: Vec<Vec<u64>> = (0..queries.len()).map(search).collect();
        let rounds = (0..5).map(|_| round(queries.len(), |number| drop(search(number))));
        let label = format!("usearch {name}, one thread, {rate:.0} adds/s into the graph, in memory");
        report.searches(&label, &format!("usearch_{name}"), calmest(rounds), exact::recall(exact, &found));
        report.figure(&format!("vector_inserts_per_s_usearch_{name}"), rate, "1/s");
    }
}
