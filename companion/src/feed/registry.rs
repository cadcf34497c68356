use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tollgate_policy::snapshot::SnapshotId;

use crate::publisher::Current;

use super::hello::Hello;
use super::limits::{BEATS_TO_DEATH, BEATS_TO_OBLIVION, MAX_VMS, SILENT_BEATS_TO_OBLIVION};
use super::publications::Publications;
use super::related::ExtractId;
use super::vm::{Nacked, State, Vm, VmId, WorkerView};

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
    publications: Publications,
}

/// Counts of VMs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct WorkerCounts {
    pub(crate) alive: usize,
    /// Alive, with another snapshot than the current one.
    pub(crate) behind: usize,
    pub(crate) serving: usize,
    pub(crate) nacked: usize,
    pub(crate) incompatible: usize,
    pub(crate) silent: usize,
    /// How long the one that is worst off has been without a newer snapshot; the silent ones included.
    pub(crate) worst_lag: Duration,
}

/// How a version has spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Enforcement {
    /// How many of the living decide with it or with a newer one.
    pub(crate) applied_by: usize,
    pub(crate) alive: usize,
    /// From its publication to the first VM that enforced it; none if nobody did, or it is forgotten.
    pub(crate) first: Option<Duration>,
    /// The same for the last VM so far.
    pub(crate) last: Option<Duration>,
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

    /// Notes what may be sent from now on.
    pub(super) fn published(&self, id: SnapshotId, at: Instant) {
        self.lock().publications.note(id, at);
    }

    /// Seats a VM that has said hello. Its former stream, if there is one, is told to end: the receiver of that stream
    /// resolves.
    pub(super) fn seat(self: &Arc<Self>, hello: Hello, now: Instant) -> Result<(Seat, oneshot::Receiver<()>), Full> {
        let mut vms = self.lock();
        vms.forget(self.beat, now);
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
            applied: None,
            serving: false,
            nacked: None,
            apply_time: None,
            first_seen: now,
            last_seen: now,
            stream: None,
            fell_silent: false,
            incompatible: false,
            measured: None,
            refused_extract: None,
        });
        vm.applied = hello.applied.map(|held| held.id);
        vm.hello = hello;
        vm.last_seen = now;
        vm.fell_silent = false;
        vm.incompatible = false;
        vm.stream = Some((number, end));
        Ok((Seat { registry: Arc::clone(self), vm: id, stream: number }, ended))
    }

    /// Every VM that is remembered, by node, then by id.
    pub(crate) fn list(&self, current: &Current, now: Instant) -> Vec<WorkerView> {
        let vms = self.up_to_date(current, now);
        let patience = self.patience();
        let mut views: Vec<_> =
            vms.by_id.iter().map(|(id, vm)| view(*id, vm, &vms.publications, patience, now)).collect();
        drop(vms);
        views.sort_by(|a, b| (&a.node, a.vm).cmp(&(&b.node, b.vm)));
        views
    }

    pub(crate) fn count(&self, current: &Current, now: Instant) -> WorkerCounts {
        let mut counts = WorkerCounts::default();
        for worker in self.list(current, now) {
            counts.alive += usize::from(worker.alive);
            counts.behind += usize::from(worker.alive && worker.behind.is_some());
            counts.serving += usize::from(worker.alive && worker.serving);
            counts.nacked += usize::from(worker.state == State::Nacked);
            counts.incompatible += usize::from(worker.state == State::Incompatible);
            counts.silent += usize::from(worker.state == State::Silent);
            if let Some(behind) = worker.behind.filter(|_| worker.state != State::Gone) {
                counts.worst_lag = counts.worst_lag.max(behind.time);
            }
        }
        counts
    }

    /// How a version has spread among the VMs.
    pub(crate) fn enforcement(&self, id: SnapshotId, now: Instant) -> Enforcement {
        let vms = self.lock();
        let patience = self.patience();
        let mut enforcement = Enforcement::default();
        for vm in vms.by_id.values().filter(|vm| now.duration_since(vm.last_seen) < patience) {
            enforcement.alive += 1;
            enforcement.applied_by += usize::from(vm.applied >= Some(id));
        }
        if let Some(publication) = vms.publications.find(id) {
            enforcement.first = publication.first;
            enforcement.last = publication.last;
        }
        enforcement
    }

    /// Without the VMs that are forgotten by now, and with the current snapshot among the publications.
    fn up_to_date(&self, current: &Current, now: Instant) -> MutexGuard<'_, Vms> {
        let newest = current.borrow().as_ref().map(|published| (published.id, published.at));
        let mut vms = self.lock();
        vms.forget(self.beat, now);
        if let Some((id, at)) = newest {
            vms.publications.note(id, at);
        }
        vms
    }

    fn lock(&self) -> MutexGuard<'_, Vms> {
        // Every change below is complete before anything in it could panic.
        self.vms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vms {
    /// Whoever said goodbye is forgotten soon; whoever fell silent stays long enough to be asked about.
    fn forget(&mut self, beat: Duration, now: Instant) {
        self.by_id.retain(|_, vm| {
            let beats = if vm.fell_silent { SILENT_BEATS_TO_OBLIVION } else { BEATS_TO_OBLIVION };
            vm.stream.is_some() || now.duration_since(vm.last_seen) < beat * beats
        });
    }
}

