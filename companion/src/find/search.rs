use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tollgate_policy::set::Policy;
use tollgate_policy::source::Diagnostics;
use tollgate_policy::source::tree::shown;
use tollgate_search::{EmbedError, Hit, Index, IndexError, Purpose, Vector};

use super::corpus::{Corpus, Generation, Standing};
use super::draft::Draft;
use super::filters::Passing;
use super::outline::Outline;
use super::question::{Question, QuestionError, Subject};
use super::reasons::{Fields, Why};
use super::standin::{PolicyText, Ranking, clean, fuse};

/// How many of each ranking are fused, at least.
const FUSED: usize = 100;

/// How many more than asked for are looked for, in the place of policies that are gone or may not be found.
const GONE: usize = 8;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchError {
    #[error("{0}")]
    Question(#[from] QuestionError),
    #[error("there is no policy {0}")]
    NoPolicy(String),
    #[error("the draft is not valid")]
    Draft(Diagnostics),
}

/// Why there is no vector to search with. None of it keeps a question from being answered.
#[derive(Debug, thiserror::Error)]
enum NoVector {
    #[error("no index serves yet")]
    Generation,
    #[error("the embedder of the serving model cannot be loaded")]
    Embedder,
    #[error("{0}")]
    Embed(#[from] EmbedError),
    #[error("the embedder gives nothing")]
    Nothing,
    #[error("the index cannot be read: {0}")]
    Index(#[from] IndexError),
}

/// What was found, and what it is to be taken for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Best first.
    pub(crate) results: Vec<Similar>,
    pub(crate) ranking: Ranking,
    /// Version of the model whose vectors were compared; absent where none were.
    pub(crate) model: Option<String>,
    /// Of the index; absent where none was asked, or it was made for this question.
    pub(crate) generation: Option<u64>,
    pub(crate) index: Standing,
    /// What is not as it usually is, in sentences.
    pub(crate) notes: Vec<String>,
}

/// A policy that was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Similar {
    pub(crate) name: String,
    /// By the ranking: higher is better, and comparable within one answer only.
    pub(crate) score: f32,
    /// The cosine of the vectors, -1 to 1; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) similarity: Option<f32>,
    /// The policy has changed since its vector was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) stale: bool,
    #[serde(flatten)]
    pub(crate) outline: Outline,
    pub(crate) why: Why,
}

/// What policies are compared with.
struct Sought {
    /// Left out of the results.
    own: Option<String>,
    /// Absent for words.
    policy: Option<Arc<Policy>>,
    /// Without what says nothing.
    text: String,
    vector: Option<Vector>,
}

/// Finds policies. Blocks: for microseconds, or for as long as the embedder takes. `file` is what messages call a draft.
///
/// # Errors
/// If the question makes no sense, names a policy that is not there, or has a draft that is not valid. What the index lacks
/// is no error but said in the answer.
pub(crate) fn search(corpus: &Corpus, question: &Question, file: &str) -> Result<Found, SearchError> {
    search_by(Ranking::default(), corpus, question, file)
}

fn search_by(ranking: Ranking, corpus: &Corpus, question: &Question, file: &str) -> Result<Found, SearchError> {
    let most = question.most()?;
    let mut notes = corpus.standing().notes();
    let sought = Sought::of(question.subject()?, file, corpus, &mut notes)?;
    let passing = (!question.filters.is_none()).then(|| question.filters.of(corpus));
    if passing.as_ref().is_some_and(|passing| passing.len() == 0) && corpus.standing().policies > 0 {
        notes.push("no policy passes the filters".to_owned());
    }
    let ranked = Ranked::of(ranking, corpus, &sought, most, passing.as_ref(), &mut notes);
    let generation = corpus.generation().filter(|_| ranked.ranking != Ranking::Keyword);
    let results = ranked.hits.into_iter().filter_map(|hit| {
        let policy = corpus.get(&hit.name)?;
        Some(Similar::new(hit, &policy, &sought, corpus))
    });
    Ok(Found {
        results: results.collect(),
        ranking: ranked.ranking,
        model: generation.map(|generation| generation.model.version.to_string()),
        generation: generation.and(corpus.generation_number()),
        index: corpus.standing().clone(),
        notes,
    })
}

impl Sought {
    fn of(subject: Subject<'_>, file: &str, corpus: &Corpus, notes: &mut Vec<String>) -> Result<Self, SearchError> {
        let sought = match subject {
            Subject::Text(text) => {
                let text = clean(text);
                let vector = embed(corpus, &text, Purpose::Query);
                (Sought { own: None, policy: None, text, vector: None }, vector)
            }
            Subject::Draft(draft) => {
                let Draft { policy } = Draft::read(file, draft, &corpus.set()).map_err(SearchError::Draft)?;
                let text = PolicyText::of(&policy).cleaned().to_owned();
                let vector = embed(corpus, &text, Purpose::Policy);
                (Sought { own: Some(policy.name.clone()), policy: Some(policy), text, vector: None }, vector)
            }
            Subject::Policy(name) => {
                let policy = corpus.get(name).ok_or_else(|| SearchError::NoPolicy(shown(name)))?;
                let text = PolicyText::of(&policy);
                let vector = own_vector(corpus, name, &text, notes);
                let text = text.cleaned().to_owned();
                (Sought { own: Some(name.to_owned()), policy: Some(policy), text, vector: None }, vector)
            }
        };
        let (sought, vector) = sought;
        let vector = vector.map_err(|reason| notes.push(format!("ranked by keywords alone: {reason}"))).ok();
        Ok(Sought { vector, ..sought })
    }

    fn is_own(&self, name: &str) -> bool {
        self.own.as_deref() == Some(name)
    }
}

/// The vector that a policy has; where that is of an older text, a new one if there can be one.
fn own_vector(corpus: &Corpus, name: &str, text: &PolicyText, notes: &mut Vec<String>) -> Result<Vector, NoVector> {
    let Some(Generation { index, .. }) = corpus.generation() else { return Err(NoVector::Generation) };
    let is_current = index.text_of(name) == Some(text.hash());
    let kept = index.vector_of(name)?;
    match kept {
        Some(vector) if is_current => Ok(vector),
        Some(vector) => Ok(embed(corpus, text.cleaned(), Purpose::Policy).unwrap_or_else(|_| {
            notes.push("the policy is compared by an older text of it".to_owned());
            vector
        })),
        None => embed(corpus, text.cleaned(), Purpose::Policy),
    }
}

fn embed(corpus: &Corpus, text: &str, purpose: Purpose) -> Result<Vector, NoVector> {
    let generation = corpus.generation().ok_or(NoVector::Generation)?;
    let embedder = generation.embedder.as_ref().ok_or(NoVector::Embedder)?;
    embedder.embed(&[text], purpose)?.pop().ok_or(NoVector::Nothing)
}

/// Policies in the order of a ranking.
struct Ranked {
    ranking: Ranking,
    hits: Vec<Hit>,
}

impl Ranked {
    fn of(
        ranking: Ranking,
        corpus: &Corpus,
        sought: &Sought,
        most: usize,
        passing: Option<&Passing>,
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
            nearest(corpus, sought, most, passing, |most, wanted| index.search(vector, most, wanted))
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
    passing: Option<&Passing>,
    search: impl Fn(usize, Option<&Wanted<'_>>) -> Result<Vec<Hit>, IndexError>,
) -> Result<Vec<Hit>, IndexError> {
    if let Some(passing) = passing {
        return search(most, Some(&|name| passing.has(name) && !sought.is_own(name)));
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

impl Similar {
    fn new(hit: Hit, policy: &Policy, sought: &Sought, corpus: &Corpus) -> Self {
        let text = PolicyText::of(policy);
        let fields = match &sought.policy {
            Some(other) => Fields::of_both(other, policy),
            None => Fields::of_text(&sought.text.split_whitespace().collect(), policy),
        };
        let terms = corpus.keywords(|keywords| keywords.shared_terms(&sought.text, text.cleaned()));
        let vectors = sought.vector.as_ref().zip(corpus.generation());
        let similarity =
            vectors.and_then(|(vector, generation)| Some(generation.index.vector_of(&hit.name).ok()??.cosine(vector)));
        let stale =
            corpus.generation().is_some_and(|generation| generation.index.text_of(&hit.name) != Some(text.hash()));
        Similar {
            name: policy.name.clone(),
            score: hit.score,
            similarity,
            stale,
            outline: Outline::of(policy),
            why: Why::new(terms, fields),
        }
    }
}

#[cfg(test)]
mod tests;
