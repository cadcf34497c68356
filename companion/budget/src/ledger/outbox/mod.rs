//! What another store is asked for, kept until it has answered: nothing that was to be settled is lost while it is away.

mod adjustments;
mod elsewhere;
mod pending;
mod shares;

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::row::Ending;
use super::{Audit, Ledger, Row};
use crate::adjust::{Adjustment, AdjustmentId};
use crate::amounts::Amounts;
use crate::counter::Counter;
use crate::file::{BudgetFile, Counting, Durability, FileError, OpenError};
use crate::reservation::{Reservation, ReservationId};
use crate::settle::{Outcome, Settlement};
use crate::sqlite::holds::{self, KnownHold};

pub use elsewhere::Seen;

/// The budget file of a companion whose counters another store keeps.
///
/// A settlement is begun here before that store is asked for it and finished when it has answered. What is still pending is
/// asked for again at the start and after an outage: settling is idempotent. The store notes which ledger it counted
/// something for, so that every reservation is in the ledger of one companion, exactly once.
#[derive(Clone, Debug)]
pub struct Outbox {
    ledger: Ledger,
    id: LedgerId,
}

/// Names a ledger among those of other companions. Made at random with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LedgerId(pub [u8; 16]);

/// A text that names no ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a ledger is named by 32 hexadecimal digits")]
pub struct InvalidLedgerId;

impl fmt::Display for LedgerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for LedgerId {
    type Err = InvalidLedgerId;

    fn from_str(text: &str) -> Result<Self, InvalidLedgerId> {
        let is_one = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_one).ok_or(InvalidLedgerId)?;
        Ok(LedgerId(number.to_be_bytes()))
    }
}

/// What to do about a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Ask the store for this: what came first, if another settlement of the same reservation is pending.
    Ask(Outcome),
    /// It was settled for good, in this or another way.
    Before(Ending),
}

/// What the store was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// To settle a reservation.
    Settlement(Settlement),
    /// To settle a reservation whose lease has ended.
    Expiry(Reservation),
}

/// For whom the store has counted a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// For this ledger.
    Here {
        /// Whether it came too late for the counters.
        is_late: bool,
        /// The estimate that it replaced, if the store had counted that for another ledger.
        replaced: Option<Amounts>,
    },
    /// For another ledger, which has it.
    Elsewhere,
}

