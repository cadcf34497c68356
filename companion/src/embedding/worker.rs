use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tollgate_search::{EmbedError, Embedder, Entry, IndexError, PolicyText, Purpose, TextHash, Vector};

use crate::metrics::{JobStatus, SearchMetrics, VectorError};

use super::book::{Book, Work};
use super::cache::Key;
use super::clock;
use super::dead::{self, DeadLetter};
use super::shared::Shared;
use super::tended::Tended;

/// How often a job is tried that may go well another time, before it is given up for a while.
const MOST_ATTEMPTS: u32 = 10;

/// From so many failures on, a job is tried alone: it may be what makes others fail.
const SUSPICIOUS: u32 = 2;

/// Where the list of what was given up is full, what fails is tried again after this.
const SLOWEST: Duration = Duration::from_secs(60);

/// Takes jobs from the queue until it is closed and empty. Nothing that an embedder does ends it.
pub(super) fn work(shared: &Shared) {
    while let Some(jobs) = shared.queue.take(shared.batch, |a, b| Arc::ptr_eq(&a.tended, &b.tended)) {
        let Some(tended) = jobs.first().map(|job| Arc::clone(&job.tended)) else { continue };
        let names: Vec<Arc<str>> = jobs.into_iter().map(|job| job.name).collect();
        let metrics = &shared.metrics.search;
        metrics.worker_begins();
        Batch { shared, tended: &tended, metrics }.run(&names);
        metrics.worker_ends();
        let is_low = shared.queue.len() <= shared.queue.capacity() / 2;
        if is_low || tended.stale() == tended.given_up() {
            shared.poke();
        }
    }
}

/// Jobs for one generation, done at once.
struct Batch<'b> {
    shared: &'b Shared,
    tended: &'b Tended,
    metrics: &'b SearchMetrics,
}

/// A policy's text, and what is known of its vector.
struct Prepared {
    work: Work,
    text: PolicyText,
    hash: TextHash,
    vector: Option<Arc<Vector>>,
}

/// Why jobs were not done.
enum Failure {
    /// The embedder may do better another time.
    Later { reason: String, after: Option<Duration> },
    /// It will not.
    Never(String),
    /// The index cannot be written: no text's fault.
    Index(String),
    /// There is nothing to embed with.
    NoEmbedder,
    /// It is known that nothing can be embedded for a while.
    Paused,
}

impl From<EmbedError> for Failure {
    fn from(error: EmbedError) -> Self {
        match error {
            EmbedError::Later { reason, after } => Failure::Later { reason, after },
            EmbedError::Never { reason } => Failure::Never(reason),
        }
    }
}

