use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tollgate_policy::set::Policy;

/// However few policies there are, so many changes are told one by one.
const FEW: usize = 1000;

/// What has changed since the reader asked last: of each policy its latest state alone.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) what: What,
    /// Since when the oldest of it was there to be read; absent if there is none.
    pub(crate) since: Option<Instant>,
}

#[derive(Debug)]
pub(crate) enum What {
    Changes {
        /// New, or not as they were.
        written: Vec<Arc<Policy>>,
        /// In force no longer.
        removed: Vec<String>,
    },
    /// So much that it is less to tell all there are: others are in force no longer.
    All(Vec<Arc<Policy>>),
}

/// Changes that wait for the reader: no more than there are policies, or a few.
#[derive(Debug, Default)]
pub(super) struct Unread {
    pub(super) waiting: Waiting,
    since: Option<Instant>,
}

#[derive(Debug)]
pub(super) enum Waiting {
    Changes(BTreeMap<String, Option<Arc<Policy>>>),
    /// There were too many.
    All,
}

impl Default for Waiting {
    fn default() -> Self {
        Waiting::Changes(BTreeMap::new())
    }
}

impl Unread {
    /// A policy has changed, or is gone.
    pub(super) fn note(&mut self, name: &str, policy: Option<Arc<Policy>>) {
        self.since.get_or_insert_with(Instant::now);
        if let Waiting::Changes(changes) = &mut self.waiting {
            changes.insert(name.to_owned(), policy);
        }
    }

    /// Keeps no more changes than that is worth where there are so many policies.
    pub(super) fn bound(&mut self, policies: usize) {
        if let Waiting::Changes(changes) = &self.waiting
            && changes.len() > policies.max(FEW)
        {
            self.waiting = Waiting::All;
        }
    }

    /// Whether all policies in force are told.
    pub(super) fn is_all(&self) -> bool {
        matches!(self.waiting, Waiting::All)
    }

    /// What is told of it; where that is all, these are the policies in force.
    pub(super) fn told(self, all: &[Arc<Policy>]) -> News {
        let since = self.since;
        let Waiting::Changes(changes) = self.waiting else { return News { what: What::All(all.to_vec()), since } };
        let (mut written, mut removed) = (Vec::new(), Vec::new());
        for (name, policy) in changes {
            match policy {
                Some(policy) => written.push(policy),
                None => removed.push(name),
            }
        }
        News { what: What::Changes { written, removed }, since }
    }

    /// What differs where policies take the place of others; both are sorted by name.
    pub(super) fn between(before: &[Arc<Policy>], after: &[Arc<Policy>]) -> Self {
        let mut unread = Unread::default();
        let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                // The same one: most often, and known without looking at it.
                (Some(old), Some(new)) if Arc::ptr_eq(old, new) => Ordering::Equal,
                (Some(old), Some(new)) => old.name.cmp(&new.name),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return unread,
            };
            let old = if order.is_le() { before.next() } else { None };
            let new = if order.is_ge() { after.next() } else { None };
            match (old, new) {
                (Some(old), Some(new)) if Arc::ptr_eq(old, new) || old == new => {}
                (_, Some(new)) => unread.note(&new.name, Some(Arc::clone(new))),
                (Some(old), None) => unread.note(&old.name, None),
                (None, None) => {}
            }
        }
    }

    /// Changes that were made after those that are here.
    pub(super) fn add(&mut self, later: Unread) {
        self.since = self.since.or(later.since);
        match (&mut self.waiting, later.waiting) {
            (Waiting::Changes(changes), Waiting::Changes(later)) if changes.is_empty() => *changes = later,
            (Waiting::Changes(changes), Waiting::Changes(later)) => changes.extend(later),
            (_, Waiting::All) => self.waiting = Waiting::All,
            (Waiting::All, _) => {}
        }
    }
}
