use crate::amounts::Amounts;
use crate::reservation::Reservation;

/// Ends a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Which one, with all that it was made with. Where the store still holds it, what it was made with counts.
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
    Corrected {
        /// What was counted of it until now.
        estimate: Amounts,
    },
    /// It is too late for the counters, whatever had become of it: it is in the ledger alone.
    Late,
    /// The store does not answer. The settlement is in the ledger's file, and counts when the store answers again, whatever
    /// becomes of this process meanwhile.
    Waiting,
}

/// A reservation that its lease has settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Which one.
    pub reservation: Reservation,
    /// At what.
    pub used: Amounts,
}

impl Outcome {
    /// What it counts as.
    #[must_use]
    pub fn used(self) -> Amounts {
        match self {
            Outcome::Committed { used, .. } => used,
            Outcome::Released => Amounts::NONE,
        }
    }
}
