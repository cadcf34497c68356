use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tollgate_budget::StoreError;
use tollgate_budget::redis::{RedisStore, Status};

use crate::metrics::{Metrics, StoreState};

/// Whether the store can be used. Clones are of the same store.
#[derive(Clone)]
pub(crate) struct Condition(Kept);

#[derive(Clone)]
enum Kept {
    /// In a file: what came of using it last.
    Alone(Arc<Mutex<Option<String>>>, Arc<Metrics>),
    /// With others: it knows itself.
    Shared(Arc<RedisStore>),
}

impl Condition {
    pub(super) fn alone(metrics: Arc<Metrics>) -> Self {
        metrics.budget.store_is(StoreState::Open);
        Condition(Kept::Alone(Arc::default(), metrics))
    }

    pub(super) fn shared(store: Arc<RedisStore>) -> Self {
        Condition(Kept::Shared(store))
    }

    /// Which kind of store it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self.0 {
            Kept::Alone(..) => "sqlite",
            Kept::Shared(_) => "redis",
        }
    }

    /// What it is doing, and if it cannot be used, why.
    pub(crate) fn now(&self) -> (StoreState, Option<String>) {
        match &self.0 {
            Kept::Alone(failure, _) => match failure.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                None => (StoreState::Open, None),
                Some(why) => (StoreState::Away, Some(why)),
            },
            Kept::Shared(store) => read(&store.status()),
        }
    }

    /// Notes what came of using it.
    pub(super) fn was_used(&self, outcome: &Result<(), StoreError>) {
        let Kept::Alone(failure, metrics) = &self.0 else { return };
        metrics.budget.store_is(if outcome.is_ok() { StoreState::Open } else { StoreState::Away });
        let failed = outcome.as_ref().err().map(ToString::to_string);
        *failure.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }
}

/// In our words.
pub(super) fn read(status: &Status) -> (StoreState, Option<String>) {
    match status {
        Status::Open { .. } => (StoreState::Open, None),
        Status::Looking => (StoreState::Looking, Some("redis is being looked for".to_owned())),
        Status::Mending(why) => (StoreState::Mending, Some(why.clone())),
        Status::Closed(why) => (StoreState::Closed, Some(why.clone())),
        Status::Away(why) => (StoreState::Away, Some(why.clone())),
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, why) = self.now();
        formatter
            .debug_struct("Condition")
            .field("kind", &self.kind())
            .field("state", &state)
            .field("why", &why)
            .finish()
    }
}