fn view(id: VmId, vm: &Vm, publications: &Publications, patience: Duration, now: Instant) -> WorkerView {
    let silent_for = now.duration_since(vm.last_seen);
    let alive = silent_for < patience;
    let behind = publications.behind(vm, now);
    let state = match behind {
        _ if !alive && (vm.fell_silent || vm.stream.is_some()) => State::Silent,
        _ if !alive => State::Gone,
        _ if vm.incompatible => State::Incompatible,
        None => State::Ok,
        Some(_) if vm.nacked.is_some() => State::Nacked,
        Some(_) => State::Behind,
    };
    WorkerView {
        vm: id,
        node: vm.hello.node.clone(),
        cluster: vm.hello.cluster.clone(),
        build: vm.hello.build.clone(),
        format: vm.hello.format,
        warm: vm.hello.warm,
        state,
        applied: vm.applied,
        serving: vm.serving,
        alive,
        connected: vm.stream.is_some(),
        behind,
        nacked: vm.nacked.clone(),
        apply_time: vm.apply_time,
        silent_for,
    }
}

impl Seat {
    pub(super) fn vm(&self) -> VmId {
        self.vm
    }

    pub(super) fn beat(&self, applied: Option<SnapshotId>, serving: bool, now: Instant) {
        self.update(|vm, _| {
            vm.last_seen = now;
            vm.applied = applied;
            vm.serving = serving;
        });
    }

    /// Notes what the VM now enforces. Gives the time since it could have: since the publication, where that is known, or
    /// since the VM exists, if that is shorter; once per snapshot.
    pub(super) fn acked(
        &self,
        id: SnapshotId,
        apply_time: Duration,
        published_at: Option<Instant>,
        now: Instant,
    ) -> Option<Duration> {
        self.update(|vm, publications| {
            vm.last_seen = now;
            vm.applied = Some(id);
            vm.nacked = None;
            vm.apply_time = Some(apply_time);
            let published_at = published_at.filter(|_| vm.measured != Some(id))?;
            vm.measured = Some(id);
            let delay = now.saturating_duration_since(published_at.max(vm.first_seen));
            publications.enforced(id, delay);
            Some(delay)
        })
        .flatten()
    }

    pub(super) fn nacked(&self, nack: Nacked) {
        self.update(|vm, _| {
            vm.last_seen = nack.at;
            vm.nacked = Some(nack);
        });
    }

    /// The last index snapshot of which the VM has refused a part, on whatever stream.
    pub(super) fn refused_extract(&self) -> Option<ExtractId> {
        self.update(|vm, _| vm.refused_extract).flatten()
    }

    /// The VM has refused a part of this.
    pub(super) fn refused(&self, extract: ExtractId) {
        self.update(|vm, _| vm.refused_extract = Some(extract));
    }

    /// Nothing was heard on the stream for too long.
    pub(super) fn fell_silent(&self) {
        self.update(|vm, _| vm.fell_silent = true);
    }

    /// The VM cannot read what is sent here.
    pub(super) fn incompatible(&self) {
        self.update(|vm, _| vm.incompatible = true);
    }

    /// A stream that was replaced speaks for nobody any more.
    fn update<T>(&self, change: impl FnOnce(&mut Vm, &mut Publications) -> T) -> Option<T> {
        let mut vms = self.registry.lock();
        let Vms { by_id, publications, .. } = &mut *vms;
        let vm = by_id.get_mut(&self.vm)?;
        let is_mine = vm.stream.as_ref().is_some_and(|(number, _)| *number == self.stream);
        is_mine.then(|| change(vm, publications))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.update(|vm, _| vm.stream = None);
    }
}

#[cfg(test)]
mod tests;
