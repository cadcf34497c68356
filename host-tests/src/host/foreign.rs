//! Foreign functions: what a test registers, and `not_found` for everything else.

use std::collections::HashMap;

use wasmtime::{Caller, Linker};

use super::abi::Status;
use super::calls::{HostCall, HostFn};
use super::guest::answer;
use super::state::HostState;
use super::vm::Vm;

type Function = Box<dyn FnMut(&[u8]) -> Result<Vec<u8>, Status> + Send>;

#[derive(Default)]
pub(super) struct ForeignFunctions(HashMap<String, Function>);

impl Vm {
    /// Offers a foreign function to the guest, in place of an earlier one of that name.
    pub fn register_foreign_function(
        &mut self,
        name: &str,
        function: impl FnMut(&[u8]) -> Result<Vec<u8>, Status> + Send + 'static,
    ) {
        let functions = &mut self.state_mut().foreign.0;
        functions.insert(name.to_owned(), Box::new(function));
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::CallForeignFunction.name(), call)?;
    Ok(())
}

fn call(
    caller: Caller<'_, HostState>,
    name: u32,
    name_size: u32,
    arguments: u32,
    arguments_size: u32,
    to_results: u32,
    to_size: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::CallForeignFunction, |guest| {
        let name = guest.text(name, name_size)?;
        let arguments = guest.bytes(arguments, arguments_size)?;
        guest.note(|| HostCall::CallForeignFunction { name: name.clone(), arguments: arguments.clone() })?;
        let functions = &mut guest.state_mut().foreign.0;
        let function = functions.get_mut(&name).ok_or(Status::NotFound)?;
        let results = function(&arguments)?;
        guest.hand_over(&results, to_results, to_size)
    })
}
