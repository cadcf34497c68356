use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::embedding::Searches;
use crate::metrics::{Metrics, VectorError};

use super::corpus::Corpus;
use super::turns::Turns;

/// What the daemon's questions are asked of. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    catalogue: Catalogue,
    searches: Searches,
    metrics: Arc<Metrics>,
    turns: Turns,
}

impl Asking {
    pub(crate) fn new(catalogue: Catalogue, searches: Searches, metrics: Arc<Metrics>) -> Self {
        Asking { catalogue, searches, metrics, turns: Turns::new() }
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// A search was given up.
    pub(crate) fn note_timeout(&self) {
        self.metrics.search.vector_failed(VectorError::Timeout);
    }

    /// As it is at this moment.
    pub(crate) fn corpus(&self) -> Corpus {
        Corpus::in_force(&self.catalogue, &self.searches, &self.metrics)
    }
}