impl Outbox {
    /// Opens the file, or creates it with the permissions 0600.
    ///
    /// # Errors
    /// If it is in use, damaged, not ours or cannot be written.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, OpenError> {
        let file = Arc::new(BudgetFile::open(path, durability, Counting::Elsewhere)?);
        let id = LedgerId(file.marks().ledger);
        Ok(Outbox { ledger: Ledger::new(file), id })
    }

    /// The name of its ledger.
    #[must_use]
    pub fn id(&self) -> LedgerId {
        self.id
    }

    /// What has been settled.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Notes a settlement before the store is asked for it.
    ///
    /// # Errors
    /// If the file cannot be written: it has to be begun again.
    pub async fn begin(&self, settlement: &Settlement) -> Result<Begun, FileError> {
        let settlement = settlement.clone();
        self.file().write(move |transaction| pending::begin(transaction, &settlement)).await
    }

    /// Notes reservations whose leases have ended, before the store is asked to settle them.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn begin_expiry(&self, reservations: Vec<Reservation>) -> Result<(), FileError> {
        let begin = move |transaction: &rusqlite::Transaction<'_>| {
            reservations.iter().try_for_each(|reservation| pending::begin_expiry(transaction, reservation))
        };
        self.file().write(begin).await
    }

    /// Writes into the ledger what the store has made of a settlement that was begun, at a time in seconds since 1970. What
    /// has been finished already stays.
    ///
    /// # Errors
    /// If the file cannot be written: it is still pending.
    pub async fn finish(&self, id: ReservationId, settled_at: u64, counted: Counted) -> Result<(), FileError> {
        self.file().write(move |transaction| pending::finish(transaction, id, settled_at, counted)).await
    }

    /// Writes into the ledger at what the store has settled a reservation whose lease had ended; nothing if it has not settled
    /// it, or not for this ledger.
    ///
    /// # Errors
    /// If the file cannot be written: it is still pending.
    pub async fn finish_expiry(
        &self,
        id: ReservationId,
        settled_at: u64,
        used: Option<Amounts>,
    ) -> Result<(), FileError> {
        self.file().write(move |transaction| pending::finish_expiry(transaction, id, settled_at, used)).await
    }

    /// What has been begun and not finished, at most so many.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn pending(&self, most: usize) -> Result<Vec<Pending>, FileError> {
        self.file().read(move |transaction| pending::list(transaction, most)).await
    }

    /// How many settlements and ends of leases have been begun and not finished.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn waiting(&self) -> Result<u64, FileError> {
        self.file().read(pending::count).await
    }

    /// Notes an adjustment before the store is asked for it. False if the ledger has it already: the store is not to be asked.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn begin_adjustment(&self, adjustment: &Adjustment) -> Result<bool, FileError> {
        let adjustment = adjustment.clone();
        self.file().write(move |transaction| adjustments::begin(transaction, &adjustment)).await
    }

    /// Writes into the ledger what an adjustment came to; nothing if the store no longer keeps its counter.
    ///
    /// # Errors
    /// If the file cannot be written: it is still pending.
    pub async fn finish_adjustment(&self, id: AdjustmentId, made: Option<Audit>) -> Result<(), FileError> {
        self.file().write(move |transaction| adjustments::finish(transaction, id, made.as_ref())).await
    }

    /// Adjustments that were begun and not finished, at most so many.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn pending_adjustments(&self, most: usize) -> Result<Vec<Adjustment>, FileError> {
        self.file().read(move |transaction| adjustments::list(transaction, most)).await
    }

    /// What this ledger has added to each counter that is kept at a time: a store that has lost its counters is given the sums
    /// of this over all companions.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn shares(&self, now: u64) -> Result<Vec<(Counter, i64)>, FileError> {
        self.file().read(move |transaction| shares::list(transaction, now)).await
    }

    /// Forgets what it has added to counters that are no longer kept, at most so many. Returns how many.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn forget_shares(&self, now: u64, most: usize) -> Result<usize, FileError> {
        self.file().write(move |transaction| shares::forget(transaction, now, most)).await
    }

    /// How far the other store was seen to count; none if it was never seen.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn seen(&self) -> Result<Option<Seen>, FileError> {
        self.file().read(elsewhere::seen).await
    }

    /// Notes how far the other store was seen to count.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn see(&self, seen: Seen) -> Result<(), FileError> {
        self.file().write(move |transaction| elsewhere::see(transaction, &seen)).await
    }

    /// The ledgers of all companions that were seen to count in the other store, this one among them.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn companions(&self) -> Result<Vec<LedgerId>, FileError> {
        self.file().read(elsewhere::companions).await
    }

    /// Notes the ledgers of all companions that count in the other store.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn set_companions(&self, companions: Vec<LedgerId>) -> Result<(), FileError> {
        self.file().write(move |transaction| elsewhere::set_companions(transaction, &companions)).await
    }

    /// What another store was seen to hold for this companion's callers.
    pub(crate) async fn held(&self) -> Result<Vec<KnownHold>, FileError> {
        self.file().read(holds::all).await
    }

    /// Notes what another store holds for this companion's callers, and what it holds no more.
    pub(crate) async fn hold(&self, held: Vec<KnownHold>, ended: Vec<ReservationId>) -> Result<(), FileError> {
        let write = move |transaction: &rusqlite::Transaction<'_>| {
            let changed = held.iter().map(|known| known.hold.reservation.id);
            changed.chain(ended.iter().copied()).try_for_each(|id| holds::remove(transaction, id))?;
            held.iter().try_for_each(|known| holds::insert(transaction, known))
        };
        self.file().write(write).await
    }

    /// The rows that were settled at a time or later, in seconds since 1970, after the one with a number; at most so many, in
    /// the order in which they were written first. Each comes with its number.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn settled_since(&self, since: u64, after: i64, most: usize) -> Result<Vec<(i64, Row)>, FileError> {
        self.file().read(move |transaction| elsewhere::settled_since(transaction, since, after, most)).await
    }

    fn file(&self) -> &BudgetFile {
        &self.ledger.file
    }
}
