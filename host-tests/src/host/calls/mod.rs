//! The record of what the guest asked of the host, in order.

mod display;
mod function;

pub use function::HostFn;

use std::time::Duration;

use super::abi::{BufferType, ContextId, GrpcId, GrpcStatus, LogLevel, MapType, MetricKind, Status, StreamType};
use super::bytes::Bytes;
use super::wire::Pairs;

/// One host call with its decoded arguments.
///
/// Prints as one line, such as `get_property(source.address)`; see [`HostCall::function`] for the
/// ABI name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the ABI's own argument names, one variant a host call")]
pub enum HostCall {
    Log {
        level: LogLevel,
        message: String,
    },
    GetLogLevel,
    GetCurrentTime,
    SetTickPeriod {
        period: Duration,
    },
    GetBufferBytes {
        buffer: BufferType,
        start: u32,
        max_size: u32,
    },
    GetBufferStatus {
        buffer: BufferType,
    },
    SetBufferBytes {
        buffer: BufferType,
        start: u32,
        size: u32,
        data: Bytes,
    },
    GetHeaderMapPairs {
        map: MapType,
    },
    SetHeaderMapPairs {
        map: MapType,
        pairs: Pairs,
    },
    GetHeaderMapValue {
        map: MapType,
        key: Bytes,
    },
    ReplaceHeaderMapValue {
        map: MapType,
        key: Bytes,
        value: Bytes,
    },
    AddHeaderMapValue {
        map: MapType,
        key: Bytes,
        value: Bytes,
    },
    RemoveHeaderMapValue {
        map: MapType,
        key: Bytes,
    },
    GetHeaderMapSize {
        map: MapType,
    },
    GetProperty {
        path: Vec<String>,
    },
    SetProperty {
        path: Vec<String>,
        value: Bytes,
    },
    GetSharedData {
        key: String,
    },
    SetSharedData {
        key: String,
        value: Bytes,
        cas: Option<u32>,
    },
    RegisterSharedQueue {
        name: String,
    },
    ResolveSharedQueue {
        vm_id: String,
        name: String,
    },
    EnqueueSharedQueue {
        queue: u32,
        value: Bytes,
    },
    DequeueSharedQueue {
        queue: u32,
    },
    ContinueStream {
        stream: StreamType,
    },
    CloseStream {
        stream: StreamType,
    },
    SendLocalResponse {
        status: u32,
        details: Bytes,
        headers: Pairs,
        body: Bytes,
        grpc_status: Option<GrpcStatus>,
    },
    HttpCall {
        upstream: Bytes,
        headers: Pairs,
        body: Bytes,
        trailers: Pairs,
        timeout: Duration,
    },
    GrpcCall {
        upstream: Bytes,
        service: String,
        method: String,
        initial_metadata: Pairs,
        message: Bytes,
        timeout: Duration,
    },
    GrpcStream {
        upstream: Bytes,
        service: String,
        method: String,
        initial_metadata: Pairs,
    },
    GrpcSend {
        id: GrpcId,
        message: Bytes,
        end_stream: bool,
    },
    GrpcCancel {
        id: GrpcId,
    },
    GrpcClose {
        id: GrpcId,
    },
    GetStatus,
    SetEffectiveContext {
        context: ContextId,
    },
    CallForeignFunction {
        name: String,
        arguments: Bytes,
    },
    Done,
    DefineMetric {
        kind: MetricKind,
        name: String,
    },
    GetMetric {
        id: u32,
    },
    RecordMetric {
        id: u32,
        value: u64,
    },
    IncrementMetric {
        id: u32,
        offset: i64,
    },
    /// A call whose arguments could not be decoded: a pointer outside the guest's memory, an
    /// unknown map or buffer number, a malformed pair list.
    Malformed(HostFn),
    /// A WASI preview1 function, by name.
    Wasi(&'static str),
}

impl HostCall {
    /// The host function called; `None` for WASI functions.
    pub fn function(&self) -> Option<HostFn> {
        function::of(self)
    }
}

/// One entry of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// The callback the guest was in.
    pub callback: &'static str,
    /// The context the call applied to.
    pub context: ContextId,
    /// The call.
    pub call: HostCall,
    /// What the host answered ([`Status::Ok`] for WASI functions, whatever their errno).
    pub status: Status,
}

/// The calls of one VM, up to a limit.
#[derive(Debug)]
pub(super) struct CallLog {
    records: Vec<CallRecord>,
    limit: usize,
    dropped: u64,
}

impl CallLog {
    pub(super) fn new(limit: usize) -> Self {
        Self { records: Vec::new(), limit, dropped: 0 }
    }

    /// Whether a record would be kept, so that nobody builds one in vain.
    pub(super) fn has_room(&self) -> bool {
        self.records.len() < self.limit
    }

    /// Keeps the record, and answers where.
    pub(super) fn push(&mut self, record: CallRecord) -> Option<usize> {
        if !self.has_room() {
            self.count_dropped();
            return None;
        }
        self.records.push(record);
        Some(self.records.len() - 1)
    }

    pub(super) fn count_dropped(&mut self) {
        self.dropped = self.dropped.saturating_add(1);
    }

    pub(super) fn set_status(&mut self, index: usize, status: Status) {
        if let Some(record) = self.records.get_mut(index) {
            record.status = status;
        }
    }

    pub(super) fn records(&self) -> &[CallRecord] {
        &self.records
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn take(&mut self) -> Vec<CallRecord> {
        self.dropped = 0;
        std::mem::take(&mut self.records)
    }
}