impl Batch<'_> {
    fn run(&self, names: &[Arc<str>]) {
        let works = self.tended.book(|book| book.begin(names));
        self.metrics.jobs(JobStatus::Superseded, names.len() - works.len());
        let is_paused = self.tended.paused_until(Instant::now()).is_some();
        if is_paused && works.iter().all(|work| work.is_worded) {
            return self.fail(&works, &Failure::Paused);
        }
        if works.len() > 1 && works.iter().any(|work| work.attempts >= SUSPICIOUS) {
            return works.iter().for_each(|work| self.alone(work));
        }
        match self.attempt(&works) {
            Ok(()) => {}
            // One text must not keep others from being embedded.
            Err(Failure::Never(_)) if works.len() > 1 => works.iter().for_each(|work| self.alone(work)),
            Err(failure) => self.fail(&works, &failure),
        }
    }

    fn alone(&self, work: &Work) {
        let works = slice::from_ref(work);
        if let Err(failure) = self.attempt(works) {
            self.fail(works, &failure);
        }
    }

    /// A panic is a failure of the texts: others go on.
    fn attempt(&self, works: &[Work]) -> Result<(), Failure> {
        let attempt = catch_unwind(AssertUnwindSafe(|| self.embed(works)));
        attempt.unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(Failure::Never(format!("embedding failed inside the program: {said}")))
        })
    }

    fn embed(&self, works: &[Work]) -> Result<(), Failure> {
        let started = Instant::now();
        let mut prepared: Vec<Prepared> = works.iter().map(prepare).collect();
        self.learn_words(&prepared);
        let unchanged: Vec<Work> = prepared
            .extract_if(.., |prepared| self.tended.index.text_of(&prepared.work.name) == Some(prepared.hash))
            .map(|prepared| prepared.work)
            .collect();
        self.tended.book(|book| unchanged.iter().for_each(|work| book.done(work)));
        self.metrics.jobs(JobStatus::Unchanged, unchanged.len());
        if prepared.is_empty() {
            return Ok(());
        }
        self.recall(&mut prepared);
        self.make(&mut prepared)?;
        self.commit(&prepared, started)
    }

    /// What policies say can be searched by its words, whatever becomes of their vectors. Words of a removed policy are taken out
    /// after it has left the book, so whoever looks into that while nobody else changes words puts none back.
    fn learn_words(&self, prepared: &[Prepared]) {
        let mut keywords = self.shared.keywords.write().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = |Prepared { work, .. }: &Prepared, book: &Book| !work.is_worded && book.is_current(work);
        let wanted = self.tended.book(|book| prepared.iter().map(|one| is_wanted(one, book)).collect::<Vec<_>>());
        let wanted = prepared.iter().zip(wanted).filter(|(_, is_wanted)| *is_wanted);
        wanted.for_each(|(Prepared { work, text, .. }, _)| keywords.insert(&work.name, text));
        drop(keywords);
        self.tended.book(|book| prepared.iter().for_each(|prepared| book.worded(&prepared.work)));
    }

    /// Vectors that were made before.
    fn recall(&self, prepared: &mut [Prepared]) {
        let Some(cache) = &self.shared.cache else { return };
        let now = clock::now();
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        let before = cache.evicted();
        for prepared in prepared.iter_mut() {
            prepared.vector = cache.get(&Key::new(self.tended.key, prepared.hash), now);
        }
        self.metrics.cache_evicted(cache.evicted() - before);
        drop(cache);
        let hits = prepared.iter().filter(|prepared| prepared.vector.is_some()).count();
        self.metrics.cache_asked(hits, prepared.len() - hits);
    }

    /// Vectors that have to be made.
    fn make(&self, prepared: &mut [Prepared]) -> Result<(), Failure> {
        let mut missing: Vec<&mut Prepared> =
            prepared.iter_mut().filter(|prepared| prepared.vector.is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if self.tended.paused_until(Instant::now()).is_some() {
            return Err(Failure::Paused);
        }
        let embedder = self.tended.embedder().ok_or(Failure::NoEmbedder)?;
        let texts: Vec<&str> = missing.iter().map(|prepared| prepared.text.cleaned()).collect();
        let vectors = self.checked(embedder.embed(&texts, Purpose::Policy)?, texts.len(), &*embedder)?;
        if self.tended.recovered() {
            self.recovered();
        }
        let made: Vec<Arc<Vector>> = vectors.into_iter().map(Arc::new).collect();
        if let Some(cache) = &self.shared.cache {
            let now = clock::now();
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            let before = cache.evicted();
            for (prepared, vector) in missing.iter().zip(&made) {
                cache.put(Key::new(self.tended.key, prepared.hash), Arc::clone(vector), now);
            }
            self.metrics.cache_evicted(cache.evicted() - before);
        }
        missing.iter_mut().zip(made).for_each(|(prepared, vector)| prepared.vector = Some(vector));
        Ok(())
    }

    /// An embedder that does not do what it says gets nothing into the index.
    fn checked(&self, vectors: Vec<Vector>, texts: usize, embedder: &dyn Embedder) -> Result<Vec<Vector>, Failure> {
        let dimensions = usize::from(self.tended.model.dimensions);
        if embedder.model() != &self.tended.model {
            return Err(Failure::Never("the embedder is of another model now".to_owned()));
        }
        if vectors.len() != texts {
            return Err(Failure::Never(format!("{} vectors came of {texts} texts", vectors.len())));
        }
        match vectors.iter().find(|vector| vector.dimensions() != dimensions) {
            None => Ok(vectors),
            Some(vector) => {
                self.metrics.vector_failed(VectorError::Dimensions);
                let given = vector.dimensions();
                Err(Failure::Never(format!("a vector of {given} dimensions where the model has {dimensions}")))
            }
        }
    }

    /// Makes the vectors searchable, but for those of policies that have changed or gone meanwhile.
    fn commit(&self, prepared: &[Prepared], started: Instant) -> Result<(), Failure> {
        let _writing = self.tended.writing();
        let is_current =
            self.tended.book(|book| -> Vec<bool> { prepared.iter().map(|one| book.is_current(&one.work)).collect() });
        let current = prepared.iter().zip(is_current).filter(|(_, is_current)| *is_current);
        let entries: Vec<Entry<'_>> = current
            .filter_map(|(Prepared { work, hash, vector, .. }, _)| {
                Some(Entry { name: &work.name, text: *hash, vector: vector.as_ref()? })
            })
            .collect();
        if !entries.is_empty() {
            let inserting = Instant::now();
            self.tended.index.insert(&entries).map_err(|error| self.refused(&error))?;
            self.tended.changed();
            self.metrics.inserted(inserting.elapsed(), entries.len());
        }
        self.tended.book(|book| prepared.iter().for_each(|prepared| book.done(&prepared.work)));
        if self.tended.recovered() {
            self.recovered();
        }
        self.metrics.jobs(JobStatus::Completed, entries.len());
        self.metrics.jobs(JobStatus::Superseded, prepared.len() - entries.len());
        self.metrics.jobs_took(started.elapsed(), entries.len());
        Ok(())
    }

    /// Why an index takes no vectors, and whether that is for what they are.
    fn refused(&self, error: &IndexError) -> Failure {
        let reason = error.to_string();
        let (kind, failure) = match error {
            IndexError::Dimensions { .. } => (VectorError::Dimensions, Failure::Never(reason)),
            IndexError::Name { .. } => (VectorError::Storage, Failure::Never(reason)),
            _ => (VectorError::Storage, Failure::Index(reason)),
        };
        self.metrics.vector_failed(kind);
        failure
    }

    /// An outage is over: what was given up in it has another chance.
    fn recovered(&self) {
        self.shared.note(|problems| &mut problems.embedder, None);
        self.shared.note(|problems| &mut problems.index, None);
        let now = Instant::now();
        self.tended.book(|book| book.retry(now, |letter| letter.may_pass));
    }

    fn fail(&self, works: &[Work], failure: &Failure) {
        let now = Instant::now();
        match failure {
            Failure::NoEmbedder => self.tended.book(|book| works.iter().for_each(|work| book.park(work))),
            Failure::Paused => {
                let until = self.tended.paused_until(now).unwrap_or(now);
                self.tended.book(|book| works.iter().for_each(|work| book.delay(work, until, work.attempts)));
            }
            Failure::Index(reason) => {
                self.shared
                    .note(|problems| &mut problems.index, Some(format!("the index cannot be written: {reason}")));
                let until = self.tended.failed(None, now);
                self.tended.book(|book| works.iter().for_each(|work| book.delay(work, until, work.attempts)));
                self.metrics.jobs(JobStatus::Retried, works.len());
            }
            Failure::Later { reason, after } => {
                let problem = format!("embedding fails and is tried again: {}", dead::shortened(reason));
                self.shared.note(|problems| &mut problems.embedder, Some(problem));
                let until = self.tended.failed(*after, now);
                works.iter().for_each(|work| self.later(work, reason, until));
            }
            Failure::Never(reason) => works.iter().for_each(|work| self.give_up(work, reason, false, now)),
        }
        self.shared.poke();
    }

    fn later(&self, work: &Work, reason: &str, until: Instant) {
        if work.attempts + 1 >= MOST_ATTEMPTS {
            return self.give_up(work, reason, true, until);
        }
        self.tended.book(|book| book.delay(work, until, work.attempts + 1));
        self.metrics.jobs(JobStatus::Retried, 1);
    }

    fn give_up(&self, work: &Work, reason: &str, may_pass: bool, now: Instant) {
        let reason = dead::shortened(reason);
        let letter = DeadLetter {
            name: Arc::clone(&work.name),
            text: hash_of(work),
            reason: reason.clone(),
            attempts: work.attempts + 1,
            at: clock::now(),
            may_pass,
        };
        let is_given_up = self.tended.book(|book| {
            if book.given_up() >= dead::MOST {
                book.delay(work, now + SLOWEST, work.attempts + 1);
                return false;
            }
            book.give_up(work, letter);
            true
        });
        self.metrics.jobs(if is_given_up { JobStatus::Failed } else { JobStatus::Retried }, 1);
        if self.shared.said.is_due(&reason, Instant::now()) {
            tracing::warn!(policy = &*work.name, reason, "a policy cannot be embedded");
        }
    }
}

fn prepare(work: &Work) -> Prepared {
    let text = PolicyText::of(&work.policy);
    let hash = TextHash::of(text.cleaned());
    Prepared { work: work.clone(), text, hash, vector: None }
}

/// Of no text where making the text is what fails.
fn hash_of(work: &Work) -> TextHash {
    catch_unwind(AssertUnwindSafe(|| TextHash::of(PolicyText::of(&work.policy).cleaned()))).unwrap_or(TextHash([0; 32]))
}
