use crate::snapshot::bucket;

/// Tells policies apart by their names, with very few exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyKey(pub(crate) u32);

impl PolicyKey {
    /// Of the policy of this name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the lowest bits, from which a policy's chunk follows")]
        PolicyKey(bucket::hash(&[name]) as u32)
    }

    /// The number of its part, of this many.
    #[must_use]
    pub fn part(self, parts: usize) -> usize {
        self.0 as usize & parts.saturating_sub(1)
    }
}
