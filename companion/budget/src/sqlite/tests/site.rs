use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
        let (clock, folder) = (Arc::new(SetClock::new(0)), tempfile::tempdir().unwrap());
        let mut site = Site { clock, store: None, folder };
        site.store = Some(open(&site.path(), &site.clock));
        site
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("budget.db")
    }

    pub(crate) fn sqlite(&self) -> &SqliteStore {
        self.store.as_ref().unwrap()
    }
}

fn open(path: &Path, clock: &Arc<SetClock>) -> SqliteStore {
    // A machine may be busy.
    let store = SqliteStore::open(path, Durability::Process, Arc::clone(clock)).unwrap();
    store.with_patience(Duration::from_secs(60))
}

impl Subject for Site {
    fn store(&self) -> &dyn Store {
        self.sqlite()
    }

    fn set_time(&self, now: u64) {
        self.clock.set(now);
    }

    fn step_clock(&self, now: u64) {
        self.clock.step(now);
    }

    fn ledger(&self) -> Vec<(ReservationId, Ending)> {
        let rows = block_on(self.sqlite().ledger().rows(0, usize::MAX)).unwrap();
        let mut rows: Vec<_> = rows.into_iter().map(|(_, row)| (row.id, row.ending)).collect();
        rows.sort_by_key(|(id, _)| *id);
        rows
    }

    /// With what a process that is killed leaves behind: what it has written, not closed.
    fn restart(&mut self) {
        let folder = tempfile::tempdir().unwrap();
        for file in ["budget.db", "budget.db-wal"] {
            fs::copy(self.folder.path().join(file), folder.path().join(file)).unwrap();
        }
        self.store = None;
        self.folder = folder;
        self.store = Some(open(&self.path(), &self.clock));
    }
}
