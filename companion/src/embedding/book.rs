use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::slice;
use std::sync::Arc;
use std::time::Instant;

use tollgate_policy::set::Policy;

use super::dead::DeadLetter;
use super::queue::Priority;

/// The policies whose vectors are not, or are not known to be, of their texts: what is left to do for one generation.
///
/// A policy stays in it until its vector is in the index, whatever becomes of the jobs for it: nothing is lost by a queue that is full,
/// by a worker that dies, or by a failure.
#[derive(Debug, Default)]
pub(super) struct Book {
    stale: HashMap<Arc<str>, Stale>,
    /// Names that are to be queued, by priority. Some may be done, queued or removed since.
    waiting: [VecDeque<Arc<str>>; 3],
    delayed: BinaryHeap<Reverse<(Instant, Arc<str>)>>,
    /// How many have been stale since then, those given up left out.
    since: BTreeMap<Instant, usize>,
    given_up: usize,
    revision: u64,
}

#[derive(Debug)]
struct Stale {
    policy: Arc<Policy>,
    /// Tells this change of the policy from the next.
    revision: u64,
    since: Instant,
    attempts: u32,
    /// Whether its words can be searched.
    is_worded: bool,
    priority: Priority,
    place: Place,
}

#[derive(Debug, PartialEq)]
enum Place {
    Waiting,
    /// In the queue, or at a worker, since it had this revision. What a worker brings back of an older one is of a policy that was
    /// removed meanwhile, and counts for nothing.
    Queued(u64),
    Delayed,
    /// There is nothing to embed it with.
    Parked,
    GivenUp(Box<DeadLetter>),
}

impl Stale {
    fn is_queued(&self) -> bool {
        matches!(self.place, Place::Queued(_))
    }
}

/// A policy to be embedded.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) name: Arc<str>,
    pub(super) policy: Arc<Policy>,
    pub(super) revision: u64,
    /// How often it was tried in vain.
    pub(super) attempts: u32,
    /// Whether its words can be searched.
    pub(super) is_worded: bool,
}

impl Book {
    /// A policy is new or has changed. It has to be [queued](Self::next).
    pub(super) fn note(&mut self, name: &Arc<str>, policy: &Arc<Policy>, since: Instant, priority: Priority) {
        self.revision += 1;
        let before = self.take(name);
        // It was behind before this change, and still is; what was given up starts afresh.
        let behind = before.as_ref().filter(|before| !matches!(before.place, Place::GivenUp(_)));
        let since = behind.map_or(since, |before| before.since.min(since));
        let place = match before.map(|before| before.place) {
            Some(Place::Queued(queued)) => Place::Queued(queued),
            _ => {
                self.waiting_of(priority).push_back(Arc::clone(name));
                Place::Waiting
            }
        };
        let stale = Stale {
            policy: Arc::clone(policy),
            revision: self.revision,
            since,
            attempts: 0,
            is_worded: false,
            priority,
            place,
        };
        *self.since.entry(since).or_default() += 1;
        self.stale.insert(Arc::clone(name), stale);
    }

    /// A policy is not in force any more.
    pub(super) fn forget(&mut self, name: &str) {
        self.take(name);
    }

