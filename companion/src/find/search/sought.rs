use std::sync::Arc;

use tollgate_policy::set::Policy;
use tollgate_policy::source::tree::shown;
use tollgate_search::{EmbedError, IndexError, PolicyText, Purpose, Ranking, TextHash, Vector, clean};

use crate::embedding::Generation;
use crate::find::corpus::Corpus;
use crate::find::draft::Draft;
use crate::find::question::Subject;

use super::SearchError;

/// What policies are compared with.
pub(super) struct Sought {
    /// Left out of the results.
    pub(super) own: Option<String>,
    /// Absent for words.
    pub(super) policy: Option<Arc<Policy>>,
    /// Without what says nothing.
    pub(super) text: String,
    pub(super) vector: Option<Vector>,
}

/// Why there is no vector to search with, in so many words: what a service says to it is for the log. None of it keeps a question
/// from being answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoVector {
    #[error("no index serves yet")]
    Generation,
    #[error("the embedder of the serving model is not loaded")]
    Embedder,
    #[error("the embedder does not answer now")]
    Later,
    #[error("the embedder refuses the text")]
    Refused,
    #[error("the embedder gives nothing")]
    Nothing,
    #[error("the index cannot be read: {0}")]
    Index(#[from] IndexError),
}

impl From<EmbedError> for NoVector {
    fn from(error: EmbedError) -> Self {
        match error {
            EmbedError::Later { .. } => NoVector::Later,
            EmbedError::Never { .. } => NoVector::Refused,
        }
    }
}

impl Sought {
    pub(super) fn of(
        subject: Subject<'_>,
        file: &str,
        ranking: Ranking,
        corpus: &Corpus,
        notes: &mut Vec<String>,
    ) -> Result<Self, SearchError> {
        let (own, policy) = match subject {
            Subject::Text(_) => (None, None),
            Subject::Draft(draft) => {
                let Draft { policy } = Draft::read(file, draft, &corpus.set()).map_err(SearchError::Draft)?;
                (Some(policy.name.clone()), Some(policy))
            }
            Subject::Policy(name) => {
                let policy = corpus.get(name).ok_or_else(|| SearchError::NoPolicy(shown(name)))?;
                (Some(name.to_owned()), Some(Arc::clone(policy)))
            }
        };
        let text = match (subject, &policy) {
            (Subject::Text(text), _) => clean(text),
            (_, policy) => {
                policy.as_ref().map(|policy| PolicyText::of(policy).cleaned().to_owned()).unwrap_or_default()
            }
        };
        let vector = match (ranking, subject) {
            (Ranking::Keyword, _) => None,
            (_, Subject::Text(_) | Subject::Draft(_)) => Some(embed(corpus, &text)),
            (_, Subject::Policy(name)) => Some(own_vector(corpus, name, &text, notes)),
        };
        let note = |reason: NoVector| notes.push(format!("ranked by keywords alone: {reason}"));
        let vector = vector.and_then(|vector| vector.map_err(note).ok());
        Ok(Sought { own, policy, text, vector })
    }

    /// Words of which nothing is left once they are cleaned.
    pub(super) fn says_nothing(&self) -> bool {
        self.policy.is_none() && self.text.is_empty()
    }

    pub(super) fn is_own(&self, name: &str) -> bool {
        self.own.as_deref() == Some(name)
    }
}

/// The vector that a policy has; where that is of an older text, a new one if there can be one.
fn own_vector(corpus: &Corpus, name: &str, text: &str, notes: &mut Vec<String>) -> Result<Vector, NoVector> {
    let Some(Generation { index, .. }) = corpus.generation() else { return Err(NoVector::Generation) };
    let is_current = index.text_of(name) == Some(TextHash::of(text));
    let kept = index.vector_of(name)?;
    match kept {
        Some(vector) if is_current => Ok(vector),
        Some(vector) => Ok(embed(corpus, text).unwrap_or_else(|_| {
            notes.push("the policy is compared by an older text of it".to_owned());
            vector
        })),
        None => embed(corpus, text),
    }
}

/// Whatever it is of, somebody waits for it.
fn embed(corpus: &Corpus, text: &str) -> Result<Vector, NoVector> {
    let generation = corpus.generation().ok_or(NoVector::Generation)?;
    let embedder = generation.embedder.as_ref().ok_or(NoVector::Embedder)?;
    embedder.embed(&[text], Purpose::Query)?.pop().ok_or(NoVector::Nothing)
}
