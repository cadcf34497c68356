use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// When rows were removed: which of them a search sees depends on when it began.
#[derive(Debug)]
pub(super) struct Deaths {
    rows: usize,
    /// The revision that a row is not in any more; made when the first is removed.
    at: OnceLock<Box<[AtomicU64]>>,
    count: AtomicUsize,
}

const NEVER: u64 = u64::MAX;

impl Deaths {
    /// None of so many rows.
    pub(super) fn none(rows: usize) -> Self {
        Deaths { rows, at: OnceLock::new(), count: AtomicUsize::new(0) }
    }

    /// The revision that a row was removed in, if it was.
    pub(super) fn of(&self, row: usize) -> Option<u64> {
        self.at.get()?.get(row).map(|at| at.load(Ordering::Acquire)).filter(|at| *at != NEVER)
    }

    /// Whether a row is there in a revision.
    pub(super) fn is_alive(&self, row: usize, revision: u64) -> bool {
        self.of(row).is_none_or(|at| at > revision)
    }

    /// Removes a row, unless it is removed already; tells whether it did.
    pub(super) fn add(&self, row: usize, revision: u64) -> bool {
        let is_new = |at: &AtomicU64| at.compare_exchange(NEVER, revision, Ordering::AcqRel, Ordering::Acquire).is_ok();
        let at = self.at.get_or_init(|| (0..self.rows).map(|_| AtomicU64::new(NEVER)).collect());
        let is_new = at.get(row).is_some_and(is_new);
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
        self.at.get().map_or(0, |at| size_of_val(&**at))
    }
}
