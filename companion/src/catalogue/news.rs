use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tollgate_policy::set::Policy;

/// What has changed since the reader asked last: of each policy its latest state alone.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// New, or not as they were.
    pub(crate) written: Vec<Arc<Policy>>,
    /// In force no longer.
    pub(crate) removed: Vec<String>,
    /// Since when the oldest of it was there to be read; absent if there is none.
    pub(crate) since: Option<Instant>,
}

/// Changes that wait for the reader: as many as there are policies at most, and those removed.
#[derive(Debug, Default)]
pub(super) struct Unread {
    changes: BTreeMap<String, Option<Arc<Policy>>>,
    since: Option<Instant>,
}

impl Unread {
    /// A policy has changed, or is gone.
    pub(super) fn note(&mut self, name: &str, policy: Option<Arc<Policy>>) {
        self.since.get_or_insert_with(Instant::now);
        self.changes.insert(name.to_owned(), policy);
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
        match self.changes.is_empty() {
            true => self.changes = later.changes,
            false => self.changes.extend(later.changes),
        }
    }
}

impl From<Unread> for News {
    fn from(Unread { changes, since }: Unread) -> Self {
        let mut news = News { since, ..News::default() };
        for (name, policy) in changes {
            match policy {
                Some(policy) => news.written.push(policy),
                None => news.removed.push(name),
            }
        }
        news
    }
}
