use std::fmt;
use std::time::Duration;

use crate::{Model, Vector};

/// What a text is embedded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be found: the vector is kept. It depends on the text and the model alone.
    Policy,
    /// To find: the vector is used once.
    Query,
}

/// Makes vectors of texts.
///
/// Calls block, for microseconds or for as long as a distant service takes; they come from threads that may wait.
pub trait Embedder: Send + Sync + fmt::Debug {
    /// What its vectors are of.
    fn model(&self) -> &Model;

    /// One vector for each text, in the order of the texts, each of the model's dimensions.
    ///
    /// # Errors
    /// If not all of them can be had; nothing is known of any then.
    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vector>, EmbedError>;
}

/// Why there are no vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// It may go well another time.
    #[error("{reason}")]
    Later {
        /// What went wrong.
        reason: String,
        /// How long to wait at least, where somebody has said so.
        after: Option<Duration>,
    },
    /// It will go wrong each time with these texts.
    #[error("{reason}")]
    Never {
        /// What is wrong.
        reason: String,
    },
}
