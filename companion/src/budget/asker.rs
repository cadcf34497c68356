use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tollgate_budget::StoreError;

use crate::metrics::{Metrics, StoreOperation};

/// Asks the store, and waits no longer than it is worth.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    metrics: Arc<Metrics>,
    patience: Duration,
}

impl Asker {
    pub(super) fn new(metrics: &Arc<Metrics>, patience: Duration) -> Self {
        Asker { metrics: Arc::clone(metrics), patience }
    }

    /// What the answer is, if it comes in time.
    pub(super) async fn ask<T, E>(
        &self,
        operation: StoreOperation,
        question: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        let (started, patience) = (Instant::now(), self.patience);
        let answer = match timeout(patience, question).await {
            Ok(answer) => answer.map_err(StoreError::from),
            Err(_) => Err(StoreError::Unanswered(format!("no answer in {patience:?}"))),
        };
        self.metrics.budget.store_asked(operation, started.elapsed(), answer.is_err());
        answer
    }
}
