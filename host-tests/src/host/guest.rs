//! The host's side of one host call: the guest's memory, the record, the injected faults.

use wasmtime::{Caller, Memory, TypedFunc};

use super::abi::Status;
use super::bytes::Bytes;
use super::calls::{CallRecord, HostCall, HostFn};
use super::state::HostState;
use super::wire::{self, Pairs};

/// What every host function needs of the guest, known once it is instantiated.
#[derive(Clone)]
pub(super) struct Exports {
    pub(super) memory: Memory,
    pub(super) allocate: TypedFunc<u32, u32>,
}

/// Why a host call did not do what it says.
pub(super) enum Halt {
    /// It answers this status.
    Status(Status),
    /// The guest trapped inside it, while allocating.
    Trap(wasmtime::Error),
}

impl From<Status> for Halt {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

pub(super) type Answer<T = ()> = Result<T, Halt>;

/// The guest during one host call.
pub(super) struct Guest<'a> {
    caller: Caller<'a, HostState>,
    exports: Exports,
    record: Option<usize>,
    noted: bool,
}

/// Answers one host call: runs `body`, records the outcome, and gives the status back to the guest.
///
/// # Errors
///
/// Traps the guest if it calls before its initialisation is over (as Envoy does for everything but
/// logging), or if it traps while it allocates memory for the answer.
pub(super) fn answer(
    caller: Caller<'_, HostState>,
    function: HostFn,
    body: impl FnOnce(&mut Guest<'_>) -> Answer,
) -> wasmtime::Result<u32> {
    let state = caller.data();
    if state.initializing && function != HostFn::Log {
        wasmtime::bail!("`{function}` called before the module was initialised");
    }
    let Some(mut guest) = Guest::new(caller) else {
        wasmtime::bail!("`{function}` called during instantiation");
    };
    let status = match body(&mut guest) {
        Ok(()) => Status::Ok,
        Err(Halt::Status(status)) => status,
        Err(Halt::Trap(trap)) => return Err(trap),
    };
    guest.conclude(function, status);
    Ok(status.code())
}

impl<'a> Guest<'a> {
    /// `None` while the module is being instantiated: it has no memory to speak of yet.
    pub(super) fn new(caller: Caller<'a, HostState>) -> Option<Self> {
        let exports = caller.data().exports.clone()?;
        Some(Self { caller, exports, record: None, noted: false })
    }

    /// Records the decoded call, and answers an injected fault if one strikes it.
    ///
    /// Every host function calls this once, after it decoded its arguments and before it does
    /// anything.
    pub(super) fn note(&mut self, call: impl FnOnce() -> HostCall) -> Answer {
        self.noted = true;
        let state = self.caller.data_mut();
        if !state.calls.has_room() && state.faults.is_empty() {
            state.calls.count_dropped();
            return Ok(());
        }
        let call = call();
        let fault = state.faults.strike(&call);
        self.record = state.record(call);
        fault.map_or(Ok(()), |status| Err(status.into()))
    }

    pub(super) fn state(&self) -> &HostState {
        self.caller.data()
    }

    pub(super) fn state_mut(&mut self) -> &mut HostState {
        self.caller.data_mut()
    }

    /// The bytes at a pointer.
    pub(super) fn bytes(&self, pointer: u32, size: u32) -> Answer<Bytes> {
        let range = span(pointer, size);
        self.exports
            .memory
            .data(&self.caller)
            .get(range)
            .map(Bytes::from)
            .ok_or_else(|| Status::InvalidMemoryAccess.into())
    }

    /// The text at a pointer, invalid UTF-8 replaced.
    pub(super) fn text(&self, pointer: u32, size: u32) -> Answer<String> {
        Ok(self.bytes(pointer, size)?.to_text())
    }

    /// The pair list at a pointer.
    pub(super) fn pairs(&self, pointer: u32, size: u32) -> Answer<Pairs> {
        let bytes = self.bytes(pointer, size)?;
        wire::decode_pairs(&bytes).ok_or_else(|| Status::BadArgument.into())
    }

    /// Writes at a pointer of the guest's choosing.
    pub(super) fn write(&mut self, pointer: u32, bytes: &[u8]) -> Answer {
        let start = pointer as usize;
        let end = start.saturating_add(bytes.len());
        self.exports
            .memory
            .data_mut(&mut self.caller)
            .get_mut(start..end)
            .ok_or(Status::InvalidMemoryAccess)?
            .copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn read_u32(&self, pointer: u32) -> Answer<u32> {
        let bytes = self.bytes(pointer, 4)?;
        let word = bytes.first_chunk().ok_or(Status::InvalidMemoryAccess)?;
        Ok(u32::from_le_bytes(*word))
    }

    pub(super) fn write_u32(&mut self, pointer: u32, value: u32) -> Answer {
        self.write(pointer, &value.to_le_bytes())
    }

    pub(super) fn write_u64(&mut self, pointer: u32, value: u64) -> Answer {
        self.write(pointer, &value.to_le_bytes())
    }

    /// Hands bytes over: asks the guest for memory, copies, and writes pointer and size where the
    /// guest wants them. No bytes are a null pointer and no allocation.
    pub(super) fn hand_over(&mut self, bytes: &[u8], to_pointer: u32, to_size: u32) -> Answer {
        let size = u32::try_from(bytes.len()).map_err(|_| Status::InvalidMemoryAccess)?;
        let mut pointer = 0;
        if size > 0 {
            let allocate = self.exports.allocate.clone();
            pointer = allocate.call(&mut self.caller, size).map_err(Halt::Trap)?;
            if pointer == 0 {
                return Err(Status::InvalidMemoryAccess.into());
            }
            self.write(pointer, bytes)?;
        }
        self.write_u32(to_pointer, pointer)?;
        self.write_u32(to_size, size)
    }

    fn conclude(&mut self, function: HostFn, status: Status) {
        let state = self.caller.data_mut();
        if !self.noted {
            self.record = state.record(HostCall::Malformed(function));
        }
        if let Some(index) = self.record {
            state.calls.set_status(index, status);
        }
    }
}

fn span(pointer: u32, size: u32) -> std::ops::Range<usize> {
    let start = pointer as usize;
    start..start.saturating_add(size as usize)
}

impl HostState {
    /// Records a call made now.
    pub(super) fn record(&mut self, call: HostCall) -> Option<usize> {
        let record = CallRecord { callback: self.callback, context: self.context(), call, status: Status::Ok };
        self.calls.push(record)
    }
}
