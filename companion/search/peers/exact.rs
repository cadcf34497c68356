//! What is nearest, found by looking at every vector.

use tollgate_search::Vector;

/// The numbers of the nearest, best first.
pub(crate) fn nearest(vectors: &[Vector], query: &Vector, most: usize) -> Vec<u64> {
    let mut best: Vec<(f32, u64)> = Vec::with_capacity(most + 1);
    for (number, vector) in (0..).zip(vectors) {
        let score = dot(vector.as_slice(), query.as_slice());
        if best.len() < most || best[most - 1].0 < score {
            best.insert(best.partition_point(|(other, _)| *other >= score), (score, number));
            best.truncate(most);
        }
    }
    best.into_iter().map(|(_, number)| number).collect()
}

/// In sixteen sums at a time, which compilers make vector instructions of.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

/// Which part of what is nearest was found.
pub(crate) fn recall(exact: &[Vec<u64>], found: &[Vec<u64>]) -> f64 {
    let hits =
        exact.iter().zip(found).map(|(exact, found)| exact.iter().filter(|number| found.contains(number)).count());
    hits.sum::<usize>() as f64 / exact.iter().map(Vec::len).sum::<usize>() as f64
}
