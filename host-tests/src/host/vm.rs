//! One VM: a plugin's instance and everything the host keeps for it.

use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::{Instance, Store, Trap, TypedFunc, WasmParams, WasmResults};

use super::abi::ContextId;
use super::calls::{CallRecord, HostFn};
use super::clock::Clock;
use super::error::HostError;
use super::faults::Fault;
use super::guest::Exports;
use super::module::Module;
use super::options::VmOptions;
use super::process::Process;
use super::state::HostState;
use super::stream::Side;

/// A running plugin.
///
/// Its methods are the proxy: they make callbacks into the guest and keep what the guest asks for.
/// A guest that traps is reported as an error; from then on the VM is dead, as Envoy's is, and
/// every further callback answers [`HostError::Dead`]. Start another VM from the same
/// [`Module`] (and the same [`Process`]) to see what a reloaded plugin does.
pub struct Vm {
    store: Store<HostState>,
    instance: Instance,
    /// The fuel of one callback; `None` if the module is not metered.
    fuel: Option<u64>,
    fuel_used: u64,
    /// The callback the guest trapped in.
    died_in: Option<&'static str>,
}

/// Tells the VMs of a test process apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VmInstance(u64);

impl VmInstance {
    pub(super) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

impl Vm {
    /// Instantiates the module and runs `_initialize` (or, for a command, `_start`).
    ///
    /// # Errors
    ///
    /// If the module does not fit the memory limit, lacks `memory` or an allocator, or traps.
    pub fn start(module: &Module, options: VmOptions) -> Result<Self, HostError> {
        let fuel = module.metered.then_some(options.fuel_per_call);
        let mut store = Store::new(&module.engine, HostState::new(options));
        store.limiter(|state| &mut state.limits);
        refuel(&mut store, fuel);
        let instance =
            module.pre.instantiate(&mut store).map_err(|error| HostError::Link { reason: format!("{error:#}") })?;
        let mut vm = Self { store, instance, fuel, fuel_used: 0, died_in: None };
        let exports = vm.exports()?;
        vm.state_mut().exports = Some(exports);
        if vm.call::<_, ()>(ContextId::VM, "_initialize", ())?.is_none() {
            vm.call::<_, ()>(ContextId::VM, "_start", ())?;
        } else {
            vm.call::<_, i32>(ContextId::VM, "main", (0, 0))?;
        }
        vm.state_mut().initializing = false;
        Ok(vm)
    }

    /// Every host call so far, oldest first, up to [`VmOptions::call_limit`].
    pub fn calls(&self) -> &[CallRecord] {
        self.state().calls.records()
    }

    /// The host calls so far, which are then forgotten.
    pub fn take_calls(&mut self) -> Vec<CallRecord> {
        self.state_mut().calls.take()
    }

    /// The host calls so far as one line each, without WASI functions and without the functions in
    /// `but`; all are then forgotten.
    pub fn take_call_lines(&mut self, but: &[HostFn]) -> Vec<String> {
        let records = self.take_calls().into_iter();
        records
            .filter(|record| {
                let function = record.call.function();
                function.is_some_and(|function| !but.contains(&function))
            })
            .map(|record| record.call.to_string())
            .collect()
    }

    /// How many host calls went unrecorded because the record was full.
    pub fn dropped_calls(&self) -> u64 {
        self.state().calls.dropped()
    }

    /// Arms a fault. Faults strike in the order they were armed.
    pub fn inject(&mut self, fault: Fault) {
        self.state_mut().faults.arm(fault);
    }

    /// Disarms every fault.
    pub fn clear_faults(&mut self) {
        self.state_mut().faults.clear();
    }

    /// Whether the guest can still be called.
    pub fn is_alive(&self) -> bool {
        self.died_in.is_none()
    }

    /// The fuel the last callback used, its allocations for host calls included: about the number
    /// of wasm instructions, the same on every machine. `None` if the module is not metered.
    pub fn fuel_used(&self) -> Option<u64> {
        self.fuel.map(|_| self.fuel_used)
    }

    /// The bytes of the guest's linear memory now. It never shrinks.
    pub fn memory_size(&self) -> usize {
        let exports = self.state().exports.as_ref();
        exports.map_or(0, |exports| exports.memory.data_size(&self.store))
    }

    /// The time the guest sees.
    pub fn clock(&self) -> &Clock {
        &self.state().clock
    }

    /// What this VM shares with others.
    pub fn process(&self) -> &Process {
        &self.state().process
    }

    pub(super) fn state(&self) -> &HostState {
        self.store.data()
    }

    pub(super) fn state_mut(&mut self) -> &mut HostState {
        self.store.data_mut()
    }

    pub(super) fn instance_id(&self) -> VmInstance {
        self.state().instance
    }

    /// Makes a callback; `None` if the guest does not export it. Then does what the guest asked to
    /// have done after it: resumes streams, deletes contexts that are done.
    pub(super) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        context: ContextId,
        name: &'static str,
        arguments: P,
    ) -> Result<Option<R>, HostError> {
        if let Some(callback) = self.died_in {
            return Err(HostError::Dead { callback });
        }
        let Some(function) = self.export::<P, R>(name)? else {
            return Ok(None);
        };
        let state = self.store.data_mut();
        state.callback = name;
        state.current = context;
        state.effective = None;
        state.logs.panic = None;
        refuel(&mut self.store, self.fuel);
        let outcome = function.call(&mut self.store, arguments);
        if let Some(limit) = self.fuel {
            self.fuel_used = limit.saturating_sub(self.store.get_fuel().unwrap_or(0));
        }
        self.state_mut().effective = None;
        let value = outcome.map_err(|error| self.died(name, &error))?;
        self.resume_streams();
        self.finish_shutdowns()?;
        Ok(Some(value))
    }

    fn resume_streams(&mut self) {
        for stream in self.state_mut().streams.values_mut() {
            for side in [Side::Request, Side::Response] {
                if std::mem::take(&mut stream.half_mut(side).resume) {
                    stream.resume(side);
                }
            }
        }
    }

    fn died(&mut self, callback: &'static str, error: &wasmtime::Error) -> HostError {
        self.died_in = Some(callback);
        if let (Some(Trap::OutOfFuel), Some(limit)) = (error.downcast_ref::<Trap>(), self.fuel) {
            return HostError::OutOfFuel { callback, limit };
        }
        HostError::Trapped { callback, reason: format!("{error:?}"), panic: self.state_mut().logs.panic.take() }
    }

    fn export<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<TypedFunc<P, R>>, HostError> {
        let Some(function) = self.instance.get_func(&mut self.store, name) else {
            return Ok(None);
        };
        let typed = function.typed(&self.store);
        typed.map(Some).map_err(|error| HostError::Signature { name, reason: format!("{error:#}") })
    }

    fn exports(&mut self) -> Result<Exports, HostError> {
        let memory = self.instance.get_memory(&mut self.store, "memory");
        let memory = memory.ok_or(HostError::MissingExport { name: "memory" })?;
        let allocate = match self.export("proxy_on_memory_allocate")? {
            Some(allocate) => Some(allocate),
            None => self.export("malloc")?,
        };
        let allocate = allocate.ok_or(HostError::MissingExport { name: "proxy_on_memory_allocate" })?;
        Ok(Exports { memory, allocate })
    }
}

fn refuel(store: &mut Store<HostState>, fuel: Option<u64>) {
    if let Some(fuel) = fuel {
        // Fails for a module that is not metered, and then there is no fuel.
        let _ = store.set_fuel(fuel);
    }
}
