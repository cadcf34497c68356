use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::embedding::cache::Changes;
use crate::embedding::clock;
use crate::embedding::dead::DeadLetter;
use crate::embedding::generation::Role;
use crate::embedding::migrations::Ready;
use crate::embedding::priority;
use crate::embedding::shared::Answering;
use crate::embedding::state::Settled;
use crate::embedding::store::{Left, StoreError};

use super::{AGAIN, Keeper};

/// How much of the cache is written at a time, and how often: what is asked meanwhile waits for no more.
const PIECE: usize = 256;
const BETWEEN_PIECES: Duration = Duration::from_millis(200);

/// How often it is written which vectors were wanted again, and looked for what is too old.
const BETWEEN_TOUCHES: Duration = Duration::from_secs(60);

/// How often that is tried again by itself which could not be embedded and may go well another time.
const BETWEEN_CHANCES: Duration = Duration::from_secs(600);

/// How often indexes are asked whether they are well, and how often how well they search.
const BETWEEN_VISITS: Duration = Duration::from_secs(2);
const BETWEEN_EXAMS: Duration = Duration::from_secs(600);

/// Policies that are searched for in an exam, and nearest that are compared.
const EXAMINED: usize = 8;
const NEAREST: usize = 10;

/// How long a shutdown lets workers go on with what is queued.
const LAST_CALL: Duration = Duration::from_secs(1);

/// Most jobs that a shutdown writes down. Others are found by looking at all policies.
const MOST_LEFT: usize = 2000;

/// When things were done last.
#[derive(Debug)]
pub(super) struct Rounds {
    saved: Instant,
    touched: Instant,
    given_chance: Instant,
    visited: Instant,
    /// Policies that could not be removed were tried again.
    cleaned: Instant,
    /// Absent before the first.
    examined: Option<Instant>,
    /// As they are in the database.
    letters: Vec<(u64, DeadLetter)>,
    settled: Option<(u64, u64)>,
}

impl Default for Rounds {
    fn default() -> Self {
        let now = Instant::now();
        Rounds {
            saved: now,
            touched: now,
            given_chance: now,
            visited: now,
            cleaned: now,
            examined: None,
            letters: Vec::new(),
            settled: None,
        }
    }
}

impl Keeper {
    /// Writes down what was made, a piece at a time.
    pub(super) fn tend(&mut self, now: Instant) -> Option<Instant> {
        self.settle();
        for (reason, policies) in self.shared.said.left_out(now) {
            tracing::warn!(policies, reason, "more policies cannot be embedded");
        }
        if now.duration_since(self.rounds.given_chance) >= BETWEEN_CHANCES {
            self.rounds.given_chance = now;
            self.tended.values().for_each(|tended| {
                tended.book(|book| book.retry(now, |letter| letter.may_pass));
            });
        }
        if now.duration_since(self.rounds.visited) >= BETWEEN_VISITS {
            self.rounds.visited = now;
            self.visit(now);
        }
        if now.duration_since(self.rounds.saved) >= BETWEEN_PIECES {
            self.rounds.saved = now;
            let is_due = now.duration_since(self.rounds.touched) >= BETWEEN_TOUCHES;
            if is_due {
                self.rounds.touched = now;
            }
            self.save_piece(PIECE, is_due);
            self.save_letters();
        }
        let unsaved = self.has_unsaved().then(|| self.rounds.saved + BETWEEN_PIECES);
        [unsaved, self.clean(now)].into_iter().flatten().min()
    }

    /// Removes what could not be removed; returns when that is tried again.
    fn clean(&mut self, now: Instant) -> Option<Instant> {
        let mut littered = self.tended.values().filter(|tended| tended.is_littered()).peekable();
        littered.peek()?;
        if now.duration_since(self.rounds.cleaned) >= AGAIN {
            littered.for_each(|tended| self.reconcile(tended));
            self.rounds.cleaned = now;
        }
        Some(self.rounds.cleaned + AGAIN)
    }

    /// Lets workers finish, and writes down what is left.
    pub(super) fn stop(&mut self) {
        let start = Instant::now();
        let metrics = &self.shared.metrics.search;
        while (self.shared.queue.len() > 0 || metrics.workers() > 0) && start.elapsed() < LAST_CALL {
            thread::sleep(Duration::from_millis(5));
        }
        self.shared.queue.close();
        // In the books they are queued still.
        drop(self.shared.queue.drain());
        let mut all = Vec::new();
        for tended in self.tended.values() {
            let begun = tended.book(|book| book.begun(MOST_LEFT));
            all.extend(begun.into_iter().map(|(name, priority)| Left {
                generation: tended.number,
                name: name.to_string(),
                priority: priority.number(),
            }));
        }
        self.save_letters();
        if let Some(store) = &mut self.store {
            let outcome = store.leave(&all);
            self.stored(outcome);
        }
        while self.has_unsaved() && self.save_piece(PIECE * 8, true) && start.elapsed() < LAST_CALL * 2 {}
        // Whoever holds a generation still keeps it open; this no longer does.
        self.tended.clear();
        self.show();
    }

