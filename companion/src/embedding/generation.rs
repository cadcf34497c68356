use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tollgate_search::{Embedder, Index, Model, Ranking};

use super::config::LEXICAL;

/// The vectors of one model, and what makes more of them. Whoever searches takes one and asks nothing else until the answer is
/// there, so that no answer is of two models.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    /// Counts generations; never used again.
    pub(crate) number: u64,
    pub(crate) model: Model,
    /// The kind of embedder, as it is named in configuration; absent where this program does not know it.
    pub(crate) kind: Option<&'static str>,
    pub(crate) index: Arc<Index>,
    /// Absent where it is not loaded yet or cannot be any more: the vectors are good, policies can be searched with each other, and no
    /// other text can be embedded.
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
}

impl Generation {
    /// What its vectors are searched with best.
    pub(crate) fn ranking(&self) -> Ranking {
        if self.kind == Some(LEXICAL) { Ranking::OF_LEXICAL } else { Ranking::OF_MODELS }
    }
}

/// What a generation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Made by a migration that goes on.
    Building,
    /// Answers.
    Serving,
    /// Has answered, and can again.
    Kept,
}
