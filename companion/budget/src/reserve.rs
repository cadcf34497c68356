use std::time::Duration;

use crate::candidate::Candidates;
use crate::reservation::{Reservation, ReservationId};
use crate::standing::Standing;

/// Asks for a call's reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// The name that it shall have.
    pub id: ReservationId,
    /// Ways to serve the call: the first that fits is held.
    pub candidates: Candidates,
    /// How long it lives unless it is renewed.
    pub lease: Lease,
    /// Whether a call that fits no way is refused. If not, the first way is held, and what it passes is told.
    pub is_strict: bool,
}

/// How long a reservation lives unless it is renewed: a second to a day, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(u32);

/// What a store makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It is held.
    Held(Held),
    /// Nothing is held.
    Refused(Refused),
    /// It has been settled already: nothing is held, and the call is not to be made.
    Settled,
}

/// A reservation that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which of the candidates.
    pub candidate: usize,
    /// To settle it by.
    pub reservation: Reservation,
    /// How its lines stand with it, in their order.
    pub standings: Vec<Standing>,
    /// The places of the lines whose limits are passed: only where it was not strict.
    pub passed: Vec<usize>,
}

/// Why nothing was held: the line of the last candidate with the least left, of those that it does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When, by the store's clock, in seconds since 1970.
    pub at: u64,
    /// How it stands.
    pub standing: Standing,
    /// What was asked of it.
    pub asked: u64,
}

impl Lease {
    const LONGEST: u32 = 24 * 60 * 60;

    /// The nearest that there is, and no shorter one if it is between two.
    #[must_use]
    pub fn new(length: Duration) -> Self {
        let seconds = length.as_secs().saturating_add(u64::from(length.subsec_nanos() > 0));
        Lease(u32::try_from(seconds).unwrap_or(Self::LONGEST).clamp(1, Self::LONGEST))
    }

    /// Its length.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.into()
    }
}

/// Fifteen minutes.
impl Default for Lease {
    fn default() -> Self {
        Lease(15 * 60)
    }
}
