//! The validated policies in force, for readers that no publication waits for.
//!
//! The publisher writes, and everything that searches policies reads. A reader never holds the publisher's own set, which
//! is edited in place as long as nobody else has it; single policies are shared.

mod news;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;
use tollgate_policy::set::{DerivedRole, Policy, PolicySet, Route, Schemas};
use tollgate_policy::snapshot::SnapshotId;

pub(crate) use news::News;

use news::Unread;

/// The policies in force. Clones are the same catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    kept: RwLock<Kept>,
    id: watch::Sender<Option<SnapshotId>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Sorted by name.
    policies: Vec<Arc<Policy>>,
    surroundings: Arc<Surroundings>,
    unread: Unread,
}

/// What the policies of a set depend on, and what asks for them.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) derived_roles: Vec<Arc<DerivedRole>>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) schemas: Schemas,
    pub(crate) routes: Vec<Route>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Catalogue(Arc::new(Shared { kept: RwLock::default(), id: watch::Sender::new(None) }))
    }
}

impl Catalogue {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Policy>> {
        let kept = self.read();
        let place = place_of(&kept.policies, name).ok()?;
        kept.policies.get(place).cloned()
    }

    /// All of them, sorted by name.
    pub(crate) fn policies(&self) -> Vec<Arc<Policy>> {
        self.read().policies.clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.read().policies.len()
    }

    pub(crate) fn surroundings(&self) -> Arc<Surroundings> {
        Arc::clone(&self.read().surroundings)
    }

    /// The version that they are of; absent before the first.
    pub(crate) fn id(&self) -> Option<SnapshotId> {
        *self.0.id.borrow()
    }

    /// Tells of every change, those included that make no new version, such as another description.
    pub(crate) fn follow(&self) -> watch::Receiver<Option<SnapshotId>> {
        self.0.id.subscribe()
    }

    /// What has changed since this was asked last. For one reader: whoever asks has it, and nobody else.
    pub(crate) fn news(&self) -> News {
        self.write().unread.take()
    }

    /// All policies of a set take the place of those that are there.
    pub(crate) fn replace(&self, set: &PolicySet, id: Option<SnapshotId>) {
        let surroundings = Arc::new(Surroundings::of(set));
        let policies = set.policies.clone();
        let mut kept = self.write();
        let before = std::mem::replace(&mut kept.policies, policies);
        let Kept { policies, unread, .. } = &mut *kept;
        unread.note_all(&before, policies);
        kept.surroundings = surroundings;
        drop(kept);
        self.0.id.send_replace(id);
    }

    /// One policy is as it is in a set, or is gone as it is there; all others are as they were.
    pub(crate) fn edit(&self, name: &str, set: &PolicySet, id: Option<SnapshotId>) {
        let policy = place_of(&set.policies, name).ok().and_then(|place| set.policies.get(place)).cloned();
        let mut kept = self.write();
        let place = place_of(&kept.policies, name);
        kept.unread.note(name, policy.clone());
        match (place, policy) {
            (Ok(place), Some(policy)) => {
                if let Some(kept) = kept.policies.get_mut(place) {
                    *kept = policy;
                }
            }
            (Err(place), Some(policy)) => kept.policies.insert(place, policy),
            (Ok(place), None) => drop(kept.policies.remove(place)),
            (Err(_), None) => {}
        }
        drop(kept);
        self.0.id.send_replace(id);
    }

    /// The same policies are in force under another id.
    pub(crate) fn renumber(&self, id: SnapshotId) {
        self.0.id.send_replace(Some(id));
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Surroundings {
    pub(crate) fn of(set: &PolicySet) -> Self {
        Surroundings {
            derived_roles: set.derived_roles.clone(),
            variables: set.variables.clone(),
            scopes: set.scopes.clone(),
            schemas: set.schemas.clone(),
            routes: set.routes.clone(),
        }
    }
}

/// Where a policy is among those sorted by name, or would be.
fn place_of(policies: &[Arc<Policy>], name: &str) -> Result<usize, usize> {
    policies.binary_search_by(|policy| policy.name.as_str().cmp(name))
}
