use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use tokio::sync::{Notify, oneshot, watch};
use tollgate_policy::set::Policy;
use tollgate_search::{Embedder, Keywords, ModelVersion};

use crate::metrics::Metrics;
use crate::sparingly::Sparingly;

use super::cache::Cache;
use super::clock;
use super::command::{Command, Declined};
use super::config::SearchConfig;
use super::embedders::LoadError;
use super::generation::Generation;
use super::migrations::{Migration, Ready};
use super::queue::Queue;
use super::state::Settled;
use super::tended::Tended;

/// What the keeper, the workers and those who ask have in common.
///
/// The keeper and the workers give way to all other threads, and those who ask may be in a hurry: no lock that both take is held for
/// longer than it takes to copy some pointers.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) keywords: Arc<RwLock<Keywords>>,
    pub(super) queue: Queue<Job>,
    pub(super) cache: Option<Mutex<Cache>>,
    pub(super) batch: usize,
    pub(super) configured: ModelVersion,
    events: SyncSender<Event>,
    /// The keeper has been told to look around, and has not done so yet.
    is_poked: AtomicBool,
    /// All policies are to be told anew.
    pub(super) resync: Notify,
    pub(super) settled: watch::Sender<Settled>,
    pub(super) policies: AtomicUsize,
    revision: AtomicU64,
    view: Mutex<View>,
    pub(super) metrics: Arc<Metrics>,
    /// Why policies cannot be embedded.
    pub(super) said: Sparingly,
}

/// The generation that answers, and how it is kept up.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) generation: Arc<Generation>,
    pub(super) tended: Arc<Tended>,
}

impl Answering {
    pub(super) fn of(tended: &Arc<Tended>) -> Self {
        Answering { generation: Arc::new(tended.generation()), tended: Arc::clone(tended) }
    }

    /// Whether it is of this generation, with the embedder that this has now.
    pub(super) fn is_of(&self, tended: &Arc<Tended>) -> bool {
        let has_same_embedder = match (&self.generation.embedder, tended.embedder()) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, &other),
            (own, other) => own.is_none() && other.is_none(),
        };
        has_same_embedder && Arc::ptr_eq(&self.tended, tended)
    }
}

/// A policy that is to be embedded for a generation.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) tended: Arc<Tended>,
    pub(super) name: Arc<str>,
}

/// What the keeper is told.
#[derive(Debug)]
pub(super) enum Event {
    /// Policies were written and removed.
    News {
        written: Vec<Arc<Policy>>,
        removed: Vec<String>,
        since: Instant,
    },
    /// All policies there are.
    All {
        policies: Vec<Arc<Policy>>,
        since: Instant,
    },
    /// Something may be to be done.
    Poke,
    /// An embedder was made, or could not be.
    Loaded(Wanted, Result<Arc<dyn Embedder>, LoadError>),
    Command(Command, oneshot::Sender<Result<(), Declined>>),
    Stop(oneshot::Sender<()>),
}

/// What an embedder was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To go on with a generation.
    Equip(u64),
    /// What is configured.
    Configured,
}

/// What is told to those who ask, as the keeper has seen it last: all of it of one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub(super) serving: Option<Arc<Answering>>,
    pub(super) migration: Option<Migration>,
    pub(super) kept: Option<Ready>,
    pub(super) held: Option<String>,
    pub(super) problems: Problems,
}

/// What keeps search from being as it should be.
#[derive(Clone, Debug, Default)]
pub(super) struct Problems {
    pub(super) folder: Option<String>,
    pub(super) store: Option<String>,
    pub(super) index: Option<String>,
    pub(super) graph: Option<String>,
    pub(super) embedder: Option<String>,
    pub(super) model: Option<String>,
    pub(super) crash: Option<String>,
}

impl Problems {
    pub(super) fn texts(&self) -> Vec<String> {
        let Problems { folder, store, index, graph, embedder, model, crash } = self;
        [folder, store, index, graph, embedder, model, crash].into_iter().flatten().cloned().collect()
    }
}

impl Shared {
    pub(super) fn new(config: &SearchConfig, events: SyncSender<Event>, metrics: Arc<Metrics>) -> Self {
        Shared {
            keywords: Arc::default(),
            queue: Queue::new(config.queue.get()),
            cache: config.cache.map(Cache::new).map(Mutex::new),
            batch: config.batch.get(),
            configured: config.version.clone(),
            events,
            is_poked: AtomicBool::new(false),
            resync: Notify::new(),
            settled: watch::Sender::default(),
            policies: AtomicUsize::new(0),
            revision: AtomicU64::new(clock::now()),
            view: Mutex::default(),
            metrics,
            said: Sparingly::default(),
        }
    }

    pub(super) fn serving(&self) -> Option<Arc<Answering>> {
        self.view().serving.clone()
    }

    /// Tells the keeper that something may be to be done. Never waits.
    pub(super) fn poke(&self) {
        // A full channel wakes the keeper as well, but nothing in it says that this has been heard.
        if !self.is_poked.swap(true, Ordering::AcqRel) && self.events.try_send(Event::Poke).is_err() {
            self.poke_heard();
        }
    }

    pub(super) fn poke_heard(&self) {
        self.is_poked.store(false, Ordering::Release);
    }

    /// Hands an event to the keeper; gives it back where that has too much to do.
    pub(super) fn tell(&self, event: Event) -> Result<(), Event> {
        self.events.try_send(event).map_err(|refused| match refused {
            std::sync::mpsc::TrySendError::Full(event) | std::sync::mpsc::TrySendError::Disconnected(event) => event,
        })
    }

    /// Hands an event to the keeper, from a thread that may wait.
    pub(super) fn tell_waiting(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(super) fn next_revision(&self) -> u64 {
        self.revision.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes or withdraws a problem, and logs it when it is new.
    pub(super) fn note(&self, place: impl Fn(&mut Problems) -> &mut Option<String>, problem: Option<String>) {
        let mut view = self.view();
        let noted = place(&mut view.problems);
        if *noted == problem {
            return;
        }
        noted.clone_from(&problem);
        drop(view);
        match problem {
            Some(problem) => tracing::warn!("policy search: {problem}"),
            None => tracing::info!("policy search: a problem is over"),
        }
    }
}