    /// Writes a part of the cache; returns whether that went well.
    fn save_piece(&mut self, most: usize, is_due: bool) -> bool {
        let (Some(store), Some(cache)) = (&mut self.store, &self.shared.cache) else { return false };
        let locked = || cache.lock().unwrap_or_else(PoisonError::into_inner);
        if is_due {
            locked().expire(clock::now());
        }
        let changes = locked().changes(most, is_due);
        if changes == Changes::default() {
            return true;
        }
        let outcome = store.save(&changes);
        let is_saved = outcome.is_ok();
        if !is_saved {
            locked().take_back(changes);
        }
        self.stored(outcome);
        is_saved
    }

    fn has_unsaved(&self) -> bool {
        let cache = self.shared.cache.as_ref().filter(|_| self.store.is_some());
        cache.is_some_and(|cache| cache.lock().unwrap_or_else(PoisonError::into_inner).has_unsaved())
    }

    fn save_letters(&mut self) {
        let letters = |(number, tended): (&u64, &Arc<super::Tended>)| {
            let letters = if tended.given_up() == 0 { Vec::new() } else { tended.book(|book| book.letters()) };
            let number = *number;
            letters.into_iter().map(move |letter| (number, letter))
        };
        let letters: Vec<_> = self.tended.iter().flat_map(letters).collect();
        if letters == self.rounds.letters || !self.is_informed {
            return;
        }
        if let Some(store) = &mut self.store {
            let outcome = store.keep_letters(&letters);
            if outcome.is_ok() {
                self.rounds.letters = letters;
            }
            self.stored(outcome);
        }
    }

    /// Notes whether the database can be used. That it cannot stops nothing.
    pub(super) fn stored(&self, outcome: Result<(), StoreError>) {
        if outcome.is_err() {
            self.shared.metrics.search.store_failed();
        }
        let problem = outcome.err().map(|error| format!("what was made is not kept: {error}"));
        self.shared.note(|problems| &mut problems.store, problem);
    }

    /// Looks after the index that serves.
    fn visit(&mut self, now: Instant) {
        let Some(serving) = self.of_role(Role::Serving) else { return };
        let stats = serving.index.stats();
        serving.weighs(stats.memory);
        let problem = stats.trouble.map(|trouble| format!("searches are slower than they could be: {trouble}"));
        self.shared.note(|problems| &mut problems.graph, problem);
        let is_due = self.rounds.examined.is_none_or(|examined| now.duration_since(examined) >= BETWEEN_EXAMS);
        if !is_due || serving.stale() != serving.given_up() {
            return;
        }
        self.rounds.examined = Some(now);
        let shared = Arc::clone(&self.shared);
        // It reads all vectors.
        let exam = priority::spawn("search-exam", move || match serving.index.accuracy(EXAMINED, NEAREST) {
            Ok(recall) => shared.metrics.search.accuracy(recall.unwrap_or(1.0)),
            Err(error) => tracing::warn!(%error, "policy search: it cannot be told how well searches do"),
        });
        if let Err(error) = exam {
            tracing::warn!(%error, "policy search: no thread to examine the index with");
        }
    }

    /// Tells when nothing is stale any more.
    fn settle(&mut self) {
        let Some(serving) = self.of_role(Role::Serving).filter(|_| self.is_informed) else { return };
        // Before it is asked whether all is done: what happens in between is seen next time.
        let changes = serving.changes();
        if serving.stale() != serving.given_up() || self.rounds.settled == Some((serving.number, changes)) {
            return;
        }
        self.rounds.settled = Some((serving.number, changes));
        let revision = self.shared.next_revision();
        self.shared.settled.send_replace(Settled { generation: serving.number, revision });
    }

    /// What those see who ask, from one moment to the next.
    pub(super) fn show(&self) {
        let migration = self.migration_state();
        let kept = self.of_role(Role::Kept).map(|tended| Ready {
            generation: tended.number,
            version: tended.model.version.clone(),
            stale: tended.stale(),
        });
        let held = self.plan.held.as_ref().filter(|held| self.is_held(held)).map(|held| {
            format!("no migration to model {} begins by itself: it was cancelled or rolled back from", held.version)
        });
        let serving = self.of_role(Role::Serving);
        let mut view = self.shared.view();
        (view.migration, view.kept, view.held) = (migration, kept, held);
        let is_shown = match (&view.serving, &serving) {
            (Some(shown), Some(serving)) => shown.is_of(serving),
            (shown, serving) => shown.is_none() && serving.is_none(),
        };
        if !is_shown {
            let serving = serving.as_ref().map(Answering::of).map(Arc::new);
            let before = std::mem::replace(&mut view.serving, serving);
            drop(view);
            // Perhaps the last to hold an index, which takes time to close.
            drop(before);
        }
    }
}
