use std::hash::Hasher;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHasher;

use crate::snapshot::Snapshot;

use super::{Principal, PrincipalClaims, UnreadClaims};

#[cfg(test)]
mod tests;

/// Sets of [`WAYS`] places each; evidence has its place in the set that its hash says.
const SETS: usize = 256;
const WAYS: usize = 4;

/// Most bytes that all principals with their evidence may take, about.
const MAX_BYTES: usize = 1 << 20;

/// Most bytes that one may take.
const MAX_ENTRY_BYTES: usize = 1 << 16;

/// Principals by the evidence that they were resolved from, so that who asks twice is read once.
///
/// Only valid evidence is remembered, and only in the terms of one snapshot: those of another empty the cache, and so do
/// new ones of the same ([`Stamp`]). Evidence is compared as a whole; its hash only says where to look. Bounded in number and bytes: a newcomer takes the place of another.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    of: Option<Stamp>,
    /// Empty until there is something to remember.
    places: Vec<Option<Entry>>,
    anonymous: Option<Rc<Principal>>,
    bytes: usize,
    /// Where the next newcomer goes within its set.
    way: usize,
    /// Where room is made next.
    hand: usize,
    counts: Lookups,
}

/// Tells in which terms principals were resolved: a snapshot gets another one whenever the same evidence could come to
/// another principal. A digest would not do: two snapshots of the same content number its roles each in its own way. None
/// is used again as long as anybody remembers it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stamp(Arc<()>);

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// How often principals were looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Found.
    pub hits: u64,
    /// Not found, and read from the evidence.
    pub misses: u64,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    /// Index of the identity source.
    source: usize,
    evidence: Known,
    principal: Rc<Principal>,
    bytes: usize,
}

#[derive(Debug)]
enum Known {
    Texts([Option<Box<[u8]>>; 3]),
    Claims(Box<[u8]>),
}

/// What a source found, before it is read.
#[derive(Clone, Copy)]
pub(super) enum Unread<'e> {
    /// Bytes that say the same only if they are the same.
    Texts([Option<&'e [u8]>; 3]),
    Claims(UnreadClaims<'e>),
}

impl Identities {
    /// The principals of this snapshot.
    pub(super) fn of(&mut self, snapshot: &Snapshot) -> &mut Self {
        if self.of.as_ref() != Some(snapshot.stamp()) {
            *self = Identities { of: Some(snapshot.stamp().clone()), counts: self.counts, ..Identities::default() };
        }
        self
    }

    /// The principal that this evidence of a source came to before.
    pub(super) fn find(&mut self, source: usize, evidence: &Unread<'_>) -> Option<Rc<Principal>> {
        let hash = evidence.hash();
        let found = self
            .set(hash)
            .iter()
            .flatten()
            .find(|entry| entry.hash == hash && entry.source == source && evidence.is(&entry.evidence));
        let found = found.map(|entry| Rc::clone(&entry.principal));
        let count = if found.is_some() { &mut self.counts.hits } else { &mut self.counts.misses };
        *count = count.saturating_add(1);
        found
    }

    /// Resolves what the evidence of a source came to, and remembers it.
    pub(super) fn resolve(
        &mut self,
        snapshot: &Snapshot,
        claims: PrincipalClaims,
        (source, evidence): (usize, Unread<'_>),
    ) -> Rc<Principal> {
        let known = match evidence {
            Unread::Texts(texts) => Known::Texts(texts.map(|text| text.map(Into::into))),
            Unread::Claims(claims) => Known::Claims(claims.serialised.into()),
        };
        let principal = Rc::new(snapshot.principal(claims));
        let bytes = size_of::<Entry>().saturating_add(principal.heap_bytes()).saturating_add(known.heap_bytes());
        // Claims that cannot be compared, not even with themselves, would fill their set and never be found.
        if bytes <= MAX_ENTRY_BYTES && evidence.is(&known) {
            let principal = Rc::clone(&principal);
            self.insert(Entry { hash: evidence.hash(), source, evidence: known, principal, bytes });
        }
        principal
    }

    /// The principal of a request without identity.
    pub(crate) fn anonymous(&mut self, snapshot: &Snapshot) -> Rc<Principal> {
        Rc::clone(self.of(snapshot).anonymous.get_or_insert_with(|| Rc::new(snapshot.anonymous())))
    }

    /// How often principals were looked for since this was last asked.
    pub(crate) fn take_counts(&mut self) -> Lookups {
        std::mem::take(&mut self.counts)
    }

    fn set(&self, hash: u64) -> &[Option<Entry>] {
        let start = Self::start(hash);
        self.places.get(start..start + WAYS).unwrap_or_default()
    }

    #[expect(clippy::cast_possible_truncation, reason = "any bits do")]
    fn start(hash: u64) -> usize {
        hash as usize % SETS * WAYS
    }

    fn insert(&mut self, entry: Entry) {
        if self.places.is_empty() {
            self.places.resize_with(SETS * WAYS, || None);
        }
        let start = Self::start(entry.hash);
        let free = (start..start + WAYS).find(|place| matches!(self.places.get(*place), Some(None)));
        let place = free.unwrap_or_else(|| {
            self.way = (self.way + 1) % WAYS;
            start + self.way
        });
        self.empty(place);
        // Ends: what is counted is in some place, and the hand gets to each.
        while self.bytes.saturating_add(entry.bytes) > MAX_BYTES {
            self.hand = (self.hand + 1) % (SETS * WAYS);
            self.empty(self.hand);
        }
        if let Some(free) = self.places.get_mut(place) {
            self.bytes += entry.bytes;
            *free = Some(entry);
        }
    }

    fn empty(&mut self, place: usize) {
        if let Some(entry) = self.places.get_mut(place).and_then(Option::take) {
            self.bytes -= entry.bytes;
        }
    }
}

impl Unread<'_> {
    fn hash(&self) -> u64 {
        match self {
            Unread::Claims(claims) => claims.hash,
            Unread::Texts(texts) => {
                let mut hasher = FxHasher::default();
                for text in texts.iter().flatten() {
                    hasher.write(text);
                    hasher.write_usize(text.len());
                }
                hasher.finish()
            }
        }
    }

    fn is(&self, known: &Known) -> bool {
        match (self, known) {
            (Unread::Texts(texts), Known::Texts(known)) => {
                texts.iter().zip(known).all(|(text, known)| *text == known.as_deref())
            }
            (Unread::Claims(claims), Known::Claims(known)) => claims.say(known),
            _ => false,
        }
    }
}

impl Known {
    fn heap_bytes(&self) -> usize {
        match self {
            Known::Texts(texts) => texts.iter().flatten().map(|text| text.len()).sum(),
            Known::Claims(serialised) => serialised.len(),
        }
    }
}
