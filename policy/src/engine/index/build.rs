use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::super::{CandidateRef, Symbol};
use super::{Index, few, many, word};

/// Collects rules, then lays them out by kind.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    rules: Vec<Rule>,
    lists: Lists,
    /// Combinations of kind, action and role.
    entries: usize,
}

/// A way in which a policy is reached.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) order: u32,
    pub(super) condition: u32,
    kinds: ListId,
    actions: ListId,
    roles: ListId,
}

/// Where a list starts: its length, then its symbols.
#[derive(Clone, Copy, Debug)]
struct ListId(u32);

/// The names of all rules. Most rules share theirs with others, so equal lists are kept once.
#[derive(Debug, Default)]
pub(super) struct Lists {
    words: Vec<u32>,
    known: HashTable<ListId>,
    interned: usize,
    compared: usize,
}

/// Comparisons for each list, on average, after which no more are shared: whoever makes hashes collide on purpose gains no
/// time.
const COMPARED: usize = 8;

impl Lists {
    fn intern(&mut self, symbols: &[Symbol]) -> ListId {
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

    fn kinds(&self, rule: &Rule) -> &[u32] {
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

impl IndexBuilder {
    /// Adds a policy under every combination of its names; each slice holds [`Symbol::WILDCARD`] alone for `"*"`.
    pub(crate) fn add(&mut self, candidate: CandidateRef, kinds: &[Symbol], actions: &[Symbol], roles: &[Symbol]) {
        let [order, condition] = candidate.words();
        self.entries = self.entries.saturating_add(kinds.len() * actions.len() * roles.len());
        let [kinds, actions, roles] = [kinds, actions, roles].map(|list| self.lists.intern(list));
        self.rules.push(Rule { order, condition, kinds, actions, roles });
    }

    /// Takes the memory for this many rules.
    pub(crate) fn reserve(&mut self, rules: usize) {
        self.rules.reserve_exact(rules);
    }

    /// How many combinations of kind, action and role were added.
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    /// `roles` and `actions`: how many there are; no symbol of one is larger.
    pub(crate) fn build(self, roles: usize, actions: usize) -> Index {
        let IndexBuilder { rules, lists, .. } = self;
        let by_kind = ByKind::of(&rules, &lists);
        let mut index = Index { distinct_bits: roles < 64, ..Index::default() };
        index.blocks.reserve_exact(by_kind.ends.len());
        let of = |kind: &[u32]| few::len(kind.iter().filter_map(|rule| rules.get(*rule as usize)), &lists, actions);
        index.words.reserve_exact(by_kind.iter().map(of).sum());
        // Of the type that entries are sorted as: each type that is sorted brings code of its own.
        let mut order: Vec<(u32, [u32; 3])> = Vec::new();
        let mut of_kind: Vec<&Rule> = Vec::new();
        for kind in by_kind.iter() {
            order.clear();
            order.extend(kind.iter().filter_map(|number| {
                let rule = rules.get(*number as usize)?;
                Some((rule.order, [rule.condition, *number, 0]))
            }));
            order.sort_unstable();
            of_kind.clear();
            of_kind.extend(order.iter().filter_map(|(_, [_, number, _])| rules.get(*number as usize)));
            let start = if of_kind.is_empty() { 0 } else { word(index.words.len() + 1) };
            index.blocks.push(start);
            if start != 0 && !few::push(&mut index.words, &of_kind, &lists) {
                many::push(&mut index.words, &of_kind, &lists);
            }
        }
        index.words.shrink_to_fit();
        index
    }
}

/// Rules by kind: a counting sort.
struct ByKind {
    /// By kind: where its rules end in `rules`; they start where the kind's before end.
    ends: Vec<u32>,
    rules: Vec<u32>,
}

impl ByKind {
    fn of(rules: &[Rule], lists: &Lists) -> Self {
        let kinds = rules.iter().flat_map(|rule| lists.kinds(rule));
        let count = kinds.clone().max().map_or(0, |last| *last as usize + 1);
        let mut ends = vec![0_u32; count];
        for kind in kinds {
            if let Some(count) = ends.get_mut(*kind as usize) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut ends {
            total += std::mem::replace(start, total);
        }
        let mut sorted = vec![0; total as usize];
        for (number, rule) in rules.iter().enumerate() {
            for kind in lists.kinds(rule) {
                if let Some(next) = ends.get_mut(*kind as usize)
                    && let Some(place) = sorted.get_mut(*next as usize)
                {
                    *place = word(number);
                    *next += 1;
                }
            }
        }
        // Filling has moved every start to where the next kind's was.
        ByKind { ends, rules: sorted }
    }

    fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let rules = self.rules.get(start..*end as usize).unwrap_or_default();
            start = *end as usize;
            rules
        })
    }
}
