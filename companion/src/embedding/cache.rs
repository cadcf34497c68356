use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tollgate_search::{Model, TextHash, Vector};

/// How much is kept, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// Most vectors.
    pub entries: NonZeroUsize,
    /// How long a vector is good for after it was made.
    pub life: Duration,
}

impl Default for CacheLimits {
    fn default() -> Self {
        CacheLimits { entries: NonZeroUsize::MIN.saturating_add(9_999), life: Duration::from_secs(24 * 3600) }
    }
}

/// How many vectors may wait to be deleted from the database, in multiples of how many are kept. Others stay in it until the next start.
const MOST_GONE: usize = 4;

/// What a vector is of: a text under a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) model: ModelKey,
    pub(super) text: [u8; 32],
}

/// Stands for a model in keys: its version and its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ModelKey(pub(super) [u8; 32]);

impl ModelKey {
    pub(super) fn of(model: &Model) -> Self {
        let hash =
            Sha256::new().chain_update(model.version.as_str()).chain_update([0]).chain_update(model.fingerprint.0);
        ModelKey(hash.finalize().into())
    }
}

impl Key {
    pub(super) fn new(model: ModelKey, text: TextHash) -> Self {
        Key { model, text: text.0 }
    }
}

/// Milliseconds since 1970. Time is handed in.
pub(super) type Millis = u64;

/// A vector that was made once and may be wanted again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cached {
    pub(super) vector: Arc<Vector>,
    pub(super) made: Millis,
    pub(super) used: Millis,
    /// How often it was wanted again.
    pub(super) hits: u64,
}

/// Vectors by what they are of; the one that nobody has wanted for longest goes first.
#[derive(Debug)]
pub(super) struct Cache {
    limits: CacheLimits,
    entries: HashMap<Key, (u64, Cached)>,
    /// By when they were wanted last.
    order: BTreeMap<u64, Key>,
    clock: u64,
    evicted: u64,
    unsaved: Unsaved,
}

/// What differs from what was saved.
#[derive(Debug, Default)]
struct Unsaved {
    new: HashSet<Key>,
    used: HashSet<Key>,
    gone: HashSet<Key>,
    /// What was saved at some time and not deleted since, as far as is known.
    there: HashSet<Key>,
}

/// A part of what is to be saved.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) new: Vec<(Key, Cached)>,
    pub(super) used: Vec<(Key, Cached)>,
    pub(super) gone: Vec<Key>,
}

impl Cache {
    pub(super) fn new(limits: CacheLimits) -> Self {
        Cache {
            limits,
            entries: HashMap::new(),
            order: BTreeMap::new(),
            clock: 0,
            evicted: 0,
            unsaved: Unsaved::default(),
        }
    }

    /// Puts in what was saved, least wanted first, but for what is too old.
    pub(super) fn restore(&mut self, saved: impl IntoIterator<Item = (Key, Cached)>, now: Millis) {
        for (key, cached) in saved {
            self.unsaved.there.insert(key);
            match self.is_alive(&cached, now) {
                true => self.place(key, cached),
                false => {
                    self.unsaved.gone.insert(key);
                }
            }
        }
    }

    pub(super) fn get(&mut self, key: &Key, now: Millis) -> Option<Arc<Vector>> {
        let (_, cached) = self.entries.get(key)?;
        if !self.is_alive(cached, now) {
            self.remove(key);
            return None;
        }
        self.clock += 1;
        let (tick, cached) = self.entries.get_mut(key)?;
        self.order.remove(tick);
        *tick = self.clock;
        self.order.insert(self.clock, *key);
        cached.hits += 1;
        cached.used = now;
        if !self.unsaved.new.contains(key) {
            self.unsaved.used.insert(*key);
        }
        Some(Arc::clone(&cached.vector))
    }

    pub(super) fn put(&mut self, key: Key, vector: Arc<Vector>, now: Millis) {
        self.place(key, Cached { vector, made: now, used: now, hits: 0 });
        self.unsaved.gone.remove(&key);
        self.unsaved.used.remove(&key);
        self.unsaved.new.insert(key);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many had to go because there was no room, or because they were too old.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    pub(super) fn has_unsaved(&self) -> bool {
        !(self.unsaved.new.is_empty() && self.unsaved.gone.is_empty())
    }

    /// What is to be saved next, `most` of each sort; that entries were wanted again only where that is `due`.
    pub(super) fn changes(&mut self, most: usize, is_due: bool) -> Changes {
        let part = |keys: &mut HashSet<Key>| {
            let part: Vec<Key> = keys.iter().take(most).copied().collect();
            for key in &part {
                keys.remove(key);
            }
            part
        };
        let new = part(&mut self.unsaved.new);
        let used = if is_due { part(&mut self.unsaved.used) } else { Vec::new() };
        let found = |keys: Vec<Key>| {
            let found = |key: Key| self.entries.get(&key).map(|(_, cached)| (key, cached.clone()));
            keys.into_iter().filter_map(found).collect()
        };
        let gone = part(&mut self.unsaved.gone);
        for key in &gone {
            self.unsaved.there.remove(key);
        }
        self.unsaved.there.extend(&new);
        Changes { new: found(new), used: found(used), gone }
    }

    /// Could not be saved: it is to be tried again.
    pub(super) fn take_back(&mut self, changes: Changes) {
        let is_here = |(key, _): &(Key, Cached)| self.entries.contains_key(key);
        self.unsaved.new.extend(changes.new.iter().filter(|entry| is_here(entry)).map(|(key, _)| *key));
        self.unsaved.used.extend(changes.used.iter().filter(|entry| is_here(entry)).map(|(key, _)| *key));
        self.unsaved.gone.extend(changes.gone.iter().filter(|key| !self.entries.contains_key(*key)));
        self.unsaved.there.extend(changes.gone);
    }

    /// Takes out what is too old.
    pub(super) fn expire(&mut self, now: Millis) {
        let old: Vec<Key> =
            self.entries.iter().filter(|(_, (_, cached))| !self.is_alive(cached, now)).map(|(key, _)| *key).collect();
        old.iter().for_each(|key| self.remove(key));
    }

    fn place(&mut self, key: Key, cached: Cached) {
        self.clock += 1;
        if let Some((tick, _)) = self.entries.insert(key, (self.clock, cached)) {
            self.order.remove(&tick);
        }
        self.order.insert(self.clock, key);
        while self.entries.len() > self.limits.entries.get()
            && let Some((_, oldest)) = self.order.first_key_value()
        {
            let oldest = *oldest;
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some((tick, _)) = self.entries.remove(key) {
            self.order.remove(&tick);
            self.evicted += 1;
        }
        self.unsaved.used.remove(key);
        self.unsaved.new.remove(key);
        // What was never saved need not be deleted.
        if !self.unsaved.there.contains(key) {
            return;
        }
        match self.unsaved.gone.len() < self.limits.entries.get().saturating_mul(MOST_GONE) {
            true => self.unsaved.gone.insert(*key),
            false => self.unsaved.there.remove(key),
        };
    }

    /// A clock that was set back makes nothing older.
    fn is_alive(&self, cached: &Cached, now: Millis) -> bool {
        u128::from(now.saturating_sub(cached.made)) < self.limits.life.as_millis()
    }
}

#[cfg(test)]
mod tests;
