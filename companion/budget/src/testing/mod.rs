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

use crate::Clock;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(crate) struct SetClock(AtomicU64);

impl SetClock {
    pub(crate) fn new(now: u64) -> Self {
        SetClock(AtomicU64::new(now))
    }

    pub(crate) fn set(&self, now: u64) {
        self.0.store(now, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now(&self) -> u64 {
        (**self).now()
    }
}
