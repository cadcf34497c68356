use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_policy::snapshot::SnapshotId;

/// Epochs from here on are never followed: nobody counts so far, and there must be room to raise the epoch above what a worker
/// shows, again and again.
const MAX_FOLLOWED: u64 = SnapshotId::MAX_NUMBER - (1 << 20);

/// Whether a worker's id could have been given by a companion, so that it may be followed.
pub(crate) fn is_credible(id: SnapshotId) -> bool {
    id.epoch < MAX_FOLLOWED && id.is_in_range()
}

/// Gives every snapshot an id above all that were given before, by us or by a companion whose state was lost.
#[derive(Debug)]
pub(super) struct Numbering {
    last: SnapshotId,
    /// Where the ids of this run of the process begin; above `last` until one has been given.
    start: SnapshotId,
    /// The highest id that a worker has shown.
    seen: SnapshotId,
}

impl Numbering {
    /// Goes on from the last id in the state file, in an epoch of its own.
    pub(super) fn after(last: SnapshotId) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Numbering::starting(last, now.as_secs())
    }

    /// For a new state file.
    pub(super) fn fresh() -> Self {
        Numbering::after(SnapshotId::default())
    }

    /// The epoch is the time in seconds, so that it is above that of a predecessor whose state was lost, or put back to what
    /// it was once, before any worker says so. Without that, two runs could give one id to different policies.
    fn starting(last: SnapshotId, now: u64) -> Self {
        let start = SnapshotId { epoch: now.max(last.epoch + 1), version: 1 };
        Numbering { last, start, seen: SnapshotId::default() }
    }

    pub(super) fn next(&self) -> SnapshotId {
        if self.is_overtaken() {
            SnapshotId { epoch: self.seen.epoch + 1, version: 1 }.max(self.start)
        } else {
            SnapshotId { epoch: self.last.epoch, version: self.last.version + 1 }.max(self.start)
        }
    }

    /// Whether a worker is ahead, so that what is published must be published again under a higher epoch.
    pub(super) fn is_overtaken(&self) -> bool {
        self.seen > self.last
    }

    /// A worker has applied `id`. True if that is news of one that is ahead.
    pub(super) fn saw(&mut self, id: SnapshotId) -> bool {
        // INVARIANT: `next` adds to this without overflow, and what it gives can be stored.
        let is_news = id > self.last && id > self.seen && is_credible(id);
        if is_news {
            self.seen = id;
        }
        is_news
    }

    pub(super) fn gave(&mut self, id: SnapshotId) {
        self.last = id;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(epoch: u64, version: u64) -> SnapshotId {
        SnapshotId { epoch, version }
    }

    /// In the middle of a run.
    fn running(last: SnapshotId) -> Numbering {
        let mut numbering = Numbering::starting(SnapshotId::default(), last.epoch);
        numbering.gave(last);
        numbering
    }

    #[test]
    fn a_new_run_has_an_epoch_of_its_own() {
        let mut numbering = Numbering::starting(id(3, 7), 100);
        assert_eq!(numbering.next(), id(100, 1));
        assert!(numbering.saw(id(3, 9)), "put back to what it was once");
        assert_eq!(numbering.next(), id(100, 1));
        assert!(numbering.saw(id(100, 1)));
        assert_eq!(numbering.next(), id(101, 1));
        assert_eq!(Numbering::starting(id(100, 7), 100).next(), id(101, 1));
        assert_eq!(Numbering::starting(id(300, 7), 100).next(), id(301, 1));
    }

    #[test]
    fn versions_count_up_within_an_epoch() {
        let mut numbering = running(id(3, 7));
        assert_eq!(numbering.next(), id(3, 8));
        numbering.gave(id(3, 8));
        assert_eq!(numbering.next(), id(3, 9));
    }

    #[test]
    fn a_worker_ahead_raises_the_epoch_above_its_own_once() {
        let mut numbering = running(id(3, 7));
        assert!(numbering.saw(id(3, 9)));
        assert!(!numbering.saw(id(3, 9)));
        assert_eq!(numbering.next(), id(4, 1));
        numbering.gave(id(4, 1));
        assert!(!numbering.is_overtaken());
        assert!(!numbering.saw(id(3, 9)));
        assert_eq!(numbering.next(), id(4, 2));
    }

    #[test]
    fn a_worker_level_or_behind_changes_nothing() {
        let mut numbering = running(id(3, 7));
        assert!(!numbering.saw(id(3, 7)));
        assert!(!numbering.saw(id(2, 99)));
        assert_eq!(numbering.next(), id(3, 8));
    }

    #[test]
    fn an_absurd_number_is_not_followed() {
        let mut numbering = running(id(3, 7));
        assert!(!numbering.saw(id(u64::MAX, 1)));
        assert_eq!(numbering.next(), id(3, 8));
    }

    #[test]
    fn the_highest_epoch_that_is_followed_leaves_ids_to_give() {
        let mut numbering = running(id(3, 7));
        assert!(!numbering.saw(id(MAX_FOLLOWED, 1)));
        assert!(numbering.saw(id(MAX_FOLLOWED - 1, SnapshotId::MAX_NUMBER - 1)));
        let given = numbering.next();
        assert!(given.is_in_range(), "no plugin would take it");
        numbering.gave(given);
        assert!(!numbering.is_overtaken());
    }

    #[test]
    fn a_new_state_starts_above_any_counted_epoch() {
        assert!(Numbering::fresh().next() > id(1_000_000_000, 0));
    }
}
