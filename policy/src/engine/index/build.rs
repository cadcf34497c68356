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
    /// Where its lists start: kinds, actions and roles, one after the other.
    start: u32,
    kinds: u16,
    actions: u16,
    roles: u16,
}

/// The names of all rules.
#[derive(Debug, Default)]
pub(super) struct Lists(Vec<u32>);

impl Lists {
    fn kinds(&self, rule: &Rule) -> &[u32] {
        self.list(rule.start as usize, rule.kinds)
    }

    pub(super) fn actions(&self, rule: &Rule) -> &[u32] {
        self.list(rule.start as usize + usize::from(rule.kinds), rule.actions)
    }

    pub(super) fn roles(&self, rule: &Rule) -> &[u32] {
        self.list(rule.start as usize + usize::from(rule.kinds) + usize::from(rule.actions), rule.roles)
    }

    fn list(&self, start: usize, len: u16) -> &[u32] {
        self.0.get(start..start + usize::from(len)).unwrap_or_default()
    }
}

impl IndexBuilder {
    /// Adds a policy under every combination of its names; each slice holds [`Symbol::WILDCARD`] alone for `"*"`, and
    /// fewer than 2^16 symbols.
    pub(crate) fn add(&mut self, candidate: CandidateRef, kinds: &[Symbol], actions: &[Symbol], roles: &[Symbol]) {
        let [order, condition] = candidate.words();
        let len = |symbols: &[Symbol]| u16::try_from(symbols.len()).unwrap_or(u16::MAX);
        self.entries = self.entries.saturating_add(kinds.len() * actions.len() * roles.len());
        let start = word(self.lists.0.len());
        self.rules.push(Rule { order, condition, start, kinds: len(kinds), actions: len(actions), roles: len(roles) });
        self.lists.0.extend([kinds, actions, roles].into_iter().flatten().map(|symbol| symbol.0));
    }

    /// How many combinations of kind, action and role were added.
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    /// `roles`: how many roles there are; no symbol of one is larger.
    pub(crate) fn build(self, roles: usize) -> Index {
        let IndexBuilder { rules, lists, .. } = self;
        let by_kind = ByKind::of(&rules, &lists);
        let mut index = Index { distinct_bits: roles < 64, ..Index::default() };
        index.blocks.reserve_exact(by_kind.ends.len());
        index.words.reserve(4 * rules.len() + lists.0.len());
        let mut of_kind: Vec<&Rule> = Vec::new();
        for kind in by_kind.iter() {
            of_kind.clear();
            of_kind.extend(kind.iter().filter_map(|rule| rules.get(*rule as usize)));
            of_kind.sort_unstable_by_key(|rule| (rule.order, rule.condition));
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
