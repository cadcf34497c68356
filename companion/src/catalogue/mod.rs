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
use tollgate_policy::set::{Budgets, DerivedRole, Policy, PolicySet, Route, Schemas};
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
    /// Sorted by name. Shared for as long as somebody reads them, so that nobody holds the lock for longer than a moment.
    policies: Arc<Vec<Arc<Policy>>>,
    surroundings: Arc<Surroundings>,
    unread: Unread,
}

/// What the policies of a set depend on, what asks for them, and what may be used where they allow it.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) derived_roles: Vec<Arc<DerivedRole>>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) schemas: Schemas,
    pub(crate) routes: Vec<Route>,
    /// Absent before anything is known to be in force: then nobody can tell what may be used.
    pub(crate) budgets: Option<Arc<Budgets>>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Catalogue(Arc::new(Shared { kept: RwLock::default(), id: watch::Sender::new(None) }))
    }
}

impl Catalogue {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Policy>> {
        let policies = self.shared();
        let place = place_of(&policies, name).ok()?;
        policies.get(place).cloned()
    }

    /// All of them, sorted by name.
    pub(crate) fn policies(&self) -> Vec<Arc<Policy>> {
        self.shared().to_vec()
    }

    pub(crate) fn len(&self) -> usize {
        self.read().policies.len()
    }

    pub(crate) fn surroundings(&self) -> Arc<Surroundings> {
        Arc::clone(&self.read().surroundings)
    }

    /// Whether these are the policies of this version.
    pub(crate) fn is_of(&self, id: Option<SnapshotId>) -> bool {
        *self.0.id.borrow() == id
    }

    /// Tells of every change, those included that make no new version, such as another description.
    pub(crate) fn follow(&self) -> watch::Receiver<Option<SnapshotId>> {
        self.0.id.subscribe()
    }

    /// What has changed since this was asked last. For one reader: whoever asks has it, and nobody else.
    pub(crate) fn news(&self) -> News {
        let unread = std::mem::take(&mut self.write().unread);
        unread.into()
    }

    /// All policies of a set take the place of those that are there. For one writer.
    pub(crate) fn replace(&self, set: &PolicySet, id: Option<SnapshotId>) {
        let (surroundings, policies) = (Arc::new(Surroundings::of(set)), Arc::new(set.policies.clone()));
        let changes = Unread::between(&self.shared(), &policies);
        let mut kept = self.write();
        let before = std::mem::replace(&mut kept.policies, policies);
        kept.unread.add(changes);
        kept.surroundings = surroundings;
        drop(kept);
        drop(before);
        self.0.id.send_replace(id);
    }

    /// One policy is as it is now, or is gone; all others are as they were. For one writer.
    pub(crate) fn edit(&self, name: &str, policy: Option<Arc<Policy>>, id: Option<SnapshotId>) {
        let mut kept = self.write();
        kept.unread.note(name, policy.clone());
        let policies = Arc::make_mut(&mut kept.policies);
        match (place_of(policies, name), policy) {
            (Ok(place), Some(policy)) => {
                if let Some(kept) = policies.get_mut(place) {
                    *kept = policy;
                }
            }
            (Err(place), Some(policy)) => policies.insert(place, policy),
            (Ok(place), None) => drop(policies.remove(place)),
            (Err(_), None) => {}
        }
        drop(kept);
        self.0.id.send_replace(id);
    }

    /// The same policies are in force under another id.
    pub(crate) fn renumber(&self, id: SnapshotId) {
        self.0.id.send_replace(Some(id));
    }

    fn shared(&self) -> Arc<Vec<Arc<Policy>>> {
        Arc::clone(&self.read().policies)
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
            budgets: Some(Arc::new(set.budgets.clone())),
        }
    }
}

/// Where a policy is among those sorted by name, or would be.
pub(crate) fn place_of(policies: &[Arc<Policy>], name: &str) -> Result<usize, usize> {
    policies.binary_search_by(|policy| policy.name.as_str().cmp(name))
}
