//! One question, answered with policies.

mod found;
mod ranked;
mod sought;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use tollgate_policy::source::Diagnostics;
use tollgate_search::Ranking;

use crate::embedding::Generation;

use super::corpus::Corpus;
use super::question::{Question, QuestionError};

pub(crate) use found::{Found, Similar};

use ranked::{Passing, Ranked};
use sought::Sought;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchError {
    #[error(transparent)]
    Question(#[from] QuestionError),
    #[error("there is no policy {0}")]
    NoPolicy(String),
    #[error("the draft is not valid")]
    Draft(Diagnostics),
}

/// Finds policies. Blocks: for microseconds, or for as long as the embedder takes. `file` is what messages call a draft.
///
/// # Errors
/// If the question makes no sense, names a policy that is not there, or has a draft that is not valid. What the index lacks
/// is no error but said in the answer.
pub(crate) fn search(corpus: &Corpus, question: &Question, file: &str) -> Result<Found, SearchError> {
    let most = question.most()?;
    let mut notes = corpus.notes();
    let ranking =
        question.ranking.unwrap_or_else(|| corpus.generation().map_or(Ranking::OF_LEXICAL, Generation::ranking));
    let sought = Sought::of(question.subject()?, file, ranking, corpus, &mut notes)?;
    let passing = (!question.filters.is_none()).then(|| question.filters.of(corpus));
    let passing: Option<Passing<'_>> =
        passing.as_ref().map(|passing| passing.iter().map(|policy| policy.name.as_str()).collect());
    if passing.as_ref().is_some_and(HashSet::is_empty) && corpus.standing().policies > 0 {
        notes.push("no policy passes the filters".to_owned());
    }
    let ranked = if sought.says_nothing() {
        notes.push("the text has no words to go by".to_owned());
        Ranked::nothing()
    } else {
        Ranked::of(ranking, corpus, &sought, most, passing.as_ref(), &mut notes)
    };
    let generation = corpus.generation().filter(|_| ranked.ranking != Ranking::Keyword);
    let results = ranked.hits.into_iter().filter_map(|hit| {
        let policy = corpus.get(&hit.name)?;
        Some(Similar::new(hit, policy, &sought, corpus))
    });
    let results: Vec<Similar> = results.collect();
    corpus.note_results(results.len());
    Ok(Found {
        results,
        ranking: ranked.ranking,
        model: generation.map(|generation| generation.model.version.to_string()),
        generation: generation.and(corpus.generation_number()),
        index: corpus.standing().clone(),
        notes,
    })
}
