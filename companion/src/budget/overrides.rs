use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tollgate_budget::{Counter, Measure, Override, Store, StoreError};

use crate::metrics::StoreOperation;

use super::asker::Asker;
use super::reply::now;

/// The limits that administrators have set, as the store had them last. Clones are of the same limits.
#[derive(Clone)]
pub(super) struct Overrides {
    store: Arc<dyn Store>,
    /// For a call that comes before it was asked the first time.
    asker: Asker,
    known: watch::Sender<Option<Arc<Overriding>>>,
    /// One asks at a time, so that what was answered last is what is known.
    turn: Arc<Mutex<()>>,
}

/// Limits that count instead of what policies say.
#[derive(Clone, Debug, Default)]
pub(super) struct Overriding(HashMap<Measure, Override>);

impl Overrides {
    pub(super) fn new(store: Arc<dyn Store>, asker: Asker) -> Self {
        Overrides { store, asker, known: watch::Sender::new(None), turn: Arc::default() }
    }

    /// What the store has. Until it was asked once, nobody knows which limits count.
    pub(super) async fn known(&self) -> Result<Arc<Overriding>, StoreError> {
        if let Some(known) = self.seen() {
            return Ok(known);
        }
        let first = async {
            let _turn = self.turn.lock().await;
            match self.seen() {
                Some(known) => Ok(known),
                None => self.ask().await,
            }
        };
        self.asker.ask(StoreOperation::Look, first).await
    }

    /// What it had when it was asked last; nothing, if it was not.
    pub(super) fn last(&self) -> Arc<Overriding> {
        self.seen().unwrap_or_default()
    }

    /// Asks the store.
    pub(super) async fn refresh(&self) -> Result<Arc<Overriding>, StoreError> {
        let _turn = self.turn.lock().await;
        self.ask().await
    }

    async fn ask(&self) -> Result<Arc<Overriding>, StoreError> {
        let known: Overriding = self.store.overrides().await?.into_iter().collect();
        let known = Arc::new(known);
        self.known.send_replace(Some(Arc::clone(&known)));
        Ok(known)
    }

    fn seen(&self) -> Option<Arc<Overriding>> {
        self.known.borrow().clone()
    }
}

impl Overriding {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What counts now.
    pub(super) fn of(&self, measure: &Measure) -> Option<&Override> {
        self.0.get(measure).filter(|set| set.counts_at(now()))
    }

    /// What counts for a counter, if its period has not ended.
    pub(super) fn of_counter(&self, counter: &Counter) -> Option<&Override> {
        self.of(&Measure::of(counter)).filter(|_| counter.period.ends() > now())
    }
}

impl FromIterator<Override> for Overriding {
    fn from_iter<T: IntoIterator<Item = Override>>(overrides: T) -> Self {
        Overriding(overrides.into_iter().map(|set| (set.measure.clone(), set)).collect())
    }
}
