use std::collections::HashSet;

use tollgate_search::{Hit, Index, IndexError, Ranking, Vector, fuse};

use crate::embedding::Generation;
use crate::find::corpus::Corpus;

use super::sought::{NoVector, Sought};

/// How many of each ranking are fused, at least. No more than an index's graph gives, even where some are gone: for more
/// everything would have to be looked at.
pub(super) const FUSED: usize = 30;

/// How many more than asked for are looked for, in the place of policies that are gone or may not be found.
const GONE: usize = 8;

/// The names of the policies that pass filters.
pub(super) type Passing<'p> = HashSet<&'p str>;

/// Policies in the order of a ranking.
pub(super) struct Ranked {
    pub(super) ranking: Ranking,
    pub(super) hits: Vec<Hit>,
}

impl Ranked {
    pub(super) fn nothing() -> Self {
        Ranked { ranking: Ranking::Keyword, hits: Vec::new() }
    }

    pub(super) fn of(
        ranking: Ranking,
        corpus: &Corpus,
        sought: &Sought,
        most: usize,
        passing: Option<&Passing<'_>>,
        notes: &mut Vec<String>,
    ) -> Self {
        let by_keyword = |most| {
            let search = |most, wanted: Option<&Wanted<'_>>| {
                Ok(corpus.keywords(|keywords| keywords.search(&sought.text, most, wanted)))
            };
            nearest(corpus, sought, most, passing, search).unwrap_or_default()
        };
        let vectors = sought.vector.as_ref().zip(corpus.generation());
        let by_vector = |most, vector: &Vector, index: &Index| {
            nearest(corpus, sought, most, passing, |most, wanted| corpus.nearest(index, vector, most, wanted))
        };
        match vectors.filter(|_| ranking != Ranking::Keyword) {
            None => Ranked { ranking: Ranking::Keyword, hits: by_keyword(most) },
            Some((vector, Generation { index, .. })) => {
                let is_hybrid = ranking == Ranking::Hybrid;
                let depth = if is_hybrid { most.max(FUSED) } else { most };
                match by_vector(depth, vector, index) {
                    Ok(hits) if is_hybrid => Ranked { ranking, hits: fuse(&[&hits, &by_keyword(depth)], most) },
                    Ok(hits) => Ranked { ranking, hits },
                    Err(error) => {
                        notes.push(format!("ranked by keywords alone: {}", NoVector::Index(error)));
                        Ranked { ranking: Ranking::Keyword, hits: by_keyword(most) }
                    }
                }
            }
        }
    }
}

type Wanted<'w> = dyn Fn(&str) -> bool + Sync + 'w;

/// The best that may be found, out of a search for the best of all. It looks once more where too many of these may not.
fn nearest(
    corpus: &Corpus,
    sought: &Sought,
    most: usize,
    passing: Option<&Passing<'_>>,
    search: impl Fn(usize, Option<&Wanted<'_>>) -> Result<Vec<Hit>, IndexError>,
) -> Result<Vec<Hit>, IndexError> {
    if let Some(passing) = passing {
        return search(most, Some(&|name| passing.contains(name) && !sought.is_own(name)));
    }
    // Policies are removed from the index a moment after they are gone.
    let is_there = |name: &str| !sought.is_own(name) && corpus.get(name).is_some();
    let mut hits = search(most + GONE, None)?;
    let is_all = hits.len() < most + GONE;
    hits.retain(|hit| is_there(&hit.name));
    if hits.len() < most && !is_all {
        return search(most, Some(&is_there));
    }
    hits.truncate(most);
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use tollgate_search::Settings;

    use super::*;

    #[test]
    fn what_is_usually_fused_a_graph_gives_although_one_in_twenty_is_gone() {
        let given = Settings::default().ef_search;
        assert!(FUSED + GONE <= given - given / 20);
    }
}
