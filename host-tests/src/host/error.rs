//! What can go wrong between a test and the guest.

use std::path::PathBuf;

use super::abi::{GrpcId, HttpCallId, RootId, StreamId};

/// Why the host could not do what a test asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The module's file cannot be read.
    #[error("cannot read module `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The module was not built.
    #[error("`{file}` is not built: run `make wasm`, or set TOLLGATE_WASM_DIR to where it is")]
    NotBuilt {
        /// The module's file name.
        file: String,
    },
    /// The bytes are no valid module, or the compiler refuses them.
    #[error("cannot compile module: {reason}")]
    Compile {
        /// What the compiler said.
        reason: String,
    },
    /// The module imports something the proxy does not offer, or does not fit in its limits.
    #[error("cannot link module: {reason}")]
    Link {
        /// What the linker said.
        reason: String,
    },
    /// The module lacks something every plugin exports.
    #[error("module does not export `{name}`")]
    MissingExport {
        /// The export's name.
        name: &'static str,
    },
    /// An export has another signature than the ABI's.
    #[error("export `{name}` has another signature than the abi: {reason}")]
    Signature {
        /// The export's name.
        name: &'static str,
        /// What differs.
        reason: String,
    },
    /// The guest trapped. The VM is dead from here on.
    #[error("guest trapped in `{callback}`: {}", panic.as_deref().unwrap_or(reason))]
    Trapped {
        /// The callback it trapped in.
        callback: &'static str,
        /// The trap, with the guest's stack.
        reason: String,
        /// The panic message, if the guest logged one before the trap.
        panic: Option<String>,
    },
    /// The guest used up the fuel of one callback. The VM is dead from here on.
    #[error("guest ran out of fuel in `{callback}` (limit {limit})")]
    OutOfFuel {
        /// The callback it ran in.
        callback: &'static str,
        /// The limit, in units of about one wasm instruction.
        limit: u64,
    },
    /// The VM trapped earlier.
    #[error("the vm is dead: the guest trapped in `{callback}`")]
    Dead {
        /// The callback it trapped in.
        callback: &'static str,
    },
    /// The guest answered `false` to `proxy_on_vm_start` or `proxy_on_configure`.
    #[error("guest refused its configuration in `{callback}`")]
    Refused {
        /// The callback that answered `false`.
        callback: &'static str,
    },
    /// No such root context.
    #[error("no root context {0}")]
    NoRoot(RootId),
    /// No such HTTP stream.
    #[error("no http stream {0}")]
    NoStream(StreamId),
    /// No such HTTP call, or it is already answered.
    #[error("no http call {0} is waiting")]
    NoHttpCall(HttpCallId),
    /// No such gRPC call or stream, or the guest cancelled it.
    #[error("no grpc call or stream {0} is open")]
    NoGrpc(GrpcId),
    /// The proxy would not make this callback now: the stream is held, answered, reset, or its
    /// headers have not arrived.
    #[error("stream {stream} would not get `{callback}` now: {reason}")]
    NotDelivered {
        /// The stream.
        stream: StreamId,
        /// The callback that would not be made.
        callback: &'static str,
        /// Why.
        reason: &'static str,
    },
}

impl HostError {
    /// Whether this error means that the guest died (now or earlier).
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Trapped { .. } | Self::OutOfFuel { .. } | Self::Dead { .. })
    }
}
