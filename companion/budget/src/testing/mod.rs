//! What every store must do: cases and a property that run on any [`Subject`], and a reference that is slow and obvious.

pub(crate) mod calls;
pub(crate) mod contract;
pub(crate) mod machine;
mod reference;
mod reference_tests;
mod subject;

pub(crate) use reference::Reference;
pub(crate) use subject::{Subject, Tested};

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::Clock;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(crate) struct SetClock {
    now: AtomicU64,
    /// In seconds.
    passed: AtomicU64,
}

impl SetClock {
    pub(crate) fn new(now: u64) -> Self {
        SetClock { now: AtomicU64::new(now), passed: AtomicU64::new(0) }
    }

    /// Time passes until then.
    pub(crate) fn set(&self, now: u64) {
        let before = self.now.swap(now, Ordering::SeqCst);
        self.passed.fetch_add(now.saturating_sub(before), Ordering::SeqCst);
    }

    /// Somebody sets it.
    pub(crate) fn step(&self, now: u64) {
        self.now.store(now, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn passed(&self) -> Duration {
        Duration::from_secs(self.passed.load(Ordering::SeqCst))
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now(&self) -> u64 {
        (**self).now()
    }

    fn passed(&self) -> Duration {
        (**self).passed()
    }
}
