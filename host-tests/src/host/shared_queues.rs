//! Shared queues: registered by one VM, filled by any, drained by their owner.

use std::collections::{BTreeMap, VecDeque};

use wasmtime::{Caller, Linker};

use super::abi::{RootId, Status};
use super::bytes::Bytes;
use super::calls::{HostCall, HostFn};
use super::error::HostError;
use super::guest::answer;
use super::state::HostState;
use super::vm::{Vm, VmInstance};

/// Most items one queue holds; Envoy sets no bound, a test host needs one.
const MAX_ITEMS: usize = 1 << 16;

#[derive(Debug)]
struct Queue {
    vm_id: String,
    name: String,
    owner: (VmInstance, RootId),
    items: VecDeque<Bytes>,
    /// Items enqueued that the owner was not told of yet.
    untold: usize,
}

#[derive(Debug, Default)]
pub(super) struct SharedQueues {
    by_id: BTreeMap<u32, Queue>,
}

impl SharedQueues {
    fn resolve(&self, vm_id: &str, name: &str) -> Option<u32> {
        self.by_id.iter().find(|(_, queue)| queue.vm_id == vm_id && queue.name == name).map(|(id, _)| *id)
    }

    /// Registering a known queue makes its owner the caller and keeps the items.
    fn register(&mut self, vm_id: &str, name: &str, owner: (VmInstance, RootId)) -> u32 {
        if let Some(id) = self.resolve(vm_id, name) {
            if let Some(queue) = self.by_id.get_mut(&id) {
                queue.owner = owner;
            }
            return id;
        }
        let id = self.by_id.last_key_value().map_or(1, |(id, _)| id + 1);
        let queue = Queue { vm_id: vm_id.to_owned(), name: name.to_owned(), owner, items: VecDeque::new(), untold: 0 };
        self.by_id.insert(id, queue);
        id
    }

    fn enqueue(&mut self, id: u32, item: Bytes) -> Result<(), Status> {
        let queue = self.by_id.get_mut(&id).ok_or(Status::NotFound)?;
        if queue.items.len() >= MAX_ITEMS {
            return Err(Status::InternalFailure);
        }
        queue.items.push_back(item);
        queue.untold += 1;
        Ok(())
    }

    fn dequeue(&mut self, id: u32) -> Result<Bytes, Status> {
        let queue = self.by_id.get_mut(&id).ok_or(Status::NotFound)?;
        queue.items.pop_front().ok_or(Status::Empty)
    }

    /// The next notification for this VM: the root that owns the queue, and the queue.
    fn next_untold(&mut self, vm: VmInstance) -> Option<(RootId, u32)> {
        let (id, queue) = self.by_id.iter_mut().find(|(_, queue)| queue.owner.0 == vm && queue.untold > 0)?;
        queue.untold -= 1;
        Some((queue.owner.1, *id))
    }
}

impl Vm {
    /// Tells this VM of items in its queues, one `proxy_on_queue_ready` for each enqueued since,
    /// and answers how many there were.
    ///
    /// # Errors
    ///
    /// If the guest traps, or the root that registered a queue is gone.
    pub fn deliver_queue_events(&mut self) -> Result<usize, HostError> {
        let mut told = 0;
        let instance = self.instance_id();
        loop {
            let next = self.state().process.lock().queues.next_untold(instance);
            let Some((root, queue)) = next else {
                return Ok(told);
            };
            self.known_root(root)?;
            self.call::<_, ()>(root.into(), "proxy_on_queue_ready", (root.0, queue))?;
            told += 1;
        }
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        HostFn::RegisterSharedQueue.name(),
        |caller: Caller<'_, HostState>, name: u32, name_size: u32, to_id: u32| {
            answer(caller, HostFn::RegisterSharedQueue, |guest| {
                let name = guest.text(name, name_size)?;
                guest.note(|| HostCall::RegisterSharedQueue { name: name.clone() })?;
                let state = guest.state();
                let owner = (state.instance, state.root());
                let mut process = state.process.lock();
                let id = process.queues.register(&state.vm_id, &name, owner);
                drop(process);
                guest.write_u32(to_id, id)
            })
        },
    )?;
    linker.func_wrap("env", HostFn::ResolveSharedQueue.name(), resolve)?;
    linker.func_wrap(
        "env",
        HostFn::EnqueueSharedQueue.name(),
        |caller: Caller<'_, HostState>, queue: u32, value: u32, size: u32| {
            answer(caller, HostFn::EnqueueSharedQueue, |guest| {
                let value = guest.bytes(value, size)?;
                guest.note(|| HostCall::EnqueueSharedQueue { queue, value: value.clone() })?;
                Ok(guest.state().process.lock().queues.enqueue(queue, value)?)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        HostFn::DequeueSharedQueue.name(),
        |caller: Caller<'_, HostState>, queue: u32, to_value: u32, to_size: u32| {
            answer(caller, HostFn::DequeueSharedQueue, |guest| {
                guest.note(|| HostCall::DequeueSharedQueue { queue })?;
                let item = guest.state().process.lock().queues.dequeue(queue)?;
                guest.hand_over(&item, to_value, to_size)
            })
        },
    )?;
    Ok(())
}

fn resolve(
    caller: Caller<'_, HostState>,
    vm_id: u32,
    vm_id_size: u32,
    name: u32,
    name_size: u32,
    to_id: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::ResolveSharedQueue, |guest| {
        let vm_id = guest.text(vm_id, vm_id_size)?;
        let name = guest.text(name, name_size)?;
        guest.note(|| HostCall::ResolveSharedQueue { vm_id: vm_id.clone(), name: name.clone() })?;
        let state = guest.state();
        let vm_id = if vm_id.is_empty() { &state.vm_id } else { &vm_id };
        let found = state.process.lock().queues.resolve(vm_id, &name);
        guest.write_u32(to_id, found.ok_or(Status::NotFound)?)
    })
}
