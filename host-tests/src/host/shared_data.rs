//! Shared data: keys and values that outlive a VM, with compare-and-swap.

use std::collections::HashMap;

use wasmtime::{Caller, Linker};

use super::abi::Status;
use super::bytes::Bytes;
use super::calls::{HostCall, HostFn};
use super::guest::answer;
use super::process::Process;
use super::state::HostState;
use super::vm::Vm;

/// A value and the number that names its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedValue {
    /// The value.
    pub value: Bytes,
    /// Changes with every write; never 0.
    pub cas: u32,
}

#[derive(Debug, Default)]
pub(super) struct SharedData {
    /// Keyed by VM id and key.
    values: HashMap<(String, String), SharedValue>,
    last_cas: u32,
}

impl SharedData {
    fn get(&self, vm_id: &str, key: &str) -> Option<SharedValue> {
        self.values.get(&(vm_id.to_owned(), key.to_owned())).cloned()
    }

    fn set(&mut self, vm_id: &str, key: &str, value: Bytes, cas: Option<u32>) -> Result<(), Status> {
        self.last_cas = self.last_cas.wrapping_add(1).max(1);
        let next = SharedValue { value, cas: self.last_cas };
        let slot = (vm_id.to_owned(), key.to_owned());
        match (self.values.get_mut(&slot), cas) {
            (Some(old), Some(cas)) if old.cas != cas => Err(Status::CasMismatch),
            (Some(old), _) => {
                *old = next;
                Ok(())
            }
            (None, _) => {
                self.values.insert(slot, next);
                Ok(())
            }
        }
    }
}

impl Process {
    /// What VMs with this id stored under a key.
    pub fn shared_data(&self, vm_id: &str, key: &str) -> Option<SharedValue> {
        self.lock().data.get(vm_id, key)
    }

    /// Stores a value as a VM with this id would.
    pub fn set_shared_data(&self, vm_id: &str, key: &str, value: impl Into<Bytes>) {
        // Without a version to compare there is no mismatch.
        let _ = self.lock().data.set(vm_id, key, value.into(), None);
    }
}

impl Vm {
    /// What this VM, or another with its id, stored under a key.
    pub fn shared_data(&self, key: &str) -> Option<SharedValue> {
        let state = self.state();
        state.process.shared_data(&state.vm_id, key)
    }

    /// Stores a value as another VM with this id would.
    pub fn set_shared_data(&self, key: &str, value: impl Into<Bytes>) {
        let state = self.state();
        state.process.set_shared_data(&state.vm_id, key, value);
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::GetSharedData.name(), get)?;
    linker.func_wrap("env", HostFn::SetSharedData.name(), set)?;
    Ok(())
}

fn get(
    caller: Caller<'_, HostState>,
    key: u32,
    key_size: u32,
    to_value: u32,
    to_size: u32,
    to_cas: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetSharedData, |guest| {
        let key = guest.text(key, key_size)?;
        guest.note(|| HostCall::GetSharedData { key: key.clone() })?;
        let state = guest.state();
        let found = state.process.shared_data(&state.vm_id, &key);
        let found = found.ok_or(Status::NotFound)?;
        guest.hand_over(&found.value, to_value, to_size)?;
        guest.write_u32(to_cas, found.cas)
    })
}

fn set(
    caller: Caller<'_, HostState>,
    key: u32,
    key_size: u32,
    value: u32,
    value_size: u32,
    cas: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::SetSharedData, |guest| {
        let key = guest.text(key, key_size)?;
        let value = guest.bytes(value, value_size)?;
        let cas = (cas != 0).then_some(cas);
        guest.note(|| HostCall::SetSharedData { key: key.clone(), value: value.clone(), cas })?;
        let state = guest.state();
        let mut process = state.process.lock();
        Ok(process.data.set(&state.vm_id, &key, value, cas)?)
    })
}
