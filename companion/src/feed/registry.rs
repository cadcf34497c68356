use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tollgate_policy::snapshot::SnapshotId;

use crate::publisher::Current;

use super::hello::Hello;
use super::limits::{BEATS_TO_DEATH, BEATS_TO_OBLIVION, MAX_VMS};
use super::vm::{Nacked, Vm, VmId, WorkerView};

/// Every plugin VM that has been heard of lately.
#[derive(Debug)]
pub(crate) struct Registry {
    vms: Mutex<Vms>,
    /// How often a VM is to be heard of.
    beat: Duration,
}

#[derive(Debug, Default)]
struct Vms {
    by_id: HashMap<VmId, Vm>,
    streams: u64,
}

/// Counts of living VMs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkerCounts {
    pub(crate) alive: usize,
    pub(crate) behind: usize,
    pub(crate) serving: usize,
}

/// Too many VMs are alive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// A VM's place in the registry for as long as its stream lasts.
#[derive(Debug)]
pub(super) struct Seat {
    registry: Arc<Registry>,
    vm: VmId,
    stream: u64,
}

impl Registry {
    pub(crate) fn new(beat: Duration) -> Self {
        Registry { vms: Mutex::default(), beat }
    }

    /// Silence after which a VM counts as dead.
    pub(super) fn patience(&self) -> Duration {
        self.beat * BEATS_TO_DEATH
    }

    /// Seats a VM that has said hello. Its former stream, if there is one, is told to end: the receiver of that stream
    /// resolves.
    pub(super) fn seat(self: &Arc<Self>, hello: Hello, now: Instant) -> Result<(Seat, oneshot::Receiver<()>), Full> {
        let mut vms = self.lock();
        let oblivion = self.beat * BEATS_TO_OBLIVION;
        vms.by_id.retain(|_, vm| now.duration_since(vm.last_seen) < oblivion || vm.stream.is_some());
        if vms.by_id.len() >= MAX_VMS && !vms.by_id.contains_key(&hello.vm) {
            let patience = self.patience();
            vms.by_id.retain(|_, vm| now.duration_since(vm.last_seen) < patience || vm.stream.is_some());
            if vms.by_id.len() >= MAX_VMS {
                return Err(Full);
            }
        }
        vms.streams += 1;
        let number = vms.streams;
        let (end, ended) = oneshot::channel();
        let id = hello.vm;
        let vm = vms.by_id.entry(id).or_insert_with(|| Vm {
            hello: hello.clone(),
            serving: false,
            nacked: None,
            first_seen: now,
            last_seen: now,
            stream: None,
            measured: None,
        });
        vm.hello = hello;
        vm.last_seen = now;
        vm.stream = Some((number, end));
        Ok((Seat { registry: Arc::clone(self), vm: id, stream: number }, ended))
    }

    /// Every VM that is remembered, by node, then by id.
    pub(crate) fn list(&self, current: &Current, now: Instant) -> Vec<WorkerView> {
        let current = current.borrow().as_ref().map(|published| published.id);
        let vms = self.lock();
        let mut views: Vec<_> = vms.by_id.iter().map(|(id, vm)| self.view(*id, vm, current, now)).collect();
        drop(vms);
        views.sort_by(|a, b| (&a.node, a.vm).cmp(&(&b.node, b.vm)));
        views
    }

    pub(crate) fn count(&self, current: &Current, now: Instant) -> WorkerCounts {
        let mut counts = WorkerCounts::default();
        for worker in self.list(current, now).iter().filter(|worker| worker.alive) {
            counts.alive += 1;
            counts.behind += usize::from(worker.behind);
            counts.serving += usize::from(worker.serving);
        }
        counts
    }

    fn view(&self, id: VmId, vm: &Vm, current: Option<SnapshotId>, now: Instant) -> WorkerView {
        let silent_for = now.duration_since(vm.last_seen);
        WorkerView {
            vm: id,
            node: vm.hello.node.clone(),
            cluster: vm.hello.cluster.clone(),
            build: vm.hello.build.clone(),
            applied: vm.hello.applied,
            serving: vm.serving,
            alive: silent_for < self.patience(),
            connected: vm.stream.is_some(),
            behind: vm.hello.applied != current,
            nacked: vm.nacked.clone(),
            silent_for,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vms> {
        // Every change below is complete before anything in it could panic.
        self.vms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    pub(super) fn vm(&self) -> VmId {
        self.vm
    }

    pub(super) fn beat(&self, applied: Option<SnapshotId>, serving: bool, now: Instant) {
        self.update(|vm| {
            vm.last_seen = now;
            vm.hello.applied = applied;
            vm.serving = serving;
        });
    }

    /// Notes what the VM now enforces. Gives the time since it could have: since the publication, where that is known, or
    /// since the VM exists, if that is shorter; once per snapshot.
    pub(super) fn acked(&self, id: SnapshotId, published_at: Option<Instant>, now: Instant) -> Option<Duration> {
        self.update(|vm| {
            vm.last_seen = now;
            vm.hello.applied = Some(id);
            vm.nacked = None;
            let published_at = published_at.filter(|_| vm.measured != Some(id))?;
            vm.measured = Some(id);
            Some(now.duration_since(published_at.max(vm.first_seen)))
        })
        .flatten()
    }

    pub(super) fn nacked(&self, nack: Nacked, now: Instant) {
        self.update(|vm| {
            vm.last_seen = now;
            vm.nacked = Some(nack);
        });
    }

    /// A stream that was replaced speaks for nobody any more.
    fn update<T>(&self, change: impl FnOnce(&mut Vm) -> T) -> Option<T> {
        let mut vms = self.registry.lock();
        let vm = vms.by_id.get_mut(&self.vm)?;
        let is_mine = vm.stream.as_ref().is_some_and(|(number, _)| *number == self.stream);
        is_mine.then(|| change(vm))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.update(|vm| vm.stream = None);
    }
}

#[cfg(test)]
mod tests;
