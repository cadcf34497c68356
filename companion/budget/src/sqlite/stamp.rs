use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Transaction, params};

use crate::clock::Clock;
use crate::file::int;

/// The store's time: a clock that never goes back, not even from one process to the next.
pub(super) struct Stamp {
    clock: Box<dyn Clock>,
    /// The latest that was given out, in seconds since 1970.
    newest: AtomicU64,
}

impl Stamp {
    pub(super) fn new(clock: impl Clock + 'static, newest: u64) -> Self {
        Stamp { clock: Box::new(clock), newest: AtomicU64::new(newest) }
    }

    /// Now, for something that is written: noted once a second.
    pub(super) fn now(&self, transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
        let (now, newest) = (self.clock.now(), self.newest.load(Ordering::Relaxed));
        if now > newest {
            transaction.prepare_cached("UPDATE file SET newest = ?1")?.execute(params![int(now)])?;
            self.newest.store(now, Ordering::Relaxed);
        }
        Ok(now.max(newest))
    }

    /// Now, for somebody who only looks.
    pub(super) fn look(&self) -> u64 {
        self.clock.now().max(self.newest.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Stamp").field(&self.newest).finish()
    }
}
