use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tollgate_policy::set::{Names, Policy, Schema, Schemas};
use tollgate_policy::source::tree::shown;
use tollgate_search::clean;

use crate::find::corpus::Corpus;
use crate::find::question::{Question, QuestionError};
use crate::find::search::{SearchError, Similar, search};

/// How many kinds are taken to be like a new one.
const NEAREST: usize = 3;

/// How many kinds are told where none is like the new one.
const TOLD: usize = 5;

/// How many policies are looked at that a search for the new kind finds.
const LOOKED_AT: usize = 10;

/// A kind that the new one is like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LikeKind {
    pub(crate) kind: String,
    /// How many policies name it.
    pub(crate) policies: usize,
    /// Why it is taken to be like the new one.
    pub(crate) why: Vec<String>,
}

/// The kinds that policies name, with how many do.
#[derive(Debug)]
pub(super) struct Known<'s>(BTreeMap<&'s str, usize>);

impl<'s> Known<'s> {
    pub(super) fn of(policies: &'s [Arc<Policy>]) -> Self {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for policy in policies {
            if let Names::Of(kinds) = &policy.kinds {
                kinds.iter().for_each(|kind| *known.entry(kind).or_default() += 1);
            }
        }
        Known(known)
    }

    /// Those that most policies name.
    pub(super) fn most(&self) -> Vec<&str> {
        let mut kinds: Vec<(&str, usize)> = self.0.iter().map(|(kind, policies)| (*kind, *policies)).collect();
        kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        kinds.into_iter().map(|(kind, _)| kind).take(TOLD).collect()
    }

    /// Kinds that the question names.
    pub(super) fn named(&self, new: &str, named: &[String]) -> Result<Vec<LikeKind>, SearchError> {
        let mut all: Vec<LikeKind> = Vec::with_capacity(named.len());
        for kind in named {
            if kind == new {
                return Err(QuestionError::LikeItself.into());
            }
            let Some(policies) = self.0.get(kind.as_str()) else {
                return Err(QuestionError::LikeNothing(shown(kind)).into());
            };
            if !all.iter().any(|like| like.kind == *kind) {
                all.push(LikeKind { kind: kind.clone(), policies: *policies, why: vec!["as asked".to_owned()] });
            }
        }
        Ok(all)
    }

    /// Those nearest to a kind by their attributes, by the words of their names, and by what a search for it finds.
    pub(super) fn nearest(
        &self,
        new: &str,
        schemas: &Schemas,
        corpus: &Corpus,
        notes: &mut Vec<String>,
    ) -> Vec<LikeKind> {
        let found = Self::found(new, corpus, notes);
        let words = clean(new);
        let scored = self.0.iter().filter(|(kind, _)| **kind != new).map(|(kind, policies)| {
            let attributes = match (schemas.resources.get(new), schemas.resources.get(*kind)) {
                (Some(new), Some(known)) => shared_attributes(new, known),
                _ => (0.0, Vec::new()),
            };
            let cleaned = clean(kind);
            let shared = corpus.keywords(|keywords| keywords.shared_terms(&words, &cleaned).len());
            let longest = words.split(' ').count().max(cleaned.split(' ').count());
            let found = found.get(*kind);
            let rank = found.map_or(0.0, |(rank, _)| 1.0 / (*rank as f32 + 1.0));
            let mut why = Vec::new();
            if !attributes.1.is_empty() {
                why.push(format!("has the attributes {}", attributes.1.join(", ")));
            }
            if shared > 0 {
                why.push("has a word of its name".to_owned());
            }
            if let Some((_, by)) = found {
                why.push(format!("a search for it finds {}", shown(by)));
            }
            // Each from 0 to 1; attributes are what conditions read.
            let score = 2.0 * attributes.0 + shared as f32 / longest.max(1) as f32 + rank;
            (score, LikeKind { kind: (*kind).to_owned(), policies: *policies, why })
        });
        let mut scored: Vec<(f32, LikeKind)> = scored.filter(|(_, like)| !like.why.is_empty()).collect();
        scored.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.kind.cmp(&other.kind)));
        scored.into_iter().take(NEAREST).map(|(_, like)| like).collect()
    }

    /// Kinds of the policies that a search for a kind's name finds, with the best policy and its rank.
    fn found(new: &str, corpus: &Corpus, notes: &mut Vec<String>) -> BTreeMap<String, (usize, String)> {
        let mut kinds = BTreeMap::new();
        let question = Question { text: Some(new.to_owned()), k: Some(LOOKED_AT), ..Question::default() };
        let Ok(found) = search(corpus, &question, "") else { return kinds };
        notes.extend(found.notes.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
        // A policy that has nothing in common with the name is only the least far from it.
        let telling = found.results.into_iter().filter(Similar::is_alike);
        for (rank, similar) in telling.enumerate() {
            for kind in similar.outline.resource {
                kinds.entry(kind).or_insert_with(|| (rank, similar.name.clone()));
            }
        }
        kinds
    }
}

/// How much of what either has they share, 0 to 1, and what.
fn shared_attributes(one: &Schema, other: &Schema) -> (f32, Vec<String>) {
    let names = |schema: &Schema| schema.properties.keys().cloned().collect::<BTreeSet<String>>();
    let (one, other) = (names(one), names(other));
    let shared: Vec<String> = one.intersection(&other).cloned().collect();
    let all = one.union(&other).count();
    (shared.len() as f32 / all.max(1) as f32, shared)
}
