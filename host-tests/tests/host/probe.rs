//! Starting the probe and telling it what to do.

use std::sync::LazyLock;

use tollgate_host_tests::{HostError, LogLevel, Module, Outcome, RootId, StreamId, Vm, VmOptions, built_module};

/// Compiled once for all tests.
static MODULE: LazyLock<Result<Module, HostError>> =
    LazyLock::new(|| Module::from_file(built_module("abi_probe.wasm")?));

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

pub(crate) fn module() -> Result<&'static Module, String> {
    MODULE.as_ref().map_err(ToString::to_string)
}

pub(crate) fn start(options: VmOptions) -> Result<Vm, Box<dyn std::error::Error>> {
    Ok(Vm::start(module()?, options)?)
}

/// A VM with one root that got these commands.
pub(crate) fn root(commands: &str) -> Result<(Vm, RootId), Box<dyn std::error::Error>> {
    let mut vm = start(VmOptions::default())?;
    let root = vm.create_root(commands)?;
    Ok((vm, root))
}

/// A VM and one stream in it, whose headers are still to come.
pub(crate) fn stream() -> Result<(Vm, StreamId), Box<dyn std::error::Error>> {
    let (mut vm, root) = root("")?;
    let stream = vm.http_context(root)?;
    vm.take_logs();
    Ok((vm, stream))
}

/// Delivers `GET /thing?q=1` with these commands.
pub(crate) fn tell(vm: &mut Vm, stream: StreamId, commands: &[&str]) -> Result<Outcome, HostError> {
    let mut headers = vec![(":method", "GET"), (":path", "/thing?q=1"), (":authority", "example.com")];
    headers.extend(commands.iter().map(|command| ("x-do", *command)));
    vm.request_headers(stream, &headers, false)
}

/// What the probe said since it was last asked.
pub(crate) fn said(vm: &mut Vm) -> Vec<String> {
    let logs = vm.take_logs().into_iter();
    logs.filter(|log| log.level == LogLevel::Info).map(|log| log.message).collect()
}
