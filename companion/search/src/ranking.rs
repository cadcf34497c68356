use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::Hit;

/// What a search goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ranking {
    /// Vectors alone.
    Vector,
    /// Words alone.
    Keyword,
    /// Both, each by its own order ([`fuse`]).
    Hybrid,
}

/// How little the very first ranks count more than those after them.
const FLATNESS: f32 = 60.0;

/// The best of several rankings together, best first (reciprocal rank fusion): what stands near the top of several comes
/// before what stands near the top of one. By name where scores are equal.
#[must_use]
pub fn fuse(rankings: &[&[Hit]], most: usize) -> Vec<Hit> {
    let mut scores: FxHashMap<&Arc<str>, f32> = FxHashMap::default();
    for ranking in rankings {
        for (rank, hit) in (1_u16..).zip(*ranking) {
            *scores.entry(&hit.name).or_default() += 1.0 / (FLATNESS + f32::from(rank));
        }
    }
    let mut fused: Vec<Hit> = scores.into_iter().map(|(name, score)| Hit { name: Arc::clone(name), score }).collect();
    fused.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.name.cmp(&b.name)));
    fused.truncate(most);
    fused
}
