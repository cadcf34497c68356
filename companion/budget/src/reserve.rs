use std::time::Duration;

use crate::counter::{Counter, Scope, Unit, Window};
use crate::reservation::{Amounts, Reservation, ReservationId};

/// Asks for a call's reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// The name that it shall have.
    pub id: ReservationId,
    /// Ways to serve the call, the best one first: the first that fits is held.
    pub candidates: Vec<Candidate>,
    /// How long it lives unless it is renewed.
    pub lease: Duration,
    /// Whether a call that fits no way is refused. If not, the first way is held, and what it passes is told.
    pub is_strict: bool,
}

/// A way to serve a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Everything that it counts for. No two are for the same scope, window and unit.
    pub lines: Vec<Line>,
    /// The most that it may use.
    pub amounts: Amounts,
    /// What its prompt is estimated at.
    pub least: Amounts,
}

/// Something that a call counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of whom or of what.
    pub scope: Scope,
    /// For how long.
    pub window: Window,
    /// What is counted.
    pub unit: Unit,
    /// What may be used and held together; absent where it is only counted.
    pub limit: Option<u64>,
    /// What this way leaves of the limit to others; 0 where it may use all of it.
    pub spare: u64,
}

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
    /// The places of the lines whose limits it passes: only where it was not strict.
    pub passed: Vec<usize>,
}

/// Why nothing was held: the line of the last candidate with the least left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How it stands.
    pub standing: Standing,
    /// What was asked of it.
    pub asked: u64,
}

/// How much of a limit is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is counted, of whom, and until when.
    pub counter: Counter,
    /// Absent where it is only counted.
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
