use std::sync::Arc;

use tokio::sync::watch;
use tollgate_policy::related::{MAX_PARTS, MAX_POLICIES, PartContent, PartId, Policy};

/// An index snapshot, in parts. Absent before the first, and where there are too many policies for one.
pub(crate) type Extracts = watch::Receiver<Option<Arc<Extract>>>;

/// Policies in a part, on average, before there are twice as many parts, and before there are half as many. A part is small
/// enough that reading it keeps no worker from its requests for long, and so that little is sent again when little changes.
const FULL: usize = 768;
const SPARSE: usize = 256;

/// An index snapshot. Parts that are the same in two of them are shared.
#[derive(Clone, Debug)]
pub(crate) struct Extract {
    /// The generation of the index, and its revision.
    pub(crate) generation: u64,
    pub(crate) revision: u64,
    pub(crate) policies: usize,
    pub(crate) parts: Vec<Arc<Part>>,
}

/// A part of one.
#[derive(Debug)]
pub(crate) struct Part {
    /// Of the index snapshot in which it changed last.
    pub(crate) revision: u64,
    pub(crate) content: PartContent,
}

/// How many parts these many policies are divided into, if it was `before`: not another number each time one comes or goes.
pub(super) fn parts(policies: usize, before: Option<usize>) -> usize {
    let fits = |parts: &usize| policies <= parts * FULL && (*parts == 1 || policies >= parts * SPARSE);
    before.filter(fits).unwrap_or_else(|| policies.div_ceil(FULL).next_power_of_two()).min(MAX_PARTS)
}

impl Part {
    /// Of these policies. What is more than a part may hold is left out; keys are spread far too evenly for that.
    pub(super) fn new(
        model: &str,
        generation: u64,
        revision: u64,
        [parts, number]: [usize; 2],
        mut policies: Vec<Policy>,
    ) -> Self {
        policies.sort_by_key(|policy| policy.key);
        policies.truncate(MAX_POLICIES);
        let small = |number| u16::try_from(number).unwrap_or_default();
        let id = PartId { model: model.to_owned(), generation, revision, parts: small(parts), number: small(number) };
        Part { revision, content: PartContent::new(&id, &policies) }
    }
}

impl Extract {
    /// Bytes of all parts.
    pub(crate) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.content.size()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_parts_follows_that_of_policies_with_some_leeway() {
        for (policies, before, expected) in [
            (0, None, 1),
            (768, None, 1),
            (769, None, 2),
            (769, Some(1), 2),
            (700, Some(2), 2),
            (500, Some(2), 1),
            (100_000, None, 256),
            (100_000, Some(128), 256),
            (90_000, Some(128), 128),
            (1 << 18, None, 512),
        ] {
            assert_eq!(parts(policies, before), expected, "{policies} {before:?}");
        }
    }
}
