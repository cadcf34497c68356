use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tollgate_search::{Embedder, Index, Model};

use super::backoff;
use super::book::Book;
use super::cache::ModelKey;
use super::config::EmbedderConfig;
use super::generation::Generation;
use super::store::Record;

/// A generation that is kept up with the policies.
#[derive(Debug)]
pub(super) struct Tended {
    pub(super) number: u64,
    pub(super) model: Model,
    kind: Option<&'static str>,
    pub(super) key: ModelKey,
    pub(super) index: Arc<Index>,
    embedder: RwLock<Option<Arc<dyn Embedder>>>,
    book: Mutex<Book>,
    /// Held while the index is written: what a policy has become since a worker began is known until the vector is in.
    writing: Mutex<()>,
    outage: Mutex<Outage>,
    gauges: Gauges,
    /// The index may have policies that are not in force.
    is_littered: AtomicBool,
}

/// Failures that have nothing to do with a single text.
#[derive(Debug, Default)]
struct Outage {
    /// In a row.
    failures: u32,
    until: Option<Instant>,
}

/// The book's numbers, for readers that wait for nobody.
#[derive(Debug)]
struct Gauges {
    start: Instant,
    stale: AtomicUsize,
    given_up: AtomicUsize,
    /// Nanoseconds after `start`, plus one; 0 where nothing is stale.
    oldest: AtomicU64,
    /// Counts changes of the index.
    changes: AtomicU64,
    indexed: AtomicUsize,
    /// Memory of the index, as it was when it was looked after last.
    bytes: AtomicU64,
}

impl Tended {
    pub(super) fn new(record: &Record, index: Index) -> Self {
        let (model, indexed) = (index.model().clone(), index.len());
        Tended {
            number: record.number,
            kind: record.embedder.as_ref().map(EmbedderConfig::name),
            key: ModelKey::of(&model),
            model,
            index: Arc::new(index),
            embedder: RwLock::new(None),
            book: Mutex::default(),
            writing: Mutex::default(),
            outage: Mutex::default(),
            gauges: Gauges {
                start: Instant::now(),
                stale: AtomicUsize::new(0),
                given_up: AtomicUsize::new(0),
                oldest: AtomicU64::new(0),
                changes: AtomicU64::new(0),
                indexed: AtomicUsize::new(indexed),
                bytes: AtomicU64::new(0),
            },
            is_littered: AtomicBool::new(false),
        }
    }

    pub(super) fn generation(&self) -> Generation {
        Generation {
            number: self.number,
            model: self.model.clone(),
            kind: self.kind,
            index: Arc::clone(&self.index),
            embedder: self.embedder(),
        }
    }

    pub(super) fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.embedder.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn equip(&self, embedder: Arc<dyn Embedder>) {
        *self.embedder.write().unwrap_or_else(PoisonError::into_inner) = Some(embedder);
    }

    /// Reads or changes what is left to do. Nothing that takes long is done meanwhile.
    pub(super) fn book<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut book);
        self.gauges.show(&book);
        outcome
    }

    /// Nobody else writes the index meanwhile.
    pub(super) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index has changed, which nobody else does meanwhile.
    pub(super) fn changed(&self) {
        self.gauges.indexed.store(self.index.len(), Ordering::Relaxed);
        self.gauges.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the index may have policies that are not in force, as they could not be removed.
    pub(super) fn is_littered(&self) -> bool {
        self.is_littered.load(Ordering::Relaxed)
    }

    pub(super) fn litter(&self, is_littered: bool) {
        self.is_littered.store(is_littered, Ordering::Relaxed);
    }

    /// The index takes so many bytes.
    pub(super) fn weighs(&self, bytes: u64) {
        self.gauges.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.gauges.bytes.load(Ordering::Relaxed)
    }

    /// Policies in the index, without asking it: it may be waiting for a disk.
    pub(super) fn indexed(&self) -> usize {
        self.gauges.indexed.load(Ordering::Relaxed)
    }

    pub(super) fn changes(&self) -> u64 {
        self.gauges.changes.load(Ordering::Relaxed)
    }

    /// Policies whose vectors are not of their texts.
    pub(super) fn stale(&self) -> usize {
        self.gauges.stale.load(Ordering::Relaxed)
    }

    /// Of these, those that were given up.
    pub(super) fn given_up(&self) -> usize {
        self.gauges.given_up.load(Ordering::Relaxed)
    }

    /// For how long the one has been behind that has been so for longest, those given up left out.
    pub(super) fn lag(&self) -> Duration {
        match self.gauges.oldest.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            nanos => self.gauges.start.elapsed().saturating_sub(Duration::from_nanos(nanos - 1)),
        }
    }

    /// Until when nothing is to be tried.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.outage().until.filter(|until| *until > now)
    }

    /// Something failed that may go well another time; returns when that is.
    pub(super) fn failed(&self, asked: Option<Duration>, now: Instant) -> Instant {
        let mut outage = self.outage();
        // Workers that fail side by side are one failure.
        if outage.until.is_none_or(|until| until <= now) {
            outage.failures = outage.failures.saturating_add(1);
        }
        let until = now + backoff::pause(outage.failures, asked);
        outage.until = Some(outage.until.map_or(until, |before| before.max(until)));
        until
    }

    /// Something went well; returns whether that ends an outage.
    pub(super) fn recovered(&self) -> bool {
        std::mem::take(&mut *self.outage()).failures > 0
    }

    fn outage(&self) -> MutexGuard<'_, Outage> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gauges {
    fn show(&self, book: &Book) {
        self.stale.store(book.stale(), Ordering::Relaxed);
        self.given_up.store(book.given_up(), Ordering::Relaxed);
        let oldest = book.oldest().map_or(0, |oldest| {
            let nanos = oldest.saturating_duration_since(self.start).as_nanos();
            u64::try_from(nanos).unwrap_or(u64::MAX).saturating_add(1)
        });
        self.oldest.store(oldest, Ordering::Relaxed);
    }
}
