use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::de::IntoDeserializer;
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

impl Ranking {
    /// What suits the lexical embedder: words alone find as much, but not what is misspelt.
    pub const OF_LEXICAL: Ranking = Ranking::Hybrid;
    /// What suits embedders that know meanings: where a query has none of a policy's words, words rank by chance.
    pub const OF_MODELS: Ranking = Ranking::Vector;
}

/// As programs write it.
impl fmt::Display for Ranking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl FromStr for Ranking {
    type Err = serde::de::value::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ranking::deserialize(name.into_deserializer())
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::{Ranking, fuse};
    use crate::Hit;

    fn ranking(names: &[&str]) -> Vec<Hit> {
        names.iter().map(|name| Hit { name: Arc::from(*name), score: 0.5 }).collect()
    }

    fn names(hits: &[Hit]) -> Vec<&str> {
        hits.iter().map(|hit| &*hit.name).collect()
    }

    #[test]
    fn what_several_rankings_agree_on_comes_first() {
        let (some, others) = (ranking(&["a", "b", "c"]), ranking(&["d", "b", "e"]));
        assert_eq!(names(&fuse(&[&some, &others], 10)), ["b", "a", "d", "c", "e"]);
        assert_eq!(names(&fuse(&[&some, &others], 2)), ["b", "a"]);
        assert!(fuse(&[], 10).is_empty());
    }

    #[test]
    fn rankings_are_named_as_people_write_them() {
        assert_eq!(serde_json::to_string(&Ranking::Hybrid).unwrap(), "\"hybrid\"");
        assert_eq!((Ranking::Hybrid.to_string().as_str(), "vector".parse()), ("hybrid", Ok(Ranking::Vector)));
        let error = "fuzzy".parse::<Ranking>().unwrap_err().to_string();
        assert!(error.contains("`vector`, `keyword`, `hybrid`"), "{error}");
    }

    proptest! {
        #[test]
        fn one_ranking_keeps_its_order(count in 0_usize..40) {
            let all: Vec<String> = (0..count).rev().map(|number| format!("policy-{number}")).collect();
            let only = ranking(&all.iter().map(String::as_str).collect::<Vec<_>>());
            let fused = fuse(&[&only], 40);
            prop_assert_eq!(names(&fused), names(&only));
        }

        #[test]
        fn the_order_of_rankings_makes_no_difference(
            a in prop::collection::btree_set(0_u8..12, 0..12), b in prop::collection::vec(0_u8..12, 0..12),
        ) {
            let mut b = b;
            b.sort_unstable_by(|a, b| b.cmp(a));
            b.dedup();
            let named = |numbers: Vec<u8>| numbers.iter().map(|number| format!("p{number}")).collect::<Vec<_>>();
            let (a, b) = (named(a.into_iter().collect()), named(b));
            let of = |names: &[String]| ranking(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let (a, b) = (of(&a), of(&b));
            let (one, other) = (fuse(&[&a, &b], 12), fuse(&[&b, &a], 12));
            prop_assert_eq!(one, other);
        }
    }
}
