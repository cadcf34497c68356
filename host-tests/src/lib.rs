//! An offline host for proxy-wasm plugins of ABI 0.2.1, built on wasmtime: compile a plugin, play the
//! proxy to it, and see exactly what it asks of the proxy.
//!
//! The host behaves as Envoy does where a plugin can tell the difference: which maps are there in
//! which phase, what a held stream lets through, how calls and streams are numbered, which WASI
//! functions exist, what happens to a stream once the plugin answered it. It is deterministic:
//! the clock stands still until a test moves it, timers fire when a test says so, and callouts wait
//! for the test to answer them.
//!
//! ```no_run
//! use tollgate_host_tests::{Fault, HostFn, Module, Status, Vm, VmOptions, built_module};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Compiling is slow and done once; starting a VM is quick.
//! let module = Module::from_file(built_module("tollgate_plugin.wasm")?)?;
//! let mut vm = Vm::start(&module, VmOptions::default())?;
//! let root = vm.create_root(b"{\"cluster\": \"companion\"}")?;
//!
//! // Play the server of the gRPC stream that the plugin opened.
//! let feed = vm.grpc_streams().next().ok_or("no stream")?.id;
//! vm.deliver_grpc_message(feed, b"a message")?;
//!
//! // Play one request.
//! let stream = vm.http_context(root)?;
//! vm.set_stream_property(stream, &["source", "address"], "10.0.0.1:4711")?;
//! vm.take_calls();
//! let headers = [(":method", "GET"), (":path", "/"), (":authority", "example.com")];
//! let outcome = vm.request_headers(stream, &headers, true)?;
//! assert_eq!(outcome.local_response.map(|response| response.status), Some(403));
//!
//! // State the exact host calls it took, and the metrics it left.
//! assert_eq!(
//!     vm.take_call_lines(&[HostFn::Log, HostFn::GetLogLevel]),
//!     [
//!         "get_header_map_pairs(request_headers)",
//!         "get_property(source.address)",
//!         "send_local_response(403, 87 bytes)",
//!         "increment_metric(4, 1)",
//!     ]
//! );
//! assert_eq!(vm.metrics().counter("denied"), Some(1));
//! vm.finish(stream)?;
//!
//! // Make a host call fail. A guest that traps is an error, and its VM is dead afterwards.
//! vm.inject(Fault::always(HostFn::GetProperty, Status::InternalFailure));
//! let stream = vm.http_context(root)?;
//! assert!(vm.request_headers(stream, &headers, true).is_ok(), "the plugin must survive it");
//! # Ok(())
//! # }
//! ```
//!
//! **Failure.** Everything that makes a callback answers [`HostError`]. A trap, a panic or a callback
//! without end kills the VM ([`Vm::is_alive`]); a callback that the proxy would not make now is
//! [`HostError::NotDelivered`] and harms nothing.
//!
//! **Several VMs.** Workers of one proxy share a [`Process`] (shared data, queues, metrics); a VM
//! started later from the same process finds what an earlier one left.
//!
//! **Bounds.** Fuel for each callback, memory, and the lengths of record and log are
//! [`VmOptions`]; [`ModuleOptions`] switches metering off for benches.
//!
//! **Not offered.** TCP filters, `proxy_on_foreign_function`, body size limits, and timeouts of
//! callouts, which a test plays itself.

mod host;

pub use host::{
    Action, BufferType, Bytes, CallRecord, Clock, ContextId, Fault, GrpcCall, GrpcId, GrpcStatus, GrpcStream,
    GrpcStreamState, GrpcTarget, Half, HeaderMap, HostCall, HostError, HostFn, HttpCall, HttpCallId, HttpResponse,
    LocalResponse, LogLevel, LogRecord, MapType, MetricKind, MetricValues, Module, ModuleOptions, Outcome, Pairs,
    Process, PropertyValue, RootId, SharedValue, Status, Stream, StreamId, StreamType, Vm, VmOptions, built_module,
    decode_pairs, encode_pairs,
};
