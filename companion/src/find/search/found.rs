use serde::{Deserialize, Serialize};
use tollgate_policy::set::Policy;
use tollgate_search::{Hit, PolicyText, Ranking, TextHash};

use crate::find::corpus::Corpus;
use crate::find::outline::Outline;
use crate::find::reasons::{Fields, Why};
use crate::find::standing::Standing;

use super::sought::Sought;

/// The cosine from which on two texts have something in common, whatever the model.
const ALIKE: f32 = 0.3;

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

impl Similar {
    /// Whether it has anything in common with what was asked for, beyond being the least far from it.
    pub(in crate::find) fn is_alike(&self) -> bool {
        !self.why.terms.is_empty() || self.similarity.is_some_and(|similarity| similarity > ALIKE)
    }

    pub(super) fn new(hit: Hit, policy: &Policy, sought: &Sought, corpus: &Corpus) -> Self {
        let text = PolicyText::of(policy);
        let why = corpus.keywords(|keywords| {
            let fields = match &sought.policy {
                Some(other) => Fields::of_both(other, policy),
                None => Fields::of_text(&sought.text, policy, keywords),
            };
            Why::new(keywords.shared_terms(&sought.text, text.cleaned()), fields)
        });
        let vectors = sought.vector.as_ref().zip(corpus.generation());
        let similarity =
            vectors.and_then(|(vector, generation)| Some(generation.index.vector_of(&hit.name).ok()??.cosine(vector)));
        let stale = corpus
            .generation()
            .is_some_and(|generation| generation.index.text_of(&hit.name) != Some(TextHash::of(text.cleaned())));
        Similar { name: policy.name.clone(), score: hit.score, similarity, stale, outline: Outline::of(policy), why }
    }
}
