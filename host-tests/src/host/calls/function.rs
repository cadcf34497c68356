//! The host functions by name.

use std::fmt;

use super::HostCall;

/// Declares [`HostFn`], its names, and which [`HostCall`] belongs to which function.
macro_rules! host_functions {
    ($($variant:ident => $name:literal),+ $(,)?) => {
        /// A host function of the ABI, as fault injection and the record name it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant is the ABI function of its name")]
        pub enum HostFn { $($variant),+ }

        impl HostFn {
            /// Every host function.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the guest's imports, such as `proxy_get_property`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        pub(super) fn of(call: &HostCall) -> Option<HostFn> {
            match call {
                $(HostCall::$variant { .. } => Some(HostFn::$variant),)+
                HostCall::Malformed(function) => Some(*function),
                HostCall::Wasi(_) => None,
            }
        }
    };
}

host_functions! {
    Log => "proxy_log",
    GetLogLevel => "proxy_get_log_level",
    GetCurrentTime => "proxy_get_current_time_nanoseconds",
    SetTickPeriod => "proxy_set_tick_period_milliseconds",
    GetBufferBytes => "proxy_get_buffer_bytes",
    GetBufferStatus => "proxy_get_buffer_status",
    SetBufferBytes => "proxy_set_buffer_bytes",
    GetHeaderMapPairs => "proxy_get_header_map_pairs",
    SetHeaderMapPairs => "proxy_set_header_map_pairs",
    GetHeaderMapValue => "proxy_get_header_map_value",
    ReplaceHeaderMapValue => "proxy_replace_header_map_value",
    AddHeaderMapValue => "proxy_add_header_map_value",
    RemoveHeaderMapValue => "proxy_remove_header_map_value",
    GetHeaderMapSize => "proxy_get_header_map_size",
    GetProperty => "proxy_get_property",
    SetProperty => "proxy_set_property",
    GetSharedData => "proxy_get_shared_data",
    SetSharedData => "proxy_set_shared_data",
    RegisterSharedQueue => "proxy_register_shared_queue",
    ResolveSharedQueue => "proxy_resolve_shared_queue",
    EnqueueSharedQueue => "proxy_enqueue_shared_queue",
    DequeueSharedQueue => "proxy_dequeue_shared_queue",
    ContinueStream => "proxy_continue_stream",
    CloseStream => "proxy_close_stream",
    SendLocalResponse => "proxy_send_local_response",
    HttpCall => "proxy_http_call",
    GrpcCall => "proxy_grpc_call",
    GrpcStream => "proxy_grpc_stream",
    GrpcSend => "proxy_grpc_send",
    GrpcCancel => "proxy_grpc_cancel",
    GrpcClose => "proxy_grpc_close",
    GetStatus => "proxy_get_status",
    SetEffectiveContext => "proxy_set_effective_context",
    CallForeignFunction => "proxy_call_foreign_function",
    Done => "proxy_done",
    DefineMetric => "proxy_define_metric",
    GetMetric => "proxy_get_metric",
    RecordMetric => "proxy_record_metric",
    IncrementMetric => "proxy_increment_metric",
}

impl HostFn {
    /// The function with this import name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }
}

impl fmt::Display for HostFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
