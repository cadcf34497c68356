use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use anyhow::{Result, ensure};
use tollgate_testbed::SnapshotId;

use super::clients::Decided;

/// What clients saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) allowed: u64,
    pub(super) denied: u64,
    /// While a worker had no snapshot, or none to trust.
    pub(super) unavailable: u64,
    lost_connections: u64,
    /// Lost one after the other, without an answer in between.
    lost_in_a_row: u32,
    /// Which edit each snapshot is of.
    edits: BTreeMap<SnapshotId, u64>,
    /// The latest snapshot of this connection: all its requests go to one worker.
    latest: Option<SnapshotId>,
    by_vm: BTreeMap<String, SnapshotId>,
    /// What must not be, in words.
    broken: Vec<String>,
}

impl Seen {
    pub(super) fn start_connection(&mut self) {
        self.latest = None;
    }

    /// Whether that can happen.
    pub(super) fn lost_connection(&mut self) -> bool {
        self.lost_connections += 1;
        self.lost_in_a_row += 1;
        self.lost_in_a_row < 1000
    }

    pub(super) fn answer(&mut self, page: &str, status: u16, decided: Option<Decided>) {
        self.lost_in_a_row = 0;
        match (status, decided) {
            (200, Some(decided)) => {
                self.allowed += 1;
                self.decided(page, &decided);
            }
            (403, _) => self.denied += 1,
            (503, _) => self.unavailable += 1,
            _ => self.broken.push(format!("`{page}` was answered with {status}")),
        }
    }

    fn decided(&mut self, page: &str, decided: &Decided) {
        let Decided { snapshot, edit, vm } = decided;
        let is_allowed = page == "/probe" || page == "/even" && edit.is_multiple_of(2);
        if !is_allowed {
            self.broken.push(format!("`{page}` passed under {snapshot}, edit {edit}"));
        }
        if self.latest.replace(*snapshot).is_some_and(|latest| latest > *snapshot) {
            self.broken.push(format!("a worker went back to {snapshot}"));
        }
        if self.by_vm.insert(vm.clone(), *snapshot).is_some_and(|latest| latest > *snapshot) {
            self.broken.push(format!("VM {vm} went back to {snapshot}"));
        }
        self.is_of(*snapshot, *edit);
    }

    fn is_of(&mut self, snapshot: SnapshotId, edit: u64) {
        match self.edits.entry(snapshot) {
            Entry::Vacant(new) => {
                new.insert(edit);
            }
            Entry::Occupied(known) if *known.get() == edit => {}
            Entry::Occupied(known) => {
                self.broken.push(format!("{snapshot} is of edit {} and of edit {edit}", known.get()));
            }
        }
    }

    /// Adds what another client saw at the same time.
    pub(super) fn add(&mut self, other: Seen) {
        self.allowed += other.allowed;
        self.denied += other.denied;
        self.unavailable += other.unavailable;
        self.lost_connections += other.lost_connections;
        self.broken.extend(other.broken);
        for (snapshot, edit) in other.edits {
            self.is_of(snapshot, edit);
        }
    }

    /// Every snapshot that decided.
    pub(super) fn snapshots(&self) -> impl Iterator<Item = &SnapshotId> {
        self.edits.keys()
    }

    /// Fails if anything was seen that must not be.
    pub(super) fn require_sound(&self) -> Result<()> {
        let first: Vec<_> = self.broken.iter().take(10).collect();
        ensure!(first.is_empty(), "{} times something was wrong, first: {first:#?}", self.broken.len());
        let edits: Vec<_> = self.edits.values().collect();
        ensure!(edits.is_sorted(), "later snapshots were of earlier edits: {:?}", self.edits);
        Ok(())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { allowed, denied, unavailable, lost_connections, edits, .. } = self;
        write!(
            f,
            "{allowed} requests allowed, {denied} denied, {unavailable} refused for want of a snapshot, \
             {lost_connections} connections lost, {} snapshots seen",
            edits.len()
        )
    }
}
