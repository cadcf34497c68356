//! The store of a companion that works alone: counters, holds and the ledger in one file, each operation in one transaction.

mod adjust;
mod choose;
mod counters;
mod expire;
pub(crate) mod holds;
mod look;
mod reserve;
mod settle;
mod stamp;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use futures::future::{BoxFuture, TryFutureExt as _};

use crate::adjust::Adjustment;
use crate::amounts::Amounts;
use crate::clock::Clock;
use crate::file::{BudgetFile, Counting, Durability, FileError, OpenError};
use crate::ledger::Ledger;
use crate::look::{Holds, Scopes, UsageFilter};
use crate::reservation::ReservationId;
use crate::reserve::{Lease, Reserve, Reserved};
use crate::settle::{Expired, Settled, Settlement};
use crate::standing::Standing;
use crate::store::{Store, StoreError};

use stamp::Stamp;

/// Budgets in an SQLite file, which one process has for itself. One thread writes it: what is asked at the same time is
/// committed together. Another one reads it meanwhile.
#[derive(Debug)]
pub struct SqliteStore {
    file: Arc<BudgetFile>,
    stamp: Arc<Stamp>,
    ledger: Ledger,
}

impl SqliteStore {
    /// Opens the file, or creates it with the permissions 0600. Its time never goes back behind what it has given out.
    ///
    /// # Errors
    /// If it is in use, damaged, not ours or cannot be written.
    pub fn open(path: &Path, durability: Durability, clock: impl Clock + 'static) -> Result<Self, OpenError> {
        let file = Arc::new(BudgetFile::open(path, durability, Counting::Here)?);
        let stamp = Arc::new(Stamp::new(clock, file.marks().newest));
        let ledger = Ledger::new(Arc::clone(&file));
        Ok(SqliteStore { file, stamp, ledger })
    }

    /// What has been settled and changed.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl Store for SqliteStore {
    fn reserve<'s>(&'s self, reserve: &'s Reserve) -> BoxFuture<'s, Result<Reserved, StoreError>> {
        let (stamp, reserve) = (Arc::clone(&self.stamp), reserve.clone());
        // Whoever has gone away settles or asks again: nothing is held for nobody.
        let held = self.file.write_if_awaited(move |transaction| {
            let now = stamp.now(transaction)?;
            reserve::reserve(transaction, &reserve, now)
        });
        Box::pin(held.err_into())
    }

    fn settle<'s>(&'s self, settlement: &'s Settlement) -> BoxFuture<'s, Result<Settled, StoreError>> {
        let (stamp, settlement) = (Arc::clone(&self.stamp), settlement.clone());
        let settled = self.file.write(move |transaction| {
            let now = stamp.now(transaction)?;
            settle::settle(transaction, &settlement, now)
        });
        Box::pin(settled.err_into())
    }

    fn renew<'s>(
        &'s self,
        id: ReservationId,
        so_far: Amounts,
        lease: Lease,
    ) -> BoxFuture<'s, Result<bool, StoreError>> {
        let stamp = Arc::clone(&self.stamp);
        let renewed = self.file.write(move |transaction| {
            let lease_ends = stamp.now(transaction)?.saturating_add(lease.seconds());
            holds::renew(transaction, id, so_far, lease_ends)
        });
        Box::pin(renewed.err_into())
    }

    fn expire(&self, most: usize) -> BoxFuture<'_, Result<Vec<Expired>, StoreError>> {
        let stamp = Arc::clone(&self.stamp);
        let expired = self.file.write(move |transaction| {
            let now = stamp.now(transaction)?;
            expire::expire(transaction, most, now)
        });
        Box::pin(expired.err_into())
    }

    fn usage<'s>(&'s self, filter: &'s UsageFilter) -> BoxFuture<'s, Result<Vec<Standing>, StoreError>> {
        let (stamp, filter) = (Arc::clone(&self.stamp), filter.clone());
        let usage = self.file.read(move |transaction| look::usage(transaction, &filter, stamp.look()));
        Box::pin(usage.err_into())
    }

    fn holds<'s>(&'s self, scopes: &'s Scopes, most: usize) -> BoxFuture<'s, Result<Holds, StoreError>> {
        let scopes = scopes.clone();
        Box::pin(self.file.read(move |transaction| look::holds(transaction, &scopes, most)).err_into())
    }

    fn adjust<'s>(&'s self, adjustment: &'s Adjustment) -> BoxFuture<'s, Result<Option<Standing>, StoreError>> {
        let (stamp, adjustment) = (Arc::clone(&self.stamp), adjustment.clone());
        let adjusted = self.file.write(move |transaction| {
            let now = stamp.now(transaction)?;
            adjust::adjust(transaction, &adjustment, now)
        });
        Box::pin(adjusted.err_into())
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Gone => StoreError::Lost(error.to_string()),
            FileError::Busy | FileError::Failed(_) => StoreError::Unavailable(error.to_string()),
        }
    }
}
