use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// When rows were removed: which of them a search sees depends on when it began.
#[derive(Debug)]
pub(super) struct Deaths {
    /// The revision that a row is not in any more.
    at: Box<[AtomicU64]>,
    count: AtomicUsize,
}

const NEVER: u64 = u64::MAX;

impl Deaths {
    /// None of so many rows.
    pub(super) fn none(rows: usize) -> Self {
        Deaths { at: (0..rows).map(|_| AtomicU64::new(NEVER)).collect(), count: AtomicUsize::new(0) }
    }

    /// The revision that a row was removed in, if it was.
    pub(super) fn of(&self, row: usize) -> Option<u64> {
        self.at.get(row).map(|at| at.load(Ordering::Acquire)).filter(|at| *at != NEVER)
    }

    /// Whether a row is there in a revision.
    pub(super) fn is_alive(&self, row: usize, revision: u64) -> bool {
        self.at.get(row).is_some_and(|at| at.load(Ordering::Acquire) > revision)
    }

    /// Removes a row, unless it is removed already; tells whether it did.
    pub(super) fn add(&self, row: usize, revision: u64) -> bool {
        let is_new = |at: &AtomicU64| at.compare_exchange(NEVER, revision, Ordering::AcqRel, Ordering::Acquire).is_ok();
        let is_new = self.at.get(row).is_some_and(is_new);
        if is_new {
            self.count.fetch_add(1, Ordering::AcqRel);
        }
        is_new
    }

    /// How many rows are removed.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.at)
    }
}
