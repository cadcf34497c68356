//! Root contexts: one plugin configuration each.

use wasmtime::{Caller, Linker};

use super::abi::{ContextId, RootId, Status};
use super::bytes::Bytes;
use super::calls::{HostCall, HostFn};
use super::error::HostError;
use super::guest::answer;
use super::state::HostState;
use super::timers::Timer;
use super::vm::Vm;

#[derive(Debug, Default)]
pub(super) struct Root {
    /// The plugin configuration while it is readable.
    pub(super) configuring: Option<Bytes>,
    pub(super) timer: Option<Timer>,
    shutdown: Shutdown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Shutdown {
    #[default]
    Running,
    /// The guest asked for time: `proxy_on_done` answered `false`.
    Pending,
    /// The guest called `proxy_done` since.
    Done,
}

impl Vm {
    /// Creates a root context and configures it: `proxy_on_context_create`, `proxy_on_vm_start` if
    /// it is the VM's first, `proxy_on_configure`. Call it again for a pushed configuration: Envoy
    /// keeps the VM and makes a new root.
    ///
    /// # Errors
    ///
    /// [`HostError::Refused`] if the guest answers `false`, which in Envoy rejects the configuration:
    /// there is no such root then. And if the guest traps.
    pub fn create_root(&mut self, plugin_config: impl Into<Bytes>) -> Result<RootId, HostError> {
        let config = plugin_config.into();
        let first = !std::mem::replace(&mut self.state_mut().vm_started, true);
        let vm_config_size = size_of_bytes(&self.state().vm_config);
        let config_size = size_of_bytes(&config);
        let id = RootId(self.state_mut().next_context());
        let root = Root { configuring: Some(config), ..Root::default() };
        self.state_mut().roots.insert(id, root);
        let outcome = self.configure(id, first.then_some(vm_config_size), config_size);
        let roots = &mut self.state_mut().roots;
        match outcome {
            Ok(()) => {
                if let Some(root) = roots.get_mut(&id) {
                    root.configuring = None;
                }
                Ok(id)
            }
            Err(error) => {
                roots.remove(&id);
                Err(error)
            }
        }
    }

    /// Shuts a root down: `proxy_on_done`, then `proxy_on_delete`. Answers whether it is gone; if the
    /// guest asked for time it goes when the guest calls `proxy_done`.
    ///
    /// # Errors
    ///
    /// If there is no such root, or the guest traps.
    pub fn shutdown_root(&mut self, id: RootId) -> Result<bool, HostError> {
        self.known_root(id)?;
        if let Some(root) = self.state_mut().roots.get_mut(&id) {
            root.shutdown = Shutdown::Pending;
        }
        let done = self.call::<_, u32>(id.into(), "proxy_on_done", id.0)?;
        if done != Some(0) {
            self.delete_root(id)?;
        }
        Ok(!self.state().roots.contains_key(&id))
    }

    /// The roots alive, oldest first.
    pub fn roots(&self) -> Vec<RootId> {
        self.state().roots.keys().copied().collect()
    }

    pub(super) fn known_root(&self, id: RootId) -> Result<&Root, HostError> {
        let root = self.state().roots.get(&id);
        root.ok_or(HostError::NoRoot(id))
    }

    /// Deletes the roots that told they are done during the last callback.
    pub(super) fn finish_shutdowns(&mut self) -> Result<(), HostError> {
        loop {
            let mut roots = self.state().roots.iter();
            let done = roots.find(|(_, root)| root.shutdown == Shutdown::Done);
            let Some(id) = done.map(|(id, _)| *id) else {
                return Ok(());
            };
            self.delete_root(id)?;
        }
    }

    /// The context lives until the callback returned; it is marked so that it is deleted once.
    fn delete_root(&mut self, id: RootId) -> Result<(), HostError> {
        if let Some(root) = self.state_mut().roots.get_mut(&id) {
            root.shutdown = Shutdown::Running;
            root.timer = None;
            self.call::<_, ()>(id.into(), "proxy_on_delete", id.0)?;
            self.state_mut().roots.remove(&id);
        }
        Ok(())
    }

    fn configure(&mut self, id: RootId, vm_config_size: Option<u32>, config_size: u32) -> Result<(), HostError> {
        self.call::<_, ()>(id.into(), "proxy_on_context_create", (id.0, 0))?;
        if let Some(size) = vm_config_size {
            self.accepted(id, "proxy_on_vm_start", size)?;
        }
        self.accepted(id, "proxy_on_configure", config_size)
    }

    fn accepted(&mut self, id: RootId, callback: &'static str, size: u32) -> Result<(), HostError> {
        match self.call::<_, u32>(id.into(), callback, (id.0, size))? {
            Some(0) => Err(HostError::Refused { callback }),
            _ => Ok(()),
        }
    }
}

fn size_of_bytes(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::SetEffectiveContext.name(), |caller: Caller<'_, HostState>, context: u32| {
        answer(caller, HostFn::SetEffectiveContext, |guest| {
            let context = ContextId(context);
            guest.note(|| HostCall::SetEffectiveContext { context })?;
            if !guest.state().has_context(context) {
                return Err(Status::BadArgument.into());
            }
            guest.state_mut().effective = Some(context);
            Ok(())
        })
    })?;
    linker.func_wrap("env", HostFn::Done.name(), |caller: Caller<'_, HostState>| {
        answer(caller, HostFn::Done, |guest| {
            guest.note(|| HostCall::Done)?;
            let id = guest.state().root();
            let root = guest.state_mut().roots.get_mut(&id);
            let root = root.filter(|root| root.shutdown == Shutdown::Pending);
            root.ok_or(Status::NotFound)?.shutdown = Shutdown::Done;
            Ok(())
        })
    })?;
    Ok(())
}
