use std::time::Duration;

use futures::future::BoxFuture;

use crate::reservation::{Amounts, Reservation, ReservationId};
use crate::reserve::{Reserve, Reserved};
use crate::settle::{Settled, Settlement};

/// Keeps what is held and used, for everybody who asks it.
///
/// Each operation happens as a whole or not at all, and may be repeated: whoever gets no answer asks again. Time is the
/// store's own.
pub trait Store: Send + Sync {
    /// Holds what a call may use, or says why not. Asked again with the same name, it answers as it did.
    fn reserve<'s>(&'s self, reserve: &'s Reserve) -> BoxFuture<'s, Result<Reserved, StoreError>>;

    /// Settles a reservation, in the periods in which it was made, whether or not the store knows it (any more). One that is
    /// released before it was made is never made.
    fn settle<'s>(&'s self, settlement: &'s Settlement) -> BoxFuture<'s, Result<Settled, StoreError>>;

    /// Says that a call is still on its way, and what it has used so far; false where it is settled already, or unknown.
    fn renew<'s>(&'s self, id: ReservationId, so_far: Amounts, lease: Duration) -> BoxFuture<'s, Result<bool, StoreError>>;

    /// Settles reservations whose leases have ended, at most so many, at what was last said of them and no less than their
    /// prompts. Gives those that this has settled.
    fn expire(&self, most: usize) -> BoxFuture<'_, Result<Vec<Reservation>, StoreError>>;
}

/// Why a store does nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be asked, or does not answer in time: whether anything was done is not known.
    #[error("the budget store does not answer: {0}")]
    Unavailable(String),
    /// It answers, and has lost what it kept: nothing is held before the ledger has given it back.
    #[error("the budget store has lost its counters: {0}")]
    Lost(String),
}
