use std::sync::Arc;

use tempfile::TempDir;

use super::SqliteStore;
use crate::testing::contract::contract_tests;
use crate::testing::{SetClock, Subject};
use crate::{Durability, Store};

/// A store in a folder of its own.
pub(crate) struct Site {
    clock: Arc<SetClock>,
    store: SqliteStore,
    _folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::new(0));
        let path = folder.path().join("budget.db");
        let store = SqliteStore::open(&path, Durability::Process, Arc::clone(&clock)).unwrap();
        Site { clock, store, _folder: folder }
    }
}

impl Subject for Site {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn set_time(&self, now: u64) {
        self.clock.set(now);
    }
}

fn run(case: fn(&dyn Subject)) {
    case(&Site::new());
}

contract_tests!(run);
