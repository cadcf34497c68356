use crate::counter::Counter;

/// How much of a limit is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is counted, of whom, and until when.
    pub counter: Counter,
    /// Absent where it is only counted, and where a store is asked that knows no limits.
    pub limit: Option<u64>,
    /// By calls that are settled.
    pub used: u64,
    /// By calls on their way.
    pub held: u64,
}

impl Standing {
    /// What is left of the limit, if there is one.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.used.saturating_add(self.held)))
    }
}
