use crate::counter::Counter;

/// Names a reservation. Whoever asks for it chooses it, at random, so that asking again is no second reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReservationId(pub [u8; 16]);

/// What a call uses, or may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Of the prompt and of the answer together.
    pub tokens: u64,
    /// What they cost, in millionths of a dollar.
    pub micro_dollars: u64,
}

/// What is held for a call. It carries all that settling needs, whatever the time is then and whatever the store still knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its name.
    pub id: ReservationId,
    /// When it was made by the store's clock, in seconds since 1970.
    pub at: u64,
    /// What it counts for, in the periods in which it was made.
    pub counters: Vec<Counter>,
    /// What is held against each of the counters, by the unit.
    pub held: Amounts,
    /// The least that it is settled at if nobody settles it: what its prompt is estimated at.
    pub least: Amounts,
}
