use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::Record;
use crate::amounts::Amounts;
use crate::reservation::ReservationId;

/// What is held for this companion's callers, should Redis lose it.
#[derive(Debug, Default)]
pub(super) struct Mirror(Mutex<HashMap<ReservationId, Record>>);

impl Mirror {
    pub(super) fn keep(&self, record: Record) {
        self.holds().insert(record.hold.reservation.id, record);
    }

    pub(super) fn renew(&self, id: ReservationId, so_far: Amounts, lease_ends: u64) {
        if let Some(Record { hold, .. }) = self.holds().get_mut(&id) {
            hold.so_far = hold.so_far.max(so_far);
            hold.lease_ends = hold.lease_ends.max(lease_ends);
        }
    }

    pub(super) fn forget(&self, id: ReservationId) {
        self.holds().remove(&id);
    }

    /// At most so many of those whose leases have ended before a time.
    pub(super) fn ended(&self, before: u64, most: usize) -> Vec<ReservationId> {
        let holds = self.holds();
        let ended = holds.values().map(|record| &record.hold).filter(|hold| hold.lease_ends < before);
        ended.map(|hold| hold.reservation.id).take(most).collect()
    }

    pub(super) fn all(&self) -> Vec<Record> {
        self.holds().values().cloned().collect()
    }

    /// No holder of the lock can fail between two changes.
    fn holds(&self) -> MutexGuard<'_, HashMap<ReservationId, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
