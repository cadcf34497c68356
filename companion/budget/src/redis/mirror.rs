use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::amounts::Amounts;
use crate::file::FileError;
use crate::ledger::Outbox;
use crate::reservation::ReservationId;
use crate::sqlite::holds::KnownHold;

/// What is held for this companion's callers, should Redis lose it. It is written to the companion's file every now and then.
#[derive(Debug, Default)]
pub(super) struct Mirror(Mutex<Holds>);

#[derive(Debug, Default)]
struct Holds {
    all: HashMap<ReservationId, KnownHold>,
    /// What the file does not have as it is.
    unwritten: HashSet<ReservationId>,
}

impl Mirror {
    pub(super) fn keep(&self, known: KnownHold) {
        let id = known.hold.reservation.id;
        let mut holds = self.holds();
        holds.unwritten.insert(id);
        holds.all.insert(id, known);
    }

    pub(super) fn renew(&self, id: ReservationId, so_far: Amounts, lease_ends: u64) {
        let mut holds = self.holds();
        if let Some(KnownHold { hold, .. }) = holds.all.get_mut(&id) {
            hold.so_far = hold.so_far.max(so_far);
            hold.lease_ends = hold.lease_ends.max(lease_ends);
            holds.unwritten.insert(id);
        }
    }

    pub(super) fn forget(&self, id: ReservationId) {
        let mut holds = self.holds();
        if holds.all.remove(&id).is_some() {
            holds.unwritten.insert(id);
        }
    }

    /// At most so many of those whose leases have ended before a time.
    pub(super) fn ended(&self, before: u64, most: usize) -> Vec<ReservationId> {
        let holds = self.holds();
        let ended = holds.all.values().map(|known| &known.hold).filter(|hold| hold.lease_ends < before);
        ended.map(|hold| hold.reservation.id).take(most).collect()
    }

    pub(super) fn all(&self) -> Vec<KnownHold> {
        self.holds().all.values().cloned().collect()
    }

    /// Adds what the file has from before.
    pub(super) async fn read(&self, outbox: &Outbox) -> Result<(), FileError> {
        let held = outbox.held().await?;
        let mut holds = self.holds();
        for known in held {
            holds.all.entry(known.hold.reservation.id).or_insert(known);
        }
        Ok(())
    }

    /// Writes what has changed since it was written last.
    pub(super) async fn write(&self, outbox: &Outbox) -> Result<(), FileError> {
        let (held, ended, unwritten) = {
            let mut holds = self.holds();
            let unwritten = mem::take(&mut holds.unwritten);
            let held: Vec<_> = unwritten.iter().filter_map(|id| holds.all.get(id).cloned()).collect();
            let ended: Vec<_> = unwritten.iter().filter(|id| !holds.all.contains_key(id)).copied().collect();
            (held, ended, unwritten)
        };
        if unwritten.is_empty() {
            return Ok(());
        }
        let written = outbox.hold(held, ended).await;
        if written.is_err() {
            self.holds().unwritten.extend(unwritten);
        }
        written
    }

    /// No holder of the lock can fail between two changes.
    fn holds(&self) -> MutexGuard<'_, Holds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
