use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_policy::set::budget::Environment;
use tollgate_policy::set::{Budgets, Policy, PolicySet};
use tollgate_policy::snapshot::{Compiler, Content, SnapshotId};
use tollgate_policy::source::{Loader, SourceFile};

use crate::catalogue::{Catalogue, place_of};
use crate::policies::{CompileError, MAX_SNAPSHOT_BYTES};
use crate::store::{Compiled, Edit, Edits, Entry, Origin, Store, StoreError, Summary, Version};

use super::documents::{self, Documents, policy_of};
use super::environment;
use super::numbering::Numbering;
use super::published::Published;
use super::recover::Recovery;
use super::refused::Refused;
use super::replica::Replica;
use super::shelf::Shelf;
use super::summary;

/// Where versions are made, one after the other: everything that knows what is in force.
#[derive(Debug)]
pub(super) struct Desk {
    store: Arc<Mutex<Store>>,
    pub(super) numbering: Numbering,
    environment: Environment,
    /// Knows the conditions of the version before.
    pub(super) loader: Loader,
    compiler: Compiler,
    /// What is in force, as a worker has it.
    replica: Replica,
    /// How it came to be in force.
    stamp: Option<Stamp>,
    /// What is in force as it was written, sorted by name.
    documents: Documents,
    /// The state file has other documents for it.
    is_rewritten: bool,
    /// The same, once it has been validated in this run.
    set: Option<Arc<PolicySet>>,
    shelf: Shelf,
    catalogue: Catalogue,
    /// What the catalogue has not been told yet.
    untold: Option<Untold>,
}

/// A change to what is in force, for the catalogue, which nobody who waits for a publication waits for.
#[derive(Debug)]
enum Untold {
    /// One policy of the version before.
    Policy {
        of: Option<SnapshotId>,
        name: String,
        policy: Option<Arc<Policy>>,
    },
    All(Arc<PolicySet>),
}

/// What is said of a version beyond its content.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) author: String,
    pub(super) origin: Origin,
    /// The version whose content it is once more.
    pub(super) of: Option<SnapshotId>,
    /// The fingerprint of the files that it is in force instead of.
    pub(super) held_against: Option<[u8; 32]>,
}

impl Desk {
    pub(super) fn new(store: Arc<Mutex<Store>>, recovery: Recovery, environment: Environment) -> Self {
        let Recovery { numbering, replica, stamp, documents } = recovery;
        let shelf = Shelf::default();
        shelf.fill(&documents);
        Desk {
            store,
            numbering,
            environment,
            loader: Loader::of(environment),
            compiler: Compiler::default(),
            replica,
            stamp,
            documents,
            is_rewritten: false,
            set: None,
            shelf,
            catalogue: Catalogue::default(),
            untold: None,
        }
    }

    pub(super) fn shelf(&self) -> Shelf {
        self.shelf.clone()
    }

    pub(super) fn catalogue(&self) -> Catalogue {
        self.catalogue.clone()
    }

    pub(super) fn documents(&self) -> &[SourceFile] {
        &self.documents
    }

    /// Where it is served.
    pub(super) fn environment(&self) -> Environment {
        self.environment
    }

    pub(super) fn in_force(&self) -> Option<Published> {
        self.replica.get().map(Published::now)
    }

    pub(super) fn id(&self) -> Option<SnapshotId> {
        self.replica.get().map(tollgate_policy::snapshot::Snapshot::id)
    }

    pub(super) fn held_against(&self) -> Option<[u8; 32]> {
        self.stamp.as_ref().and_then(|stamp| stamp.held_against)
    }

    /// The version whose content is in force once more.
    pub(super) fn rolled_back_to(&self) -> Option<SnapshotId> {
        self.stamp.as_ref().and_then(|stamp| stamp.of)
    }

    /// Keeps what is in force as other documents, which say the same.
    pub(super) fn rewrite(&mut self, documents: Documents) {
        self.documents = documents::sorted(documents);
        self.is_rewritten = true;
        self.shelf.fill(&self.documents);
    }

    /// After a panic: nothing stays of what may be half done.
    pub(super) fn forget(&mut self) {
        self.loader = Loader::of(self.environment);
        self.compiler = Compiler::default();
        self.set = None;
        if let Some(documents) = self.id().and_then(|id| lock(&self.store).documents(id).ok().flatten()) {
            self.documents = documents;
        }
    }

