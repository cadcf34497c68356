use rusqlite::{Transaction, params};

use super::append::{Compiled, put_checkpoint};
use super::{Store, StoreError, pieces, schema};

/// Most deltas that follow a whole snapshot: a restart applies them all.
const MOST_DELTAS: usize = 512;

/// How much is written to the log before it is brought into the file, in bytes. A version costs some pages besides its content.
const LONGEST_LOG: usize = 4 << 20;
const PAGES_OF_A_VERSION: usize = 32 << 10;

/// How many versions too many there may be before they are forgotten, at once.
const SLACK: i64 = 64;

/// What is left to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Untended {
    deltas: usize,
    delta_bytes: usize,
    checkpoint_bytes: usize,
    log_bytes: usize,
}

impl Untended {
    pub(super) fn found(deltas: usize, delta_bytes: usize, checkpoint_bytes: usize) -> Self {
        Untended { deltas, delta_bytes, checkpoint_bytes, log_bytes: 0 }
    }

    pub(super) fn appended(&mut self, compiled: Compiled<'_>) {
        let written = match compiled {
            Compiled::Delta(delta) => {
                self.deltas += 1;
                self.delta_bytes += delta.len();
                delta.len()
            }
            Compiled::Whole(whole) => {
                *self = Untended { checkpoint_bytes: whole.len(), log_bytes: self.log_bytes, ..Untended::default() };
                whole.len()
            }
        };
        self.log_bytes += written + PAGES_OF_A_VERSION;
    }

    fn wants_checkpoint(&self) -> bool {
        self.deltas >= MOST_DELTAS || (self.deltas > 0 && self.delta_bytes > self.checkpoint_bytes / 2)
    }
}

impl Store {
    /// Does what could wait until the newest version was served. `whole` is that version's compiled form.
    pub(crate) fn tend(&mut self, whole: impl FnOnce() -> Vec<u8>) -> Result<(), StoreError> {
        self.do_tend(whole).map_err(|source| StoreError::writing(&self.path, source))
    }

    /// Writes what is there already, to see whether that can be done.
    pub(crate) fn probe(&mut self) -> Result<(), StoreError> {
        schema::touch(&self.connection).map_err(|source| StoreError::writing(&self.path, source))
    }

    fn do_tend(&mut self, whole: impl FnOnce() -> Vec<u8>) -> rusqlite::Result<()> {
        let Some(newest) = self.newest else { return Ok(()) };
        if self.untended.wants_checkpoint() {
            let whole = whole();
            let transaction = self.connection.transaction()?;
            put_checkpoint(&transaction, newest.number, &whole)?;
            transaction.commit()?;
            self.untended.appended(Compiled::Whole(&whole));
        }
        if let Some(keep) = self.keep {
            self.forget_before(newest.number - i64::from(keep.get()) + 1)?;
        }
        if self.untended.log_bytes > LONGEST_LOG {
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            self.untended.log_bytes = 0;
        }
        Ok(())
    }

    /// Forgets what came before this version, unless it is too little to be worth it.
    fn forget_before(&mut self, first: i64) -> rusqlite::Result<()> {
        let oldest: Option<i64> =
            self.connection.query_row("SELECT min(number) FROM versions", [], |row| row.get(0))?;
        if oldest.is_none_or(|oldest| oldest + SLACK > first) {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        forget(&transaction, first)?;
        transaction.commit()?;
        self.untended.log_bytes += LONGEST_LOG;
        Ok(())
    }
}

/// The first version that is kept has all its documents as its own changes then.
fn forget(transaction: &Transaction<'_>, first: i64) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM versions WHERE number < ?1", params![first])?;
    transaction.execute(
        "DELETE FROM changes WHERE number < ?1 AND (pieces IS NULL OR EXISTS (SELECT 1 FROM changes later \
         WHERE later.path = changes.path AND later.number > changes.number AND later.number <= ?1))",
        params![first],
    )?;
    pieces::sweep(transaction)
}
