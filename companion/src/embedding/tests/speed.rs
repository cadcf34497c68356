//! Figures, for `make bench-embed`.

#[path = "../../../search/quality/varied.rs"]
mod varied;

use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tollgate_policy::set::{Policy, PolicySet};
use tollgate_policy::snapshot::SnapshotId;
use tollgate_search::{Embedder, Lexical, PolicyText, Purpose, TextHash};

use crate::catalogue::Catalogue;
use crate::daemon::Shutdown;
use crate::embedding::cache::{Cache, CacheLimits, Key, ModelKey};
use crate::embedding::embedders::Kinds;
use crate::embedding::{SearchConfig, Searches, clock};
use crate::metrics::Metrics;

use varied::varied;

const POLICIES: usize = 100_000;
const ROUNDS: usize = 3;

/// From a publication until every policy is found, by all that the companion has for it.
#[test]
#[ignore = "figures: `make bench-embed`"]
fn policies_a_second() {
    let policies = PolicySet { policies: policies(POLICIES), ..PolicySet::default() };
    let mut best: f64 = 0.0;
    for round in 1..=ROUNDS {
        let dir = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let loader = Arc::new(Kinds { runtime: runtime.handle().clone() });
        let config = SearchConfig::beside(&dir.path().join("state"));
        let searches = Searches::start_with(config, Arc::new(Metrics::new(None)), loader);
        let catalogue = Catalogue::default();
        runtime.spawn(searches.clone().keep_up(catalogue.clone(), Shutdown::never()));
        let started = Instant::now();
        catalogue.replace(&policies, Some(SnapshotId { epoch: 1, version: 1 }));
        while (searches.state().indexed, searches.state().stale) != (POLICIES, 0) {
            thread::sleep(Duration::from_millis(5));
        }
        let rate = POLICIES as f64 / started.elapsed().as_secs_f64();
        println!("round {round}: {rate:.0} policies/s");
        best = best.max(rate);
        runtime.block_on(searches.stop());
        runtime.shutdown_background();
    }
    println!("figure embed_companion_policies_per_s {best:.0} policies/s");
}

/// What a text costs whose vector is known, and beside it what one costs that has to be embedded.
#[test]
#[ignore = "figures: `make bench-embed`"]
fn cache_hits() {
    let policies = policies(CacheLimits::default().entries.get());
    let texts: Vec<PolicyText> = policies.iter().map(|policy| PolicyText::of(policy)).collect();
    let texts: Vec<&str> = texts.iter().map(PolicyText::cleaned).collect();
    let embedder = Lexical::default();
    let model = ModelKey::of(embedder.model());
    let cache = Mutex::new(Cache::new(CacheLimits::default()));
    for text in &texts {
        let vector = embedder.embed(&[text], Purpose::Policy).unwrap().remove(0);
        cache.lock().unwrap().put(Key::new(model, TextHash::of(text)), vector.into(), clock::now());
    }
    let hit = per_text(&texts, |text| {
        let key = Key::new(model, TextHash::of(text));
        black_box(cache.lock().unwrap().get(&key, clock::now()).unwrap());
    });
    println!("figure embed_cache_hit_us {:.3} us", hit * 1e6);
    #[cfg(feature = "sentence-transformer")]
    if let Some(folder) = std::env::var_os("MODEL_DIR") {
        let folder = Path::new(&folder);
        let local = tollgate_search::SentenceTransformer::load(folder, Default::default()).unwrap();
        let made = per_text(&texts[..100], |text| drop(black_box(local.embed(&[text], Purpose::Policy).unwrap())));
        println!("figure embed_local_policy_ms {:.3} ms", made * 1e3);
        println!("figure embed_cache_hit_ratio {:.0} times", made / hit);
    }
}

/// Seconds for one of them, in the best of several rounds.
fn per_text(texts: &[&str], work: impl Fn(&str)) -> f64 {
    let round = || {
        let started = Instant::now();
        texts.iter().for_each(|text| work(text));
        started.elapsed().as_secs_f64() / texts.len() as f64
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

/// Sorted by name.
fn policies(count: usize) -> Vec<Arc<Policy>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("search/quality");
    let mut policies = varied(&folder, count);
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    policies.into_iter().map(Arc::new).collect()
}
