use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::super::{CandidateRef, Symbol};
use super::word;

/// Rules, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(super) all: Vec<Rule>,
}

/// A way in which a policy is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) order: u32,
    pub(super) condition: u32,
    pub(super) kinds: ListId,
    pub(super) actions: ListId,
    pub(super) roles: ListId,
}

impl Rule {
    pub(super) fn candidate(&self) -> CandidateRef {
        CandidateRef::from_words([self.order, self.condition])
    }
}

impl Rules {
    /// Adds a policy under every combination of its names; each slice holds [`Symbol::WILDCARD`] alone for `"*"`.
    pub(crate) fn add(&mut self, lists: &mut Lists, candidate: CandidateRef, [kinds, actions, roles]: [&[Symbol]; 3]) {
        let [order, condition] = candidate.words();
        let [kinds, actions, roles] = [kinds, actions, roles].map(|list| lists.intern(list));
        self.all.push(Rule { order, condition, kinds, actions, roles });
    }

    /// Takes the memory for this many.
    pub(crate) fn reserve(&mut self, rules: usize) {
        self.all.reserve_exact(rules);
    }
}

/// Where a list starts: its length, then its symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(u32);

impl ListId {
    /// Of no list.
    pub(super) const NONE: ListId = ListId(u32::MAX);
}

/// Names of rules. Most rules share theirs with others, so equal lists are kept once.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    words: Vec<u32>,
    known: HashTable<ListId>,
    interned: usize,
    compared: usize,
}

/// Comparisons for each list, on average, after which no more are shared: whoever makes hashes collide on purpose gains no
/// time.
const COMPARED: usize = 8;

impl Lists {
    pub(super) fn intern(&mut self, symbols: &[Symbol]) -> ListId {
        self.interned += 1;
        if self.compared > COMPARED * self.interned {
            return self.push(symbols);
        }
        let hash = hash(symbols.iter().map(|symbol| symbol.0));
        let Lists { words, known, compared, .. } = self;
        let equal = |id: &ListId| {
            *compared += 1;
            list(words, *id).iter().copied().eq(symbols.iter().map(|symbol| symbol.0))
        };
        if let Some(id) = known.find(hash, equal) {
            return *id;
        }
        let id = self.push(symbols);
        let words = &self.words;
        self.known.insert_unique(hash, id, |id| self::hash(list(words, *id).iter().copied()));
        id
    }

    fn push(&mut self, symbols: &[Symbol]) -> ListId {
        let id = ListId(word(self.words.len()));
        self.words.push(word(symbols.len()));
        self.words.extend(symbols.iter().map(|symbol| symbol.0));
        id
    }

    pub(super) fn kinds(&self, rule: &Rule) -> &[u32] {
        list(&self.words, rule.kinds)
    }

    pub(super) fn actions(&self, rule: &Rule) -> &[u32] {
        list(&self.words, rule.actions)
    }

    pub(super) fn roles(&self, rule: &Rule) -> &[u32] {
        list(&self.words, rule.roles)
    }
}

fn list(words: &[u32], id: ListId) -> &[u32] {
    let list = words.get(id.0 as usize..).and_then(<[u32]>::split_first);
    list.and_then(|(len, rest)| rest.get(..*len as usize)).unwrap_or_default()
}

fn hash(symbols: impl Iterator<Item = u32>) -> u64 {
    let mut hasher = FxHasher::default();
    symbols.for_each(|symbol| hasher.write_u32(symbol));
    hasher.finish()
}
