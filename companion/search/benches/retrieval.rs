//! How much of what should be found each embedder and each ranking finds, on the labelled set in `quality/`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench stops at its own mistakes"
)]

#[path = "../tests/retrieval/score.rs"]
mod score;
#[path = "../tests/retrieval/set.rs"]
mod set;

use score::Searched;
use set::LabelledSet;
use tollgate_search::{Embedder, Lexical, Ranking};
#[cfg(feature = "sentence-transformer")]
use tollgate_search::{ModelVersion, SentenceTransformer};

const RANKINGS: [(&str, Ranking); 3] =
    [("vector", Ranking::Vector), ("keyword", Ranking::Keyword), ("hybrid", Ranking::Hybrid)];

/// The sentence-transformer in the folder that `MODEL_DIR` names.
#[cfg(feature = "sentence-transformer")]
fn local_model() -> Option<Box<dyn Embedder>> {
    let folder = std::env::var_os("MODEL_DIR")?;
    Some(Box::new(SentenceTransformer::load(folder.as_ref(), ModelVersion::default()).unwrap()))
}

#[cfg(not(feature = "sentence-transformer"))]
fn local_model() -> Option<Box<dyn Embedder>> {
    None
}

fn main() {
    let set = LabelledSet::read();
    let mut embedders: Vec<(&str, Box<dyn Embedder>)> = vec![("lexical", Box::new(Lexical::default()))];
    embedders.extend(local_model().map(|model| ("model", model)));
    let mut figures = Vec::new();
    println!("{} policies, {} queries", set.policies.len(), set.questions.len());
    println!("{:<10} {:<8} {:<24} {:>7} {:>9} {:>6}", "embedder", "ranking", "queries", "count", "recall@10", "MRR");
    for (embedder_name, embedder) in &embedders {
        let searched = Searched::new(&set, &**embedder);
        for (ranking_name, ranking) in RANKINGS {
            // Words are the same whatever embeds.
            if ranking == Ranking::Keyword && *embedder_name != "lexical" {
                continue;
            }
            for (kind, score) in searched.scores(ranking) {
                let (recall, rank) = (score.recall(), score.reciprocal_rank());
                let count = score.questions();
                println!("{embedder_name:<10} {ranking_name:<8} {kind:<24} {count:>7} {recall:>9.3} {rank:>6.3}");
                if kind == "all" {
                    figures.push(format!("figure retrieval_recall_{embedder_name}_{ranking_name} {recall:.3} ratio"));
                    figures.push(format!("figure retrieval_mrr_{embedder_name}_{ranking_name} {rank:.3} ratio"));
                }
            }
        }
    }
    figures.iter().for_each(|figure| println!("{figure}"));
}