    /// Validates what is in force, so that the next edit costs only what it changes.
    pub(super) fn warm(&mut self) -> Result<(), Refused> {
        let set = self.load()?;
        self.compile(&set)?;
        self.untold = Some(Untold::All(Arc::clone(&set)));
        self.set = Some(set);
        Ok(())
    }

    /// Publishes one edit of a policy's document.
    pub(super) fn publish_edit(&mut self, edit: Edit, stamp: Stamp) -> Result<Published, Refused> {
        let Some(undo) = documents::make(&mut self.documents, edit.clone()) else { return Err(Refused::Absent) };
        let summary = summary::of_edit(&edit, &undo);
        // Held by nobody else, the loader's set is edited in place.
        self.set = None;
        let of = self.id();
        let set = self.load();
        let published = set.and_then(|set| Ok((self.publish(&set, slice::from_ref(&edit), summary, stamp)?, set)));
        match published {
            Ok((published, set)) => {
                self.shelf.make(&edit);
                self.untold = Some(match policy_of(document_of(&edit)) {
                    Some(name) => {
                        let place = place_of(&set.policies, name).ok();
                        let policy = place.and_then(|place| set.policies.get(place)).cloned();
                        Untold::Policy { of, name: name.to_owned(), policy }
                    }
                    None => Untold::All(set),
                });
                Ok(published)
            }
            Err(refused) => {
                documents::make(&mut self.documents, undo);
                Err(refused)
            }
        }
    }

    /// Makes sure that it is known what the set in force says, down to each policy.
    pub(super) fn remember(&mut self) {
        if self.set.is_none() {
            self.set = self.load().ok();
        }
    }

    /// Publishes documents in the place of all there are; `set` is what they say.
    pub(super) fn publish_all(
        &mut self,
        all: Documents,
        set: Arc<PolicySet>,
        stamp: Stamp,
    ) -> Result<Published, Refused> {
        let all = documents::sorted(all);
        let edits = documents::between(&self.documents, &all);
        let before = std::mem::replace(&mut self.documents, all);
        let nothing = PolicySet::default();
        let summary = summary::between(self.set.as_deref().unwrap_or(&nothing), &set);
        let published = self.publish(&set, &edits, summary, stamp);
        match published {
            Ok(_) => {
                self.untold = Some(Untold::All(Arc::clone(&set)));
                self.set = Some(set);
                self.shelf.fill(&self.documents);
            }
            Err(_) => self.documents = before,
        }
        published
    }

    /// Publishes what is in force once more, under the next id.
    pub(super) fn publish_again(&mut self) -> Result<Option<Published>, Refused> {
        let (Some(replica), Some(stamp)) = (self.replica.get(), &self.stamp) else { return Ok(None) };
        let (content, stamp) = (replica.content().clone(), Stamp { of: self.id(), ..stamp.clone() });
        let published = self.commit(&content, &[], Summary::default(), stamp)?;
        self.catalogue.renumber(published.id);
        Ok(Some(published))
    }

    /// Publishes documents whose compiled form is of another version of the program.
    pub(super) fn publish_anew(&mut self) -> Result<Option<Published>, Refused> {
        let (Some(set), Some(stamp)) = (self.set.take(), self.stamp.clone()) else { return Ok(None) };
        let content = self.compile(&set)?;
        self.set = Some(set);
        let published = self.commit(&content, &[], Summary::default(), stamp)?;
        self.catalogue.renumber(published.id);
        Ok(Some(published))
    }

    /// Tries whether the state file can be written.
    pub(super) fn probe(&mut self) -> Result<(), Refused> {
        let mut store = lock(&self.store);
        store.ready().and_then(|_| store.probe()).map_err(|error| Refused::State(error.to_string()))
    }

    /// Publishes what is in force once more if the state file does not have it.
    pub(super) fn restore(&mut self) -> Result<Option<Published>, Refused> {
        let newest = lock(&self.store).ready().map_err(|error| Refused::State(error.to_string()))?;
        if newest == self.id() { Ok(None) } else { self.publish_again() }
    }

    /// Whether a set is in force already, maybe in other words: then these are what is told of it. Budgets are not part of
    /// what workers have, and no words.
    pub(super) fn is_in_force(&mut self, set: &Arc<PolicySet>) -> Result<bool, Refused> {
        let digest = self.compile(set)?.digest();
        let nothing = Budgets::default();
        let budgets = self.set.as_ref().map_or(&nothing, |own| &own.budgets);
        let is_in_force =
            self.replica.get().is_some_and(|replica| replica.digest() == digest) && *budgets == set.budgets;
        if is_in_force {
            self.untold = Some(Untold::All(Arc::clone(set)));
        }
        Ok(is_in_force)
    }

