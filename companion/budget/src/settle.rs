use crate::reservation::{Amounts, Reservation};

/// Ends a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Which one, with all that it was made with.
    pub reservation: Reservation,
    /// How.
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was served, and used so much.
    Committed {
        /// By the unit.
        used: Amounts,
        /// Whether nobody said how much, and it was estimated.
        is_estimate: bool,
    },
    /// It was never served.
    Released,
}

/// What a store makes of a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It counts from now on.
    Now,
    /// It had been settled in the same or another way, which stays.
    Before,
    /// Its lease had ended, and settled it at an estimate; that is replaced.
    Corrected,
    /// It is too late for the counters: it is in the ledger alone.
    Late,
}
