use super::many::Many;
use super::rules::{Lists, Rule, Rules};
use super::{Index, MANY, few, word};

/// Where a block is: see [`Index::blocks`].
const NOWHERE: u32 = 0;

impl Index {
    /// Lays rules out by kind. `roles` and `actions`: how many there are; no symbol of one is larger.
    pub(crate) fn build(rules: Rules, lists: &Lists, roles: usize, actions: usize) -> Self {
        let rules = rules.all;
        let by_kind = ByKind::of(&rules, lists);
        let mut index = Index { distinct_bits: has_distinct_bits(roles), ..Index::default() };
        index.blocks.reserve_exact(by_kind.ends.len());
        let of = |kind: &[u32]| few::len(kind.iter().filter_map(|rule| rules.get(*rule as usize)), lists, actions);
        index.words.reserve_exact(by_kind.iter().map(of).sum());
        let mut order = Vec::new();
        let mut of_kind: Vec<&Rule> = Vec::new();
        for kind in by_kind.iter() {
            of_kind.clear();
            of_kind.extend(kind.iter().filter_map(|number| rules.get(*number as usize)));
            sort(&mut of_kind, &mut order);
            let block = index.push(&of_kind, lists);
            index.blocks.push(block);
        }
        index.words.shrink_to_fit();
        index
    }

    /// Appends the block of a kind's rules, which are in order, and says where it is.
    pub(super) fn push(&mut self, rules: &[&Rule], lists: &Lists) -> u32 {
        if rules.is_empty() {
            return NOWHERE;
        }
        let start = word(self.words.len() + 1);
        if few::push(&mut self.words, rules, lists) {
            return start;
        }
        MANY | self.many.insert(Many::of(rules, lists))
    }
}

/// Whether no two of so many roles share a bit of a signature.
pub(super) fn has_distinct_bits(roles: usize) -> bool {
    roles < 64
}

/// Puts rules into the order in which decisions look at them.
pub(super) fn sort<'r>(rules: &mut Vec<&'r Rule>, order: &mut Vec<(u32, [u32; 3])>) {
    // Of the type that entries are sorted as: each type that is sorted brings code of its own.
    order.clear();
    order.extend(rules.iter().zip(0_u32..).map(|(rule, number)| (rule.order, [rule.condition, number, 0])));
    order.sort_unstable();
    let sorted: Vec<&'r Rule> =
        order.iter().filter_map(|(_, [_, number, _])| rules.get(*number as usize).copied()).collect();
    *rules = sorted;
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