    /// The documents of a version.
    pub(super) fn kept(&self, id: SnapshotId) -> Result<Documents, Refused> {
        let store = lock(&self.store);
        let state = |error: StoreError| Refused::State(error.to_string());
        match store.documents(id).map_err(state)? {
            Some(documents) => Ok(documents),
            None if store.version(id).map_err(state)?.is_some() => Err(Refused::NotKept(id)),
            None => Err(Refused::NoVersion(id)),
        }
    }

    pub(super) fn load(&mut self) -> Result<Arc<PolicySet>, Refused> {
        Ok(self.loader.load(&self.documents).map_err(CompileError::Policies)?)
    }

    /// Tells the catalogue what has come to be in force.
    pub(super) fn tell(&mut self) {
        match self.untold.take() {
            Some(Untold::Policy { of, name, policy }) if self.catalogue.is_of(of) => {
                self.catalogue.edit(&name, policy, self.id());
            }
            // It was not told of the version before, say because that could not be read again after a restart.
            Some(Untold::Policy { .. }) => {
                if let Ok(set) = self.load() {
                    self.catalogue.replace(&set, self.id());
                }
            }
            Some(Untold::All(set)) => {
                environment::warn(&set, self.environment);
                self.catalogue.replace(&set, self.id());
            }
            None => {}
        }
    }

    /// Does what could wait until the newest version was served.
    pub(super) fn tend(&mut self) -> Result<(), StoreError> {
        match self.replica.get() {
            Some(replica) => lock(&self.store).tend(|| replica.encode()),
            None => Ok(()),
        }
    }

    fn compile(&mut self, set: &PolicySet) -> Result<Content, Refused> {
        let content = self.compiler.compile(set).map_err(CompileError::Encode)?;
        match content.size() {
            size if size > MAX_SNAPSHOT_BYTES => Err(CompileError::TooLarge { size }.into()),
            _ => Ok(content),
        }
    }

    /// The documents are changed already.
    fn publish(
        &mut self,
        set: &PolicySet,
        edits: &[Edit],
        summary: Summary,
        stamp: Stamp,
    ) -> Result<Published, Refused> {
        let content = self.compile(set)?;
        self.commit(&content, edits, summary, stamp)
    }

    /// Makes a content durable under the next id. Nobody has seen it before this returns.
    fn commit(
        &mut self,
        content: &Content,
        edits: &[Edit],
        summary: Summary,
        stamp: Stamp,
    ) -> Result<Published, Refused> {
        let newest = lock(&self.store).ready().map_err(|error| Refused::State(error.to_string()))?;
        // Another file may have got the name, from a later time than ours.
        if let Some(newest) = newest {
            self.numbering.saw(newest);
        }
        let follows = newest.is_some() && newest == self.id();
        let id = self.numbering.next();
        let step = self.replica.advance(content, id).map_err(Refused::Unfit)?;
        let Some(published) = self.in_force() else { return Err(Refused::Stopping) };
        let version = Version {
            id,
            digest: content.digest(),
            at: now(),
            author: stamp.author.clone(),
            source: stamp.origin,
            of: stamp.of,
            policies: published.policies,
            summary,
            held_against: stamp.held_against,
        };
        let edits = if follows && !self.is_rewritten { Edits::Some(edits) } else { Edits::All(&self.documents) };
        let delta = step.delta.as_deref().filter(|_| follows);
        let whole = if delta.is_none() { content.encode(id, &[]) } else { Vec::new() };
        let compiled = delta.map_or(Compiled::Whole(&whole), Compiled::Delta);
        let entry = Entry { version: &version, edits, documents: self.documents.len(), compiled };
        let appended = lock(&self.store).append(&entry);
        if let Err(error) = appended {
            self.replica.undo(step);
            return Err(Refused::State(error.to_string()));
        }
        self.numbering.gave(id);
        self.is_rewritten = false;
        self.stamp = Some(stamp);
        Ok(Published { at: std::time::Instant::now(), ..published })
    }
}

fn document_of(edit: &Edit) -> &str {
    match edit {
        Edit::Write(document) => &document.name,
        Edit::Remove(name) => name,
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    // A panic while writing leaves a transaction that was rolled back.
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
