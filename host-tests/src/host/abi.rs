//! The numbers of proxy-wasm ABI 0.2.1 as types.

use std::fmt;

/// Declares an enum whose variants are ABI numbers counted from zero.
macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $value:literal => $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant = $value),+ }

        impl $name {
            /// The variant with this ABI number, if there is one.
            pub fn from_code(code: u32) -> Option<Self> {
                match code {
                    $($value => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The ABI number.
            pub fn code(self) -> u32 {
                self as u32
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),+ })
            }
        }
    };
}

wire_enum! {
    /// What a host call answers. The SDK knows only some of these: it panics on the ones it does
    /// not expect for a call.
    Status {
        /// The call did what it says.
        Ok = 0 => "ok",
        /// What was asked for does not exist.
        NotFound = 1 => "not_found",
        /// An argument makes no sense here, or not in this phase.
        BadArgument = 2 => "bad_argument",
        /// A value could not be serialized.
        SerializationFailure = 3 => "serialization_failure",
        /// An argument could not be parsed.
        ParseFailure = 4 => "parse_failure",
        /// An expression is invalid.
        BadExpression = 5 => "bad_expression",
        /// A pointer reaches outside the guest's memory.
        InvalidMemoryAccess = 6 => "invalid_memory_access",
        /// A queue holds nothing.
        Empty = 7 => "empty",
        /// Shared data changed since it was read.
        CasMismatch = 8 => "cas_mismatch",
        /// A result has another shape than expected.
        ResultMismatch = 9 => "result_mismatch",
        /// The host failed.
        InternalFailure = 10 => "internal_failure",
        /// The connection broke.
        BrokenConnection = 11 => "broken_connection",
        /// The host does not offer this call.
        Unimplemented = 12 => "unimplemented",
    }
}

wire_enum! {
    /// A header or trailer map.
    MapType {
        /// Request headers.
        RequestHeaders = 0 => "request_headers",
        /// Request trailers.
        RequestTrailers = 1 => "request_trailers",
        /// Response headers.
        ResponseHeaders = 2 => "response_headers",
        /// Response trailers.
        ResponseTrailers = 3 => "response_trailers",
        /// Initial metadata of a gRPC stream or call.
        GrpcInitialMetadata = 4 => "grpc_initial_metadata",
        /// Trailing metadata of a gRPC stream or call.
        GrpcTrailingMetadata = 5 => "grpc_trailing_metadata",
        /// Headers of an HTTP call's response.
        HttpCallHeaders = 6 => "http_call_headers",
        /// Trailers of an HTTP call's response.
        HttpCallTrailers = 7 => "http_call_trailers",
    }
}

wire_enum! {
    /// A byte buffer.
    BufferType {
        /// Request body.
        RequestBody = 0 => "request_body",
        /// Response body.
        ResponseBody = 1 => "response_body",
        /// TCP data from downstream (not offered by this host).
        DownstreamData = 2 => "downstream_data",
        /// TCP data from upstream (not offered by this host).
        UpstreamData = 3 => "upstream_data",
        /// Body of an HTTP call's response.
        HttpCallBody = 4 => "http_call_body",
        /// Message received on a gRPC stream or call.
        GrpcMessage = 5 => "grpc_message",
        /// The VM's configuration.
        VmConfiguration = 6 => "vm_configuration",
        /// The plugin's configuration, readable in `proxy_on_configure` only.
        PluginConfiguration = 7 => "plugin_configuration",
        /// Arguments of a foreign function's callback (not offered by this host).
        CallData = 8 => "call_data",
    }
}

wire_enum! {
    /// A stream, as `proxy_continue_stream` and `proxy_close_stream` name it.
    StreamType {
        /// The HTTP request.
        Request = 0 => "request",
        /// The HTTP response.
        Response = 1 => "response",
        /// The downstream connection.
        Downstream = 2 => "downstream",
        /// The upstream connection.
        Upstream = 3 => "upstream",
    }
}

wire_enum! {
    /// A log level.
    LogLevel {
        /// Trace.
        Trace = 0 => "trace",
        /// Debug.
        Debug = 1 => "debug",
        /// Info.
        Info = 2 => "info",
        /// Warning.
        Warn = 3 => "warn",
        /// Error.
        Error = 4 => "error",
        /// Critical: the SDK logs a guest's panics here.
        Critical = 5 => "critical",
    }
}

wire_enum! {
    /// The kind of a metric.
    MetricKind {
        /// Only ever grows.
        Counter = 0 => "counter",
        /// Goes up and down.
        Gauge = 1 => "gauge",
        /// Collects samples.
        Histogram = 2 => "histogram",
    }
}

/// What a stream callback returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Let the data go on.
    Continue,
    /// Hold it here.
    Pause,
}

impl Action {
    pub(super) fn from_code(code: u32) -> Self {
        if code == 0 { Self::Continue } else { Self::Pause }
    }
}

/// A gRPC status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrpcStatus(pub u32);

impl GrpcStatus {
    /// The call ended well.
    pub const OK: Self = Self(0);
    /// The call was cancelled.
    pub const CANCELLED: Self = Self(1);
    /// The deadline passed.
    pub const DEADLINE_EXCEEDED: Self = Self(4);
    /// The caller may not do this.
    pub const PERMISSION_DENIED: Self = Self(7);
    /// The server does not offer this method.
    pub const UNIMPLEMENTED: Self = Self(12);
    /// The server failed.
    pub const INTERNAL: Self = Self(13);
    /// The server cannot be reached.
    pub const UNAVAILABLE: Self = Self(14);
    /// The caller did not say who it is.
    pub const UNAUTHENTICATED: Self = Self(16);
}

/// A context inside the guest: a root, an HTTP stream, or 0 for the VM itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub(super) u32);

/// A root context: one plugin configuration in one VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootId(pub(super) u32);

/// An HTTP stream: one request and its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub(super) u32);

/// The token of an HTTP call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpCallId(pub(super) u32);

/// The token of a gRPC call or stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrpcId(pub(super) u32);

impl ContextId {
    pub(super) const VM: Self = Self(0);
}

impl From<RootId> for ContextId {
    fn from(id: RootId) -> Self {
        Self(id.0)
    }
}

impl From<StreamId> for ContextId {
    fn from(id: StreamId) -> Self {
        Self(id.0)
    }
}

/// Ids print as their bare number, as they stand in logs.
macro_rules! bare_number {
    ($($name:ident),+) => {
        $(impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        })+
    };
}

bare_number!(ContextId, RootId, StreamId, HttpCallId, GrpcId, GrpcStatus);
