use futures::future::BoxFuture;

use crate::adjust::Adjustment;
use crate::amounts::Amounts;
use crate::look::{Holds, Scopes, UsageFilter};
use crate::overrides::{Overridden, Override, OverrideChange};
use crate::reservation::ReservationId;
use crate::reserve::{Lease, Reserve, Reserved};
use crate::settle::{Expired, Settled, Settlement};
use crate::standing::Standing;

/// Keeps what is held and used, for everybody who asks it.
///
/// Each operation happens as a whole or not at all, and may be repeated: whoever gets no answer asks again. Time is the
/// store's own: it never goes back, and never stands still for long. Counters are kept for [`KEPT_SECONDS`](crate::KEPT_SECONDS) after their periods, and none is made again.
pub trait Store: Send + Sync {
    /// What the time is, in seconds since 1970.
    fn now(&self) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Holds what a call may use, or says why not. Asked again with the same name, it answers as it did, with the standings of
    /// now.
    ///
    /// A candidate fits if for each of its lines what is used, held and asked is no more than the limit without its spare, or
    /// than the limit itself if nothing is asked. Nobody is held what would lead a counter past
    /// [`MOST_COUNTED`](crate::MOST_COUNTED), strictly or not.
    fn reserve<'s>(&'s self, reserve: &'s Reserve) -> BoxFuture<'s, Result<Reserved, StoreError>>;

    /// Settles a reservation, in the periods in which it was made, whether or not the store knows it (any more). One that is
    /// released before it was made is never made.
    fn settle<'s>(&'s self, settlement: &'s Settlement) -> BoxFuture<'s, Result<Settled, StoreError>>;

    /// Says that a call is still on its way, and what it has used so far; false where it is settled already, or unknown. The
    /// most that was ever said counts, and the latest end of a lease.
    fn renew<'s>(&'s self, id: ReservationId, so_far: Amounts, lease: Lease)
    -> BoxFuture<'s, Result<bool, StoreError>>;

    /// Settles reservations whose leases have ended, at most so many and the longest ended first, at what was last said of
    /// them and no less than their prompts. Gives those that this has settled. Asked for none, it says whether it could.
    fn expire(&self, most: usize) -> BoxFuture<'_, Result<Vec<Expired>, StoreError>>;

    /// How counters stand that have been used or held, in the order of [`Counter`](crate::Counter). The store knows no limits.
    fn usage<'s>(&'s self, filter: &'s UsageFilter) -> BoxFuture<'s, Result<Vec<Standing>, StoreError>>;

    /// The calls on their way that count for such scopes, in the order in which they were made, and by their names within a
    /// second; at most so many.
    fn holds<'s>(&'s self, scopes: &'s Scopes, most: usize) -> BoxFuture<'s, Result<Holds, StoreError>>;

    /// Changes what a counter says is used, once, and says how it stands then; none where it is no longer kept. The ledger
    /// tells who did it.
    fn adjust<'s>(&'s self, adjustment: &'s Adjustment) -> BoxFuture<'s, Result<Option<Standing>, StoreError>>;

    /// Sets a limit that counts instead of what policies say, or takes one away, once. The store only keeps limits: whoever
    /// reserves looks what they are. The ledger tells who did it.
    fn override_limit<'s>(&'s self, change: &'s OverrideChange) -> BoxFuture<'s, Result<Overridden, StoreError>>;

    /// The limits that count now instead of what policies say, in the order of what they are for.
    fn overrides(&self) -> BoxFuture<'_, Result<Vec<Override>, StoreError>>;
}

/// Why a store does nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be asked, or has said no: nothing was done, and nothing will be.
    #[error("the budget store cannot be asked: {0}")]
    Unavailable(String),
    /// It was asked, and has not answered: whether anything was done is not known, or whether it will be yet.
    #[error("the budget store does not answer: {0}")]
    Unanswered(String),
    /// It answers, and has lost what it kept: nothing was done, and nothing is held before the ledger has given it back.
    #[error("the budget store has lost its counters: {0}")]
    Lost(String),
}

impl StoreError {
    /// The same where whether anything was done, or will be, is not known.
    pub(crate) fn unanswered(self) -> Self {
        match self {
            StoreError::Unavailable(why) | StoreError::Lost(why) | StoreError::Unanswered(why) => {
                StoreError::Unanswered(why)
            }
        }
    }
}
