//! The ledger: every settled reservation once, whatever becomes of the counters, with sums by scope and day and all that
//! administrators changed. It is in the budget file; a store that keeps its counters in the same file writes it in the same
//! transaction, and one that keeps them elsewhere goes by the [`Outbox`].

mod audit;
mod outbox;
mod record;
mod row;
mod spent;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::file::{BudgetFile, FileError, int};
use crate::look::Scopes;
use crate::reservation::ReservationId;

pub use audit::Audit;
pub(crate) use audit::{audited, write_audit};
pub use outbox::{Begun, Counted, InvalidLedgerId, LedgerId, Outbox, Pending, Seen};
pub(crate) use record::{Entry, Recorded, record};
pub use row::{Ending, Row};
pub(crate) use row::{amounts, find};
pub use spent::Spent;

/// Reads the ledger of a budget file, while others write it.
#[derive(Clone, Debug)]
pub struct Ledger {
    file: Arc<BudgetFile>,
}

impl Ledger {
    pub(crate) fn new(file: Arc<BudgetFile>) -> Self {
        Ledger { file }
    }

    /// What it says of a reservation; none if that is not settled.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn row(&self, id: ReservationId) -> Result<Option<Row>, FileError> {
        self.file.read(move |transaction| row::read(transaction, id)).await
    }

    /// The rows after one with a number, at most so many, in the order in which they were written first; from the beginning
    /// if the number is 0. Each comes with its number.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn rows(&self, after: i64, most: usize) -> Result<Vec<(i64, Row)>, FileError> {
        self.file.read(move |transaction| row::list(transaction, after, most)).await
    }

    /// What was spent by scope and day in all days that begin within these times, in seconds since 1970; by day and scope, at
    /// most so many.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn spent(&self, scopes: &Scopes, from: u64, to: u64, most: usize) -> Result<Vec<Spent>, FileError> {
        let scopes = scopes.clone();
        self.file.read(move |transaction| spent::list(transaction, &scopes, from, to, most)).await
    }

    /// What administrators changed after the change with a number, in their order, at most so many; from the beginning if the
    /// number is 0. Each comes with its number.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn audits(&self, after: i64, most: usize) -> Result<Vec<(i64, Audit)>, FileError> {
        self.file.read(move |transaction| audit::list(transaction, after, most)).await
    }

    /// Forgets rows that were settled before a time, in seconds since 1970, and the sums of days before it; at most so many
    /// of each, the oldest first. A row stays as long as one of its counters was still kept at that time: it keeps the call
    /// from being counted twice. Returns how many are forgotten.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn forget(&self, before: u64, most: usize) -> Result<usize, FileError> {
        let most = int(most as u64);
        let forget = move |transaction: &rusqlite::Transaction<'_>| {
            let rows = row::forget(transaction, before, most)?;
            Ok(rows + spent::forget(transaction, before, most)?)
        };
        self.file.write(forget).await
    }
}
