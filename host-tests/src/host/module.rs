//! A compiled plugin, shared by the VMs started from it.

use std::path::Path;

use wasmtime::{Config, Engine, InstancePre, Linker, OptLevel};

use super::error::HostError;
use super::state::HostState;
use super::{
    buffers, foreign, grpc, headers, http_calls, local_response, logs, metrics, properties, roots, shared_data,
    shared_queues, timers, wasi,
};

/// The export that says which ABI a module speaks.
const ABI_EXPORT: &str = "proxy_abi_version_0_2_1";

/// A compiled and linked module. Clones are cheap and share the code.
#[derive(Clone)]
pub struct Module {
    pub(super) engine: Engine,
    pub(super) pre: InstancePre<HostState>,
    pub(super) metered: bool,
}

/// How a module is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleOptions {
    /// Whether executed instructions are counted. Counting bounds a looping guest, and costs
    /// speed: benches switch it off.
    pub metered: bool,
}

impl Default for ModuleOptions {
    fn default() -> Self {
        Self { metered: true }
    }
}

impl Module {
    /// Compiles the module in a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or as [`Module::from_bytes`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, HostError> {
        Self::from_file_with(path, ModuleOptions::default())
    }

    /// Compiles the module in a file, with options.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or as [`Module::from_bytes`].
    pub fn from_file_with(path: impl AsRef<Path>, options: ModuleOptions) -> Result<Self, HostError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| HostError::Read { path: path.to_owned(), source })?;
        Self::from_bytes_with(&bytes, options)
    }

    /// Compiles a module, binary or (with wasmtime's `wat` feature) text.
    ///
    /// # Errors
    ///
    /// If it is not valid, speaks another ABI than 0.2.1, or imports what Envoy does not offer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HostError> {
        Self::from_bytes_with(bytes, ModuleOptions::default())
    }

    /// Compiles a module, with options.
    ///
    /// # Errors
    ///
    /// As [`Module::from_bytes`].
    pub fn from_bytes_with(bytes: &[u8], options: ModuleOptions) -> Result<Self, HostError> {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::Speed).consume_fuel(options.metered);
        let engine = Engine::new(&config).map_err(|error| compile_error(&error))?;
        let module = wasmtime::Module::new(&engine, bytes).map_err(|error| compile_error(&error))?;
        if module.get_export(ABI_EXPORT).is_none() {
            return Err(HostError::MissingExport { name: ABI_EXPORT });
        }
        let pre = link(&engine, &module).map_err(|error| HostError::Link { reason: format!("{error:#}") })?;
        Ok(Self { engine, pre, metered: options.metered })
    }
}

fn link(engine: &Engine, module: &wasmtime::Module) -> wasmtime::Result<InstancePre<HostState>> {
    let mut linker = Linker::new(engine);
    let subjects = [
        buffers::link,
        foreign::link,
        grpc::link,
        headers::link,
        http_calls::link,
        local_response::link,
        logs::link,
        metrics::link,
        properties::link,
        roots::link,
        shared_data::link,
        shared_queues::link,
        timers::link,
        wasi::link,
    ];
    for subject in subjects {
        subject(&mut linker)?;
    }
    linker.instantiate_pre(module)
}

fn compile_error(error: &wasmtime::Error) -> HostError {
    HostError::Compile { reason: format!("{error:#}") }
}
