//! The host: one file an ABI subject, each with its state, its host calls and its side of [`Vm`].

mod abi;
mod artefact;
mod buffers;
mod bytes;
mod calls;
mod clock;
mod error;
mod faults;
mod foreign;
mod grpc;
mod guest;
mod headers;
mod http;
mod http_calls;
mod local_response;
mod logs;
mod metrics;
mod module;
mod options;
mod process;
mod properties;
mod random;
mod roots;
mod shared_data;
mod shared_queues;
mod state;
mod stream;
mod timers;
mod vm;
mod wasi;
mod wire;

pub use abi::{
    Action, BufferType, ContextId, GrpcId, GrpcStatus, HttpCallId, LogLevel, MapType, MetricKind, RootId, Status,
    StreamId, StreamType,
};
pub use artefact::built_module;
pub use bytes::Bytes;
pub use calls::{CallRecord, HostCall, HostFn};
pub use clock::Clock;
pub use error::HostError;
pub use faults::Fault;
pub use grpc::{GrpcCall, GrpcStream, GrpcStreamState, GrpcTarget};
pub use headers::HeaderMap;
pub use http::Outcome;
pub use http_calls::{HttpCall, HttpResponse};
pub use local_response::LocalResponse;
pub use logs::LogRecord;
pub use metrics::MetricValues;
pub use module::{Module, ModuleOptions};
pub use options::VmOptions;
pub use process::Process;
pub use properties::PropertyValue;
pub use shared_data::SharedValue;
pub use stream::{Half, Stream};
pub use vm::Vm;
pub use wire::{Pairs, decode_pairs, encode_pairs};
