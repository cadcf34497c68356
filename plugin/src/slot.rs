//! The snapshot in force, and what is known of how alike its policies are.

use std::cell::{Ref, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::digest::Digest;
use tollgate_policy::related::{IndexSnapshot, Part};
use tollgate_policy::snapshot::{DeltaError, Head, Snapshot, SnapshotId};

use crate::trust::Trust;

#[cfg(test)]
mod tests;

/// Where a feed's latest good snapshot is kept. Requests take it from here; a newer one replaces it at once. The index
/// snapshot beside it stays whatever comes in force.
#[derive(Default)]
pub struct Slot {
    in_force: RefCell<Option<InForce>>,
    index: RefCell<IndexSnapshot>,
}

/// A snapshot in force.
#[derive(Clone)]
struct InForce {
    snapshot: Rc<Snapshot>,
    since: Duration,
    confirmed: Confirmed,
}

/// Which snapshot is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: SnapshotId,
    /// Digest of its content.
    pub digest: Digest,
}

/// When a snapshot was last known to be the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// A time at which this VM was running.
    pub at: Duration,
    /// How long ago it had been by then; what another VM was told before this one started.
    pub before: Duration,
}

/// Why a delta changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotApplied {
    /// There is nothing that it could change, or something still holds what there is.
    #[error("there is no snapshot that it could change")]
    NoBase,
    /// It does not lead where it says.
    #[error(transparent)]
    Delta(#[from] DeltaError),
}

impl Slot {
    /// The snapshot in force.
    #[must_use]
    pub fn current(&self) -> Option<Rc<Snapshot>> {
        self.in_force.borrow().as_ref().map(|in_force| Rc::clone(&in_force.snapshot))
    }

    /// Which one it is.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        let slot = self.in_force.borrow();
        slot.as_ref().map(|InForce { snapshot, .. }| Standing { id: snapshot.id(), digest: snapshot.digest() })
    }

    /// Whether the one in force is signed by somebody trusted.
    #[must_use]
    pub fn is_trusted(&self, trust: &Trust) -> bool {
        self.current().is_some_and(|snapshot| {
            let attestations = snapshot.attestations().to_vec();
            trust.check(&Head { id: snapshot.id(), digest: snapshot.digest(), attestations }).is_ok()
        })
    }

    /// How long it has been in force.
    #[must_use]
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.in_force.borrow().as_ref().map(|in_force| now.saturating_sub(in_force.since))
    }

    /// How long nobody has said that it is the current one.
    #[must_use]
    pub fn staleness(&self, now: Duration) -> Option<Duration> {
        let slot = self.in_force.borrow();
        slot.as_ref().map(|InForce { confirmed, .. }| confirmed.before.saturating_add(now.saturating_sub(confirmed.at)))
    }

    /// It is the current one.
    pub fn confirm(&self, now: Duration) {
        if let Some(in_force) = &mut *self.in_force.borrow_mut() {
            in_force.confirmed = Confirmed::at(now);
        }
    }

    /// Puts a snapshot in force, whatever was before.
    pub fn replace(&self, snapshot: Snapshot, confirmed: Confirmed, now: Duration) {
        self.in_force.replace(Some(InForce { snapshot: Rc::new(snapshot), since: now, confirmed }));
    }

    /// Changes the snapshot in force, between two requests: no request ever sees a part of the change.
    ///
    /// # Errors
    /// If the delta is of another snapshot or does not lead where it says; nothing has changed then.
    pub fn apply(&self, delta: &[u8], now: Duration) -> Result<(), NotApplied> {
        let mut slot = self.in_force.borrow_mut();
        let in_force = slot.as_mut().ok_or(NotApplied::NoBase)?;
        Rc::get_mut(&mut in_force.snapshot).ok_or(NotApplied::NoBase)?.apply(delta)?;
        (in_force.since, in_force.confirmed) = (now, Confirmed::at(now));
        Ok(())
    }

    /// Which policies are like which, as far as the feed has said.
    #[must_use]
    pub fn index(&self) -> Ref<'_, IndexSnapshot> {
        self.index.borrow()
    }

    /// Takes a part of the index snapshot into use.
    pub fn take_part(&self, part: Part) {
        self.index.borrow_mut().take(part);
    }

    /// Takes over what is in force in another slot, if it is newer.
    pub fn take_over(&self, other: &Slot) {
        let own = self.standing().map(|own| own.id);
        let newer = other.in_force.borrow().clone().filter(|other| own.is_none_or(|own| own < other.snapshot.id()));
        if newer.is_some() {
            self.in_force.replace(newer);
        }
    }
}

impl Confirmed {
    /// Now.
    #[must_use]
    pub fn at(now: Duration) -> Self {
        Confirmed { at: now, before: Duration::ZERO }
    }
}
