use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Work that takes long, as those see it who wait for it: they may go away. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Study(Arc<AtomicBool>);

/// Nobody waits for the answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody waits for the answer any more")]
pub(crate) struct Cancelled;

impl Study {
    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// To be asked between one piece of work and the next.
    pub(crate) fn goes_on(&self) -> Result<(), Cancelled> {
        if self.0.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }
}