    /// Names to be queued: the first of this priority.
    pub(super) fn next(&mut self, priority: Priority, most: usize) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        while names.len() < most
            && let Some(name) = self.waiting_of(priority).pop_front()
        {
            if let Some(stale) = self.stale.get_mut(&name)
                && stale.place == Place::Waiting
            {
                stale.place = Place::Queued(stale.revision);
                names.push(name);
            }
        }
        names
    }

    /// The queue had no room for it.
    pub(super) fn put_back(&mut self, name: &Arc<str>) {
        if let Some(stale) = self.stale.get_mut(name)
            && stale.is_queued()
        {
            stale.place = Place::Waiting;
            let priority = stale.priority;
            self.waiting_of(priority).push_front(Arc::clone(name));
        }
    }

    /// The policy has changed since a worker was given it, which counts for nothing then. If it was removed in between, there is, or
    /// will be, another job for it.
    fn superseded(&mut self, work: &Work) {
        let place = self.stale.get(&work.name).map(|stale| &stale.place);
        if place.is_some_and(|place| matches!(place, Place::Queued(since) if *since <= work.revision)) {
            self.put_back(&work.name);
        }
    }

    /// What there is to do for names that were queued.
    pub(super) fn begin(&self, names: &[Arc<str>]) -> Vec<Work> {
        let work = |name: &Arc<str>| {
            let stale = self.stale.get(name).filter(|stale| stale.is_queued())?;
            let Stale { policy, revision, attempts, is_worded, .. } = stale;
            Some(Work {
                name: Arc::clone(name),
                policy: Arc::clone(policy),
                revision: *revision,
                attempts: *attempts,
                is_worded: *is_worded,
            })
        };
        names.iter().filter_map(work).collect()
    }

    /// Takes a policy that waits out of turn.
    pub(super) fn claim(&mut self, name: &Arc<str>) -> Option<Work> {
        let stale = self.stale.get_mut(name)?;
        stale.place = Place::Queued(stale.revision);
        self.begin(slice::from_ref(name)).pop()
    }

    /// Whether it has not changed since.
    pub(super) fn is_current(&self, work: &Work) -> bool {
        self.stale.get(&work.name).is_some_and(|stale| stale.revision == work.revision)
    }

    /// Its words can be searched.
    pub(super) fn worded(&mut self, work: &Work) {
        if let Some(stale) = self.stale.get_mut(&work.name) {
            stale.is_worded |= stale.revision == work.revision;
        }
    }

    /// Its vector is in the index. What has changed meanwhile is to be queued again.
    pub(super) fn done(&mut self, work: &Work) {
        match self.is_current(work) {
            true => drop(self.take(&work.name)),
            false => self.superseded(work),
        }
    }

    /// It failed, and is to be tried again then, after so many attempts that count.
    pub(super) fn delay(&mut self, work: &Work, until: Instant, attempts: u32) {
        if let Some(stale) = self.returned(work) {
            stale.attempts = attempts;
            stale.place = Place::Delayed;
            self.delayed.push(Reverse((until, Arc::clone(&work.name))));
        }
    }

    /// What a worker has not done, if it is still to be done: the first of two jobs for one change decides what becomes of it.
    fn returned(&mut self, work: &Work) -> Option<&mut Stale> {
        if !self.is_current(work) {
            self.superseded(work);
            return None;
        }
        self.stale.get_mut(&work.name).filter(|stale| stale.is_queued())
    }

    /// There is nothing to embed it with.
    pub(super) fn park(&mut self, work: &Work) {
        if let Some(stale) = self.returned(work) {
            stale.place = Place::Parked;
        }
    }

    /// There is something to embed with.
    pub(super) fn unpark(&mut self) {
        self.requeue_where(|place| *place == Place::Parked);
    }

    /// It failed for good.
    pub(super) fn give_up(&mut self, work: &Work, letter: DeadLetter) {
        if self.returned(work).is_none() {
            return;
        }
        if let Some(mut stale) = self.take(&work.name) {
            stale.attempts = letter.attempts;
            stale.place = Place::GivenUp(Box::new(letter));
            self.given_up += 1;
            self.stale.insert(Arc::clone(&work.name), stale);
        }
    }

    /// Gives those that were given up another chance; returns how many.
    pub(super) fn retry(&mut self, now: Instant, is_wanted: impl Fn(&DeadLetter) -> bool) -> usize {
        let wanted = |(name, stale): (&Arc<str>, &Stale)| match &stale.place {
            Place::GivenUp(letter) if is_wanted(letter) => Some(Arc::clone(name)),
            _ => None,
        };
        let names: Vec<_> = self.stale.iter().filter_map(wanted).collect();
        for name in &names {
            let Some(stale) = self.stale.get_mut(name) else { continue };
            stale.attempts = 0;
            stale.place = Place::Waiting;
            stale.since = now;
            let priority = stale.priority;
            self.given_up -= 1;
            *self.since.entry(now).or_default() += 1;
            self.waiting_of(priority).push_back(Arc::clone(name));
        }
        names.len()
    }

    pub(super) fn letters(&self) -> Vec<DeadLetter> {
        let letter = |stale: &Stale| match &stale.place {
            Place::GivenUp(letter) => Some(DeadLetter::clone(letter)),
            _ => None,
        };
        let mut letters: Vec<_> = self.stale.values().filter_map(letter).collect();
        letters.sort_by(|a, b| a.name.cmp(&b.name));
        letters
    }

    /// Lets those wait again whose time has come; returns when the next one's comes.
    pub(super) fn wake(&mut self, now: Instant) -> Option<Instant> {
        while let Some(Reverse((at, _))) = self.delayed.peek() {
            if *at > now {
                return Some(*at);
            }
            let Some(Reverse((_, name))) = self.delayed.pop() else { break };
            if let Some(stale) = self.stale.get_mut(&name)
                && stale.place == Place::Delayed
            {
                stale.place = Place::Waiting;
                let priority = stale.priority;
                self.waiting_of(priority).push_back(name);
            }
        }
        None
    }

    /// Everything that is queued or at a worker is to be queued anew: it is not known what became of it.
    pub(super) fn requeue(&mut self) {
        self.requeue_where(|place| matches!(place, Place::Queued(_)));
    }

    fn requeue_where(&mut self, is_meant: impl Fn(&Place) -> bool) {
        let meant = self.stale.iter().filter(|(_, stale)| is_meant(&stale.place));
        let names: Vec<_> = meant.map(|(name, _)| Arc::clone(name)).collect();
        for name in names {
            if let Some(stale) = self.stale.get_mut(&name) {
                stale.place = Place::Waiting;
                let priority = stale.priority;
                self.waiting_of(priority).push_back(name);
            }
        }
    }

    /// Policies that were to be embedded or embedded again soon, with their priority; `most` of them.
    pub(super) fn begun(&self, most: usize) -> Vec<(Arc<str>, Priority)> {
        let begun = self.stale.iter().filter(|(_, stale)| match stale.place {
            Place::Queued(_) | Place::Delayed => true,
            Place::Waiting => stale.priority == Priority::High,
            Place::Parked | Place::GivenUp(_) => false,
        });
        begun.take(most).map(|(name, stale)| (Arc::clone(name), stale.priority)).collect()
    }

    /// How many policies have no vector of their text.
    pub(super) fn stale(&self) -> usize {
        self.stale.len()
    }

    pub(super) fn is_stale(&self, name: &str) -> bool {
        self.stale.contains_key(name)
    }

    /// How many of these were given up.
    pub(super) fn given_up(&self) -> usize {
        self.given_up
    }

    /// Since when the one has been stale that has been so for longest, those given up left out.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.since.first_key_value().map(|(since, _)| *since)
    }

    fn take(&mut self, name: &str) -> Option<Stale> {
        let stale = self.stale.remove(name)?;
        match stale.place {
            Place::GivenUp(_) => self.given_up -= 1,
            _ => {
                if let Some(count) = self.since.get_mut(&stale.since) {
                    *count -= 1;
                    if *count == 0 {
                        self.since.remove(&stale.since);
                    }
                }
            }
        }
        Some(stale)
    }

    fn waiting_of(&mut self, priority: Priority) -> &mut VecDeque<Arc<str>> {
        let [low, normal, high] = &mut self.waiting;
        match priority {
            Priority::Low => low,
            Priority::Normal => normal,
            Priority::High => high,
        }
    }
}

#[cfg(test)]
mod tests;
