use crate::counter::Counter;
use crate::label::Label;

/// Names an adjustment. Whoever makes it chooses it, at random, so that asking again adjusts nothing again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AdjustmentId(pub [u8; 16]);

/// What an administrator does to what a counter says is used. What is held stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Its name.
    pub id: AdjustmentId,
    /// Of which counter.
    pub counter: Counter,
    /// What.
    pub change: Change,
    /// By whom.
    pub who: Label,
    /// For the ledger.
    pub why: Label,
}

/// How a counter is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// By so much, more or less, but not below nothing.
    By(i64),
    /// To nothing.
    Reset,
}

impl Change {
    /// What is used afterwards.
    #[must_use]
    pub fn apply(self, used: u64) -> u64 {
        match self {
            Change::By(change) => used.saturating_add_signed(change).min(crate::MOST_COUNTED),
            Change::Reset => 0,
        }
    }
}
