use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use tollgate_policy::set::Policy;
use tollgate_search::{PolicyText, TextHash};

use crate::embedding::dead::DeadLetter;
use crate::embedding::generation::Role;
use crate::embedding::queue::Priority;
use crate::embedding::shared::Job;
use crate::embedding::tended::Tended;
use crate::metrics::{JobStatus, VectorError};

use super::Keeper;

/// More policies at once than this are no edit: they wait for each other.
const EDIT: usize = 100;

/// So many are noted before others have their turn at the same notes.
const PIECE: usize = 1000;

impl Keeper {
    /// Policies have changed.
    pub(super) fn news(&mut self, written: Vec<Arc<Policy>>, removed: Vec<String>, since: Instant) {
        let is_first = !self.is_informed;
        self.is_informed = true;
        let removed: Vec<Arc<str>> = removed.into_iter().map(Arc::from).collect();
        removed.iter().for_each(|name| drop(self.known.remove(name)));
        let names: Vec<Arc<str>> = written.iter().map(|policy| Arc::from(policy.name.as_str())).collect();
        self.known.extend(names.iter().cloned().zip(written.iter().cloned()));
        self.remove(&removed);
        let written: Vec<_> = names.into_iter().zip(written).collect();
        for (role, tended) in self.by_role() {
            let priority = match (role, written.len() <= EDIT) {
                (Role::Serving, true) => Priority::High,
                (Role::Serving, false) => Priority::Normal,
                (Role::Building | Role::Kept, _) => Priority::Low,
            };
            self.note(&tended, &written, since, priority);
            if priority == Priority::High {
                self.hurry(&tended);
            }
        }
        if self.tended.is_empty() && !self.plan.generations.is_empty() {
            self.learn_words(&written);
        }
        // Not before it is noted which of them are stale.
        self.shared.policies.store(self.known.len(), Ordering::Relaxed);
        if is_first {
            self.tended.values().for_each(|tended| self.reconcile(tended));
            self.left.clear();
            self.letters.clear();
        }
    }

    /// Where no generation can be opened, no worker does.
    fn learn_words(&self, written: &[(Arc<str>, Arc<Policy>)]) {
        for piece in written.chunks(PIECE) {
            let texts: Vec<_> = piece.iter().map(|(name, policy)| (name, PolicyText::of(policy))).collect();
            let mut keywords = self.shared.keywords.write().unwrap_or_else(PoisonError::into_inner);
            texts.iter().for_each(|(name, text)| keywords.insert(name, text));
        }
    }

    /// These are all policies there are, whatever was told before.
    pub(super) fn all(&mut self, policies: Vec<Arc<Policy>>, since: Instant) {
        let there: HashSet<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
        let gone = self.known.keys().filter(|name| !there.contains(&***name)).map(ToString::to_string).collect();
        self.news(policies, gone, since);
        self.tended.values().for_each(|tended| self.reconcile(tended));
        self.shared.note(|problems| &mut problems.crash, None);
    }

    /// Everything that is in force is to be embedded for a generation, unless it has it already.
    pub(super) fn note_all(&self, tended: &Tended, priority: Priority) {
        let all: Vec<_> = self.known.iter().map(|(name, policy)| (Arc::clone(name), Arc::clone(policy))).collect();
        self.note(tended, &all, Instant::now(), priority);
        if self.is_informed {
            self.reconcile(tended);
        }
    }

    fn note(&self, tended: &Tended, written: &[(Arc<str>, Arc<Policy>)], since: Instant, priority: Priority) {
        for piece in written.chunks(PIECE) {
            tended.book(|book| {
                for (name, policy) in piece {
                    book.note(name, policy, since, self.urgency(tended, name, priority));
                    if let Some(letter) = self.letter(tended, name, policy)
                        && let Some(work) = book.claim(name)
                    {
                        book.give_up(&work, letter.clone());
                    }
                }
            });
        }
    }

    /// What a shutdown has left over was begun before all this.
    fn urgency(&self, tended: &Tended, name: &str, priority: Priority) -> Priority {
        if self.left.is_empty() {
            return priority;
        }
        let left = self.left.get(&(tended.number, name.to_owned()));
        left.map_or(priority, |left| priority.max(Priority::of(left.priority)))
    }

    /// What the last run has found out about the same text.
    fn letter(&self, tended: &Tended, name: &Arc<str>, policy: &Policy) -> Option<&DeadLetter> {
        if self.letters.is_empty() {
            return None;
        }
        let letter = self.letters.get(&(tended.number, Arc::clone(name)))?;
        (letter.text == TextHash::of(PolicyText::of(policy).cleaned())).then_some(letter)
    }

    /// An edit goes into the queue at once. Where that is full, it stays noted, and is queued when there is room.
    fn hurry(&self, tended: &Arc<Tended>) {
        let names = tended.book(|book| book.next(Priority::High, usize::MAX));
        let mut rejected = 0;
        for name in names.into_iter() {
            let job = Job { tended: Arc::clone(tended), name };
            if let Err(job) = self.shared.queue.offer(Priority::High, job) {
                tended.book(|book| book.put_back(&job.name));
                rejected += 1;
            }
        }
        self.shared.metrics.search.jobs(JobStatus::Rejected, rejected);
    }

    /// Policies that are in force no longer are found no longer.
    fn remove(&self, names: &[Arc<str>]) {
        if names.is_empty() {
            return;
        }
        self.tended.values().for_each(|tended| self.remove_from(tended, names));
        let mut keywords = self.shared.keywords.write().unwrap_or_else(PoisonError::into_inner);
        names.iter().for_each(|name| keywords.remove(name));
    }

    /// An index that cannot be written has them until [`Self::reconcile`] finds them.
    fn remove_from(&self, tended: &Tended, names: &[Arc<str>]) {
        let _writing = tended.writing();
        tended.book(|book| names.iter().for_each(|name| book.forget(name)));
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let started = Instant::now();
        match tended.index.remove(&names) {
            Ok(()) => {
                tended.changed();
                if !tended.is_littered() {
                    self.shared.note(|problems| &mut problems.index, None);
                }
                self.shared.metrics.search.deleted(started.elapsed(), names.len());
            }
            Err(error) => {
                self.shared.metrics.search.vector_failed(VectorError::Storage);
                let problem = format!("removed policies cannot be removed from the index: {error}");
                self.shared.note(|problems| &mut problems.index, Some(problem));
                tended.litter(true);
            }
        }
    }

    /// Removes what the index has of policies that are not in force: it was closed, or could not be written, when they were removed.
    pub(super) fn reconcile(&self, tended: &Tended) {
        let was_littered = tended.is_littered();
        tended.litter(false);
        let names = tended.index.names();
        let gone: Vec<Arc<str>> = names.into_iter().filter(|name| !self.known.contains_key(name)).collect();
        if !gone.is_empty() {
            self.remove_from(tended, &gone);
        } else if was_littered {
            // What could not be removed is in force again.
            self.shared.note(|problems| &mut problems.index, None);
        }
    }
}
