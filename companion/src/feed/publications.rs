use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tollgate_policy::snapshot::SnapshotId;

use super::limits::MAX_KNOWN;
use super::vm::{Behind, Vm};

/// The last publications, oldest first, and how each has spread.
#[derive(Debug, Default)]
pub(super) struct Publications {
    last: VecDeque<Publication>,
}

#[derive(Debug)]
pub(super) struct Publication {
    id: SnapshotId,
    at: Instant,
    /// From publication to the first VM that enforced it, and to the last.
    pub(super) first: Option<Duration>,
    pub(super) last: Option<Duration>,
}

impl Publications {
    pub(super) fn note(&mut self, id: SnapshotId, at: Instant) {
        if self.last.back().is_some_and(|last| last.id >= id) {
            return;
        }
        if self.last.len() >= MAX_KNOWN {
            self.last.pop_front();
        }
        self.last.push_back(Publication { id, at, first: None, last: None });
    }

    pub(super) fn find(&self, id: SnapshotId) -> Option<&Publication> {
        self.last.iter().rev().find(|publication| publication.id == id)
    }

    pub(super) fn enforced(&mut self, id: SnapshotId, after: Duration) {
        if let Some(publication) = self.last.iter_mut().rev().find(|publication| publication.id == id) {
            publication.first.get_or_insert(after);
            publication.last = publication.last.max(Some(after));
        }
    }

    /// How far a VM is from the newest.
    pub(super) fn behind(&self, vm: &Vm, now: Instant) -> Option<Behind> {
        let newest = self.last.back()?;
        if vm.applied == Some(newest.id) {
            return None;
        }
        let missed = || self.last.iter().filter(|publication| Some(publication.id) > vm.applied);
        let since = missed().next().map_or(vm.first_seen, |first| first.at.max(vm.first_seen));
        let counted = missed().count() as u64;
        let versions = match vm.applied {
            Some(applied) if applied.epoch == newest.id.epoch => newest.id.version.saturating_sub(applied.version),
            _ => counted,
        };
        Some(Behind { versions: versions.max(counted), time: now.saturating_duration_since(since) })
    }
}
