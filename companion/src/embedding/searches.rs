use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tollgate_search::{Keywords, ModelVersion};

use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

use crate::metrics::{SearchCounts, SearchLevels};

use super::command::{Command, Declined};
use super::dead::DeadLetter;
use super::generation::Generation;
use super::shared::{Event, Shared};
use super::state::{Serving, Settled, State};

/// How long a command may take to be heard and carried out.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often an event is offered again to a keeper that has too much to do.
const AGAIN: Duration = Duration::from_millis(5);

/// What can be searched, and how well it is kept up. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Searches(pub(super) Arc<Shared>);

impl Searches {
    /// The generation that answers; absent before the first.
    pub(crate) fn serving(&self) -> Option<Arc<Generation>> {
        self.0.serving().map(|serving| Arc::clone(&serving.generation))
    }

    /// The words of every policy, whatever generation serves.
    pub(crate) fn keywords(&self) -> &Arc<RwLock<Keywords>> {
        &self.0.keywords
    }

    /// Waits for nothing and nobody.
    pub(crate) fn state(&self) -> State {
        let view = self.0.view().clone();
        let serving = view.serving;
        let (mut indexed, mut stale, mut lag, mut dead) = (0, 0, Duration::ZERO, 0);
        if let Some(serving) = &serving {
            let tended = &serving.tended;
            (indexed, stale, lag, dead) = (tended.indexed(), tended.stale(), tended.lag(), tended.given_up());
        }
        State {
            policies: self.0.policies.load(std::sync::atomic::Ordering::Relaxed),
            indexed,
            stale,
            lag,
            queued: self.0.queue.len(),
            dead,
            serving: serving.map(|serving| Serving {
                generation: serving.generation.number,
                model: serving.generation.model.clone(),
                embeds: serving.generation.embedder.is_some(),
            }),
            migration: view.migration,
            kept: view.kept,
            held: view.held,
            problems: view.problems.texts(),
        }
    }

    /// Tells each time that nothing is stale any more, but for what could not be embedded.
    pub(crate) fn settled(&self) -> watch::Receiver<Settled> {
        self.0.settled.subscribe()
    }

    pub(crate) fn levels(&self) -> SearchLevels {
        let State { indexed, stale, lag, queued, dead, migration, .. } = self.state();
        let cached = self.0.cache.as_ref().map(|cache| cache.lock().unwrap_or_else(PoisonError::into_inner).len());
        SearchLevels {
            queued,
            cached: cached.unwrap_or_default(),
            indexed,
            index_bytes: self.0.serving().map_or(0, |serving| serving.tended.bytes()),
            stale,
            lag,
            dead,
            migrated: migration.as_ref().map_or(0, |migration| migration.done),
            to_migrate: migration.as_ref().map_or(0, |migration| migration.total),
        }
    }

    pub(crate) fn counts(&self) -> SearchCounts {
        self.0.metrics.search.counts()
    }

    /// What the operator calls the model that is configured.
    pub(crate) fn configured(&self) -> &ModelVersion {
        &self.0.configured
    }

    /// What could not be embedded for the generation that answers. May wait for a moment.
    pub(crate) fn letters(&self) -> Vec<DeadLetter> {
        self.0.serving().map(|serving| serving.tended.book(|book| book.letters())).unwrap_or_default()
    }

    /// Has something done.
    pub(crate) async fn ask(&self, command: Command) -> Result<(), Declined> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.tell(Event::Command(command, answer)).await;
            answered.await.unwrap_or(Err(Declined::Silent))
        };
        timeout(PATIENCE, asked).await.unwrap_or(Err(Declined::Silent))
    }

    /// Hands an event to the keeper, as soon as that has room for it.
    pub(super) async fn tell(&self, event: Event) {
        let mut told = self.0.tell(event);
        while let Err(event) = told {
            sleep(AGAIN).await;
            told = self.0.tell(event);
        }
    }
}
