use std::path::PathBuf;
use std::sync::Arc;

use futures::executor::block_on;
use tempfile::TempDir;

use crate::ledger::Ending;
use crate::testing::{SetClock, Subject};
use crate::{Durability, ReservationId, SqliteStore, Store};

/// A store in a folder of its own.
pub(crate) struct Site {
    pub(crate) clock: Arc<SetClock>,
    /// Absent while it is started again.
    store: Option<SqliteStore>,
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let mut site = Site { clock: Arc::new(SetClock::new(0)), store: None, folder: tempfile::tempdir().unwrap() };
        site.restart();
        site
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("budget.db")
    }

    pub(crate) fn sqlite(&self) -> &SqliteStore {
        self.store.as_ref().unwrap()
    }
}

impl Subject for Site {
    fn store(&self) -> &dyn Store {
        self.sqlite()
    }

    fn set_time(&self, now: u64) {
        self.clock.set(now);
    }

    fn ledger(&self) -> Vec<(ReservationId, Ending)> {
        let rows = block_on(self.sqlite().ledger().rows(0, usize::MAX)).unwrap();
        let mut rows: Vec<_> = rows.into_iter().map(|(_, row)| (row.id, row.ending)).collect();
        rows.sort_by_key(|(id, _)| *id);
        rows
    }

    fn restart(&mut self) {
        self.store = None;
        self.store = Some(SqliteStore::open(&self.path(), Durability::Process, Arc::clone(&self.clock)).unwrap());
    }
}
