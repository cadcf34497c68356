//! The store of a companion that works alone: counters, holds and the ledger in one file, each operation in one transaction.

mod adjust;
mod choose;
mod counters;
mod expire;
pub(crate) mod holds;
mod look;
pub(crate) mod overrides;
mod reserve;
mod settle;
mod stamp;
#[cfg(test)]
mod tests;

use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, TryFutureExt as _};
use rusqlite::Transaction;

use crate::adjust::Adjustment;
use crate::amounts::Amounts;
use crate::clock::Clock;
use crate::file::{BudgetFile, Counting, Durability, FileError, OpenError};
use crate::ledger::Ledger;
use crate::look::{Holds, Scopes, UsageFilter};
use crate::overrides::{Overridden, Override, OverrideChange};
use crate::reservation::ReservationId;
use crate::reserve::{Lease, Reserve, Reserved};
use crate::settle::{Expired, Settled, Settlement};
use crate::standing::Standing;
use crate::store::{Store, StoreError};

use stamp::Stamp;

/// How long a reserve may wait for its turn unless it is said.
const PATIENCE: Duration = Duration::from_millis(250);

/// How many counters that are no longer kept are removed each time.
const SWEPT: i64 = 1000;

/// Budgets in an SQLite file, which one process has for itself. One thread writes it: what is asked at the same time is
/// committed together. Another one reads it meanwhile.
#[derive(Debug)]
pub struct SqliteStore {
    file: Arc<BudgetFile>,
    stamp: Arc<Stamp>,
    ledger: Ledger,
    patience: Duration,
}

impl SqliteStore {
    /// Opens the file, or creates it with the permissions 0600. Its time never goes back behind what it has given out,
    /// and goes on while the clock is set.
    ///
    /// # Errors
    /// If it is in use, damaged, not ours or cannot be written.
    pub fn open(path: &Path, durability: Durability, clock: impl Clock + 'static) -> Result<Self, OpenError> {
        let file = Arc::new(BudgetFile::open(path, durability, Counting::Here)?);
        let stamp = Arc::new(Stamp::new(clock, file.marks().newest));
        let ledger = Ledger::new(Arc::clone(&file));
        Ok(SqliteStore { file, stamp, ledger, patience: PATIENCE })
    }

    /// Has reserves wait so long for their turn, and not for a quarter of a second. Then whoever asked has given up, and
    /// nothing is held for nobody.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        SqliteStore { patience, ..self }
    }

    /// What has been settled and changed.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl SqliteStore {
    /// Does something at a time that is noted with it.
    fn write<T: Send + 'static>(
        &self,
        end: Option<Instant>,
        mut work: impl FnMut(&Transaction<'_>, u64) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let (stamp, kept) = (Arc::clone(&self.stamp), Arc::clone(&self.stamp));
        let work = move |transaction: &Transaction<'_>| {
            let now = stamp.now(transaction)?;
            Ok((now, work(transaction, now)?))
        };
        let done = match end {
            Some(end) => self.file.write_until(end, work),
            None => self.file.write(work),
        };
        Box::pin(async move {
            let (now, done) = done.await?;
            kept.is_kept(now);
            Ok(done)
        })
    }
}

impl Store for SqliteStore {
    fn now(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(ready(Ok(self.stamp.look())))
    }

    fn reserve<'s>(&'s self, reserve: &'s Reserve) -> BoxFuture<'s, Result<Reserved, StoreError>> {
        let reserve = reserve.clone();
        let end = Instant::now().checked_add(self.patience);
        self.write(end, move |transaction, now| reserve::reserve(transaction, &reserve, now))
    }

    fn settle<'s>(&'s self, settlement: &'s Settlement) -> BoxFuture<'s, Result<Settled, StoreError>> {
        let settlement = settlement.clone();
        self.write(None, move |transaction, now| settle::settle(transaction, &settlement, now))
    }

    fn renew<'s>(
        &'s self,
        id: ReservationId,
        so_far: Amounts,
        lease: Lease,
    ) -> BoxFuture<'s, Result<bool, StoreError>> {
        self.write(None, move |transaction, now| {
            holds::renew(transaction, id, so_far, now.saturating_add(lease.seconds()))
        })
    }

    fn expire(&self, most: usize) -> BoxFuture<'_, Result<Vec<Expired>, StoreError>> {
        let stamp = Arc::clone(&self.stamp);
        self.write(None, move |transaction, now| {
            let expired = expire::expire(transaction, most, now)?;
            if stamp.is_sure() {
                counters::sweep(transaction, now, SWEPT)?;
            }
            Ok(expired)
        })
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
        let adjustment = adjustment.clone();
        self.write(None, move |transaction, now| adjust::adjust(transaction, &adjustment, now))
    }

    fn override_limit<'s>(&'s self, change: &'s OverrideChange) -> BoxFuture<'s, Result<Overridden, StoreError>> {
        let change = change.clone();
        self.write(None, move |transaction, now| overrides::change(transaction, &change, now))
    }

    fn overrides(&self) -> BoxFuture<'_, Result<Vec<Override>, StoreError>> {
        let stamp = Arc::clone(&self.stamp);
        Box::pin(self.file.read(move |transaction| overrides::counting(transaction, stamp.look())).err_into())
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Gone => StoreError::Lost(error.to_string()),
            FileError::Busy | FileError::Overdue | FileError::Failed(_) => StoreError::Unavailable(error.to_string()),
            FileError::Unsure(_) => StoreError::Unanswered(error.to_string()),
        }
    }
}
