//! The snapshot in force.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::snapshot::{DecodeError, Snapshot, SnapshotId};

#[cfg(test)]
mod tests;

/// Where a feed's latest good snapshot is kept. Requests take it from here; a newer one replaces it at once.
#[derive(Default)]
pub struct Slot(RefCell<Option<Applied>>);

struct Applied {
    snapshot: Rc<Snapshot>,
    since: Duration,
}

/// Why a snapshot was refused. The one in force stays.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is older than the one in force.
    #[error("snapshot {offered} is older than {applied}, which is in force")]
    Older {
        /// The refused one.
        offered: SnapshotId,
        /// The one in force.
        applied: SnapshotId,
    },
    /// The bytes are not a snapshot.
    #[error("snapshot {offered} cannot be used: {cause}")]
    Damaged {
        /// The refused one.
        offered: SnapshotId,
        /// What is wrong with it.
        cause: DecodeError,
    },
    /// The content names another id than the message it came in.
    #[error("snapshot {offered} calls itself {content}")]
    Mislabelled {
        /// As the message says.
        offered: SnapshotId,
        /// As the content says.
        content: SnapshotId,
    },
    /// The id is in use for another content.
    #[error("snapshot {offered} is in force already, with another content")]
    Conflicting {
        /// The id of both.
        offered: SnapshotId,
    },
}

impl Slot {
    /// The snapshot in force.
    #[must_use]
    pub fn current(&self) -> Option<Rc<Snapshot>> {
        self.0.borrow().as_ref().map(|applied| Rc::clone(&applied.snapshot))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Option<SnapshotId> {
        self.0.borrow().as_ref().map(|applied| applied.snapshot.id())
    }

    /// How long it has been in force.
    #[must_use]
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.0.borrow().as_ref().map(|applied| now.saturating_sub(applied.since))
    }

    /// Takes a snapshot into use if it is newer than the one in force. The same one again is accepted and changes nothing.
    /// Content that is handed over, rather than lent, is freed while it is taken.
    ///
    /// # Errors
    /// If it is older, damaged, or not the one it is said to be.
    pub fn offer(&self, offered: SnapshotId, content: impl AsRef<[u8]>, now: Duration) -> Result<(), Refused> {
        let in_force = self.current();
        if let Some(applied) = in_force.as_ref().map(|snapshot| snapshot.id()).filter(|applied| offered < *applied) {
            return Err(Refused::Older { offered, applied });
        }
        let snapshot = Snapshot::decode(content).map_err(|cause| Refused::Damaged { offered, cause })?;
        if snapshot.id() != offered {
            return Err(Refused::Mislabelled { offered, content: snapshot.id() });
        }
        match in_force.filter(|current| current.id() == offered) {
            Some(current) if current.digest() == snapshot.digest() => {}
            Some(_) => return Err(Refused::Conflicting { offered }),
            None => {
                self.0.replace(Some(Applied { snapshot: Rc::new(snapshot), since: now }));
            }
        }
        Ok(())
    }
}
