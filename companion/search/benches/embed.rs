//! What it takes until policies can be found: their text, its vector, its place in the index; and the vector of a query.
//! With the feature `sentence-transformer` and `MODEL_DIR`, of a local model, too.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench stops at its own mistakes"
)]

#[path = "../quality/varied.rs"]
mod varied;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tollgate_policy::set::Policy;
use tollgate_search::{Embedder, Entry, Index, Lexical, PolicyText, Purpose, Settings, TextHash, clean};

use varied::varied;

/// How many policies are made searchable.
const POLICIES: usize = 100_000;

/// How many are embedded at once, as the companion does it.
const BATCH: usize = 10;

const ROUNDS: usize = 5;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("quality");
    let queries = queries(&folder);
    let lexical = Lexical::default();
    let mut figures = vec![figure("vector_query_embed_ms", query(&lexical, &queries, 50), "ms")];

    let policies = varied(&folder, POLICIES);
    let (mut made, mut undisturbed) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let before = on_processor();
        let took = searchable(&lexical, &policies);
        undisturbed.push(POLICIES as f64 / (on_processor() - before).as_secs_f64());
        let [text, vector, insert] = took.map(|part| part.as_nanos() as f64 / 1e3 / POLICIES as f64);
        println!("round {round}: text {text:.2} us, vector {vector:.2} us, insert {insert:.2} us a policy");
        made.push(POLICIES as f64 / took.iter().sum::<Duration>().as_secs_f64());
    }
    figures.push(figure("embed_policies_per_s", median(&mut made), "policies/s"));
    figures.push(figure("embed_policies_per_processor_s", median(&mut undisturbed), "policies/s"));
    #[cfg(feature = "sentence-transformer")]
    if let Some(folder) = std::env::var_os("MODEL_DIR") {
        figures.extend(local(folder.as_ref(), &policies, &queries));
    }
    figures.iter().for_each(|figure| println!("{figure}"));
}

/// What people ask for.
fn queries(folder: &Path) -> Vec<String> {
    let questions = fs::read_to_string(folder.join("queries.json")).unwrap();
    let questions: Vec<Value> = serde_json::from_str(&questions).unwrap();
    questions.iter().filter_map(|question| question["text"].as_str().map(str::to_owned)).collect()
}

/// How long this thread has had a processor so far: what others do beside it does not count.
fn on_processor() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split_whitespace().next().unwrap().parse().unwrap())
}

/// Of a query as it comes: cleaned and embedded. The median, in milliseconds.
fn query(embedder: &dyn Embedder, queries: &[String], rounds: usize) -> f64 {
    let mut took = Vec::new();
    for query in queries.iter().cycle().take(rounds * queries.len()) {
        let started = Instant::now();
        black_box(embedder.embed(&[&clean(query)], Purpose::Query).unwrap());
        took.push(started.elapsed().as_secs_f64() * 1e3);
    }
    median(&mut took)
}

/// Time for texts, for vectors, and until all of them can be found.
fn searchable(embedder: &dyn Embedder, policies: &[Policy]) -> [Duration; 3] {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path(), embedder.model().clone(), Settings::default()).unwrap();
    let mut took = [Duration::ZERO; 3];
    for batch in policies.chunks(BATCH) {
        let started = Instant::now();
        let texts: Vec<PolicyText> = batch.iter().map(PolicyText::of).collect();
        let cleaned: Vec<&str> = texts.iter().map(PolicyText::cleaned).collect();
        let hashes: Vec<TextHash> = cleaned.iter().map(|text| TextHash::of(text)).collect();
        took[0] += started.elapsed();

        let started = Instant::now();
        let vectors = embedder.embed(&cleaned, Purpose::Policy).unwrap();
        took[1] += started.elapsed();

        let started = Instant::now();
        let parts = batch.iter().zip(hashes).zip(&vectors);
        let entries: Vec<Entry<'_>> =
            parts.map(|((policy, text), vector)| Entry { name: &policy.name, text, vector }).collect();
        index.insert(&entries).unwrap();
        took[2] += started.elapsed();
    }
    assert_eq!(index.len(), policies.len());
    took
}

#[cfg(feature = "sentence-transformer")]
fn local(folder: &Path, policies: &[Policy], queries: &[String]) -> Vec<String> {
    use tollgate_search::{ModelVersion, SentenceTransformer};

    let started = Instant::now();
    let model = SentenceTransformer::load(folder, ModelVersion::default()).unwrap();
    println!("local model: loaded in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    let query = query(&model, &queries[..queries.len().min(100)], 2);
    let texts: Vec<PolicyText> = policies.iter().take(100).map(PolicyText::of).collect();
    let texts: Vec<&str> = texts.iter().map(PolicyText::cleaned).collect();
    let mut batches: Vec<f64> = texts
        .chunks(BATCH)
        .map(|batch| {
            let started = Instant::now();
            black_box(model.embed(batch, Purpose::Policy).unwrap());
            BATCH as f64 / started.elapsed().as_secs_f64()
        })
        .collect();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for part in texts.chunks(texts.len().div_ceil(processors)) {
            let model = &model;
            scope
                .spawn(move || part.chunks(BATCH).for_each(|batch| drop(model.embed(batch, Purpose::Policy).unwrap())));
        }
    });
    let all = texts.len() as f64 / started.elapsed().as_secs_f64();
    vec![
        figure("vector_query_embed_local_ms", query, "ms"),
        figure("embed_local_policies_per_s_1", median(&mut batches), "policies/s"),
        figure(&format!("embed_local_policies_per_s_{processors}"), all, "policies/s"),
    ]
}

fn figure(name: &str, value: f64, unit: &str) -> String {
    match value < 1.0 {
        true => format!("figure {name} {value:.5} {unit}"),
        false => format!("figure {name} {value:.2} {unit}"),
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
