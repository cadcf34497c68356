use std::fs;
use std::path::Path;
use std::time::Instant;

use tollgate_policy::digest::Digest;
use tollgate_search::{Dimensions, Entry, Index, Model, ModelVersion, Settings, TextHash, Vector};

use crate::clusters::{self, DIMENSIONS};
use crate::exact;
use crate::measure::{Round, calmest, round};
use crate::report::Report;

const ROUNDS: usize = 5;

fn model() -> Model {
    let dimensions = Dimensions::new(DIMENSIONS).unwrap();
    Model { version: ModelVersion::default(), fingerprint: Digest([0; 32]), dimensions }
}

pub(crate) fn open(folder: &Path) -> Index {
    Index::open(folder, model(), Settings::default()).unwrap()
}

pub(crate) fn name(number: u64) -> String {
    format!("policy-{number:07}")
}

/// Inserts vectors, so many a call.
pub(crate) fn insert(index: &Index, names: &[String], vectors: &[Vector], batch: usize) {
    let text = TextHash([1; 32]);
    let entries: Vec<Entry<'_>> =
        names.iter().zip(vectors).map(|(name, vector)| Entry { name, text, vector }).collect();
    entries.chunks(batch).for_each(|entries| index.insert(entries).unwrap());
}

/// How many vectors a second are inserted: each is quantised, written to the log, findable and acknowledged.
fn insertions(index: &Index, names: &[String], vectors: &[Vector], batch: usize) -> f64 {
    let start = Instant::now();
    insert(index, names, vectors, batch);
    let rate = vectors.len() as f64 / start.elapsed().as_secs_f64();
    assert_eq!(index.len(), vectors.len());
    println!("insert, {batch} a call, one thread: {rate:.0}/s: quantised, written to the log, findable, acknowledged");
    rate
}

pub(crate) fn find(index: &Index, query: &Vector) -> Vec<u64> {
    let hits = index.search(query, 10, None).unwrap();
    hits.iter().map(|hit| hit.name.trim_start_matches("policy-").parse().unwrap()).collect()
}

/// Everything about a hundred thousand vectors.
pub(crate) fn run(report: &mut Report, vectors: &[Vector], queries: &[Vector], exact: &[Vec<u64>]) {
    let count = vectors.len();
    let names: Vec<String> = (0..count as u64).map(name).collect();
    for batch in [1, 1000] {
        let folder = tempfile::tempdir().unwrap();
        let rate = insertions(&open(folder.path()), &names, vectors, batch);
        report.figure(&format!("vector_inserts_per_s_{batch}_a_call"), rate, "1/s");
    }
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    report.figure("vector_inserts_per_s", insertions(&index, &names, vectors, 10), "1/s");
    let start = Instant::now();
    index.settle();
    println!("built {:.0} s after that", start.elapsed().as_secs_f64());
    println!("{:?}", index.stats());
    let found: Vec<Vec<u64>> = queries.iter().map(|query| find(&index, query)).collect();
    let label = format!("{count}, one graph, re-ranked from disk");
    report.searches(&label, &count.to_string(), searches(&index, queries), exact::recall(exact, &found));
    let start = Instant::now();
    let few = |name: &str| name.ends_with("77");
    queries.iter().take(20).for_each(|query| drop(index.search(query, 10, Some(&few)).unwrap()));
    report.figure("vector_search_filtered_ms", start.elapsed().as_secs_f64() * 1e3 / 20.0, "ms");

    drop(index);
    reload(report, folder.path(), count);

    let index = open(folder.path());
    changed(report, &index, vectors, queries);
}

fn searches(index: &Index, queries: &[Vector]) -> Round {
    calmest((0..ROUNDS).map(|_| round(queries.len(), |number| drop(find(index, &queries[number])))))
}

/// Opening with and without graphs.
fn reload(report: &mut Report, folder: &Path, count: usize) {
    let seconds = (0..3).map(|_| {
        let start = Instant::now();
        let index = open(folder);
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!((index.len(), index.stats().graphs), (count, 1));
        seconds
    });
    let reload = seconds.fold(f64::MAX, f64::min);
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap()) {
        if file.file_name().to_string_lossy().starts_with("graph-") {
            fs::remove_file(file.path()).unwrap();
        }
    }
    let start = Instant::now();
    let index = open(folder);
    index.settle();
    let rebuild = start.elapsed().as_secs_f64();
    assert_eq!(index.stats().graphs, 1);
    println!("opened in {:.0} ms, built of its rows in {rebuild:.1} s: {:.0} times", reload * 1e3, rebuild / reload);
    report.figure("vector_reload_ms", reload * 1e3, "ms");
    report.figure("vector_rebuild_s", rebuild, "s");
    report.figure("vector_reload_ratio", rebuild / reload, "1");
}

/// Searches while there are 5 % new vectors, 5 % of the old ones removed, and the graph being built again.
fn changed(report: &mut Report, index: &Index, vectors: &[Vector], queries: &[Vector]) {
    let (count, new) = (vectors.len() as u64, vectors.len() as u64 / 20);
    let (names, more): (Vec<String>, Vec<Vector>) =
        (count..count + new).map(|number| (name(number), clusters::vector(number))).unzip();
    insert(index, &names, &more, 10);
    // One in twenty, all over the clusters; the last of them starts the builder.
    for number in (0..new).map(|number| number * 20) {
        index.remove(&[&name(number)]).unwrap();
    }
    let now: Vec<Vector> = vectors.iter().chain(&more).cloned().collect();
    let is_there = |number: &u64| !number.is_multiple_of(20) || *number >= count;
    let nearest = |query: &Vector| exact::nearest(&now, query, 20).into_iter().filter(is_there).take(10).collect();
    let exact: Vec<Vec<u64>> = queries.iter().map(nearest).collect();
    let (mut rounds, mut found) = (Vec::new(), Vec::new());
    let before = index.stats();
    while index.stats().building && rounds.len() < 4 * ROUNDS {
        let stats = index.stats();
        let round = round(queries.len(), |number| found.push(find(index, &queries[number])));
        // A round that was still going when the new graph came does not count.
        if index.stats().building && stats.tombstones as u64 >= new {
            rounds.push(round);
        }
        found.truncate(queries.len());
    }
    println!("{before:?}\n{} rounds while it was built again", rounds.len());
    let label = format!("{count} less {new} removed, {new} new, being built again");
    report.searches(&label, "changed", calmest(rounds), exact::recall(&exact, &found));
}
