//! The time a guest sees: it stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// 2026-01-01T00:00:00Z.
const DEFAULT_START: Duration = Duration::from_secs(1_767_225_600);

/// A clock under the test's control. Clones are the same clock, so several VMs can share one.
#[derive(Debug, Clone)]
pub struct Clock {
    started_at: u64,
    now: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that shows this time since the Unix epoch.
    pub fn starting_at(since_epoch: Duration) -> Self {
        let nanos = to_nanos(since_epoch);
        Self { started_at: nanos, now: Arc::new(AtomicU64::new(nanos)) }
    }

    /// Time since the Unix epoch.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.now_nanos())
    }

    /// Moves the time forward. Fires no timers: see [`Vm::advance`](crate::Vm::advance).
    pub fn advance(&self, by: Duration) {
        self.set(self.now().saturating_add(by));
    }

    /// Sets the time since the Unix epoch, backwards too.
    pub fn set(&self, since_epoch: Duration) {
        self.now.store(to_nanos(since_epoch), Ordering::Relaxed);
    }

    pub(super) fn now_nanos(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(super) fn monotonic_nanos(&self) -> u64 {
        self.now_nanos().saturating_sub(self.started_at)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::starting_at(DEFAULT_START)
    }
}

fn to_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
