//! Everything the host keeps for one VM: the data of its wasmtime store.

use std::collections::BTreeMap;

use wasmtime::{StoreLimits, StoreLimitsBuilder};

use super::abi::{ContextId, LogLevel, RootId, StreamId};
use super::bytes::Bytes;
use super::calls::CallLog;
use super::clock::Clock;
use super::faults::Faults;
use super::foreign::ForeignFunctions;
use super::grpc::Grpc;
use super::guest::Exports;
use super::http_calls::HttpCalls;
use super::logs::Logs;
use super::metrics::MetricIds;
use super::options::VmOptions;
use super::process::Process;
use super::properties::Properties;
use super::random::Random;
use super::roots::Root;
use super::stream::Stream;
use super::vm::VmInstance;

pub(super) struct HostState {
    pub(super) instance: VmInstance,
    pub(super) limits: StoreLimits,
    pub(super) exports: Option<Exports>,
    /// While `_initialize` runs, hardly any host call is allowed.
    pub(super) initializing: bool,
    /// Only the first root starts the VM.
    pub(super) vm_started: bool,

    pub(super) vm_id: String,
    pub(super) vm_config: Bytes,
    pub(super) plugin_name: String,
    pub(super) root_id: String,
    pub(super) env: Vec<(String, String)>,
    pub(super) log_level: LogLevel,
    pub(super) allow_on_headers_stop_iteration: bool,
    pub(super) process: Process,
    pub(super) clock: Clock,
    pub(super) random: Random,

    /// The callback that runs, or ran last.
    pub(super) callback: &'static str,
    /// The context it was made for.
    pub(super) current: ContextId,
    /// The context the guest chose instead, until the callback ends.
    pub(super) effective: Option<ContextId>,
    pub(super) roots: BTreeMap<RootId, Root>,
    pub(super) streams: BTreeMap<StreamId, Stream>,
    last_context: u32,

    pub(super) calls: CallLog,
    pub(super) logs: Logs,
    pub(super) faults: Faults,
    pub(super) metric_ids: MetricIds,
    pub(super) http_calls: HttpCalls,
    pub(super) grpc: Grpc,
    pub(super) foreign: ForeignFunctions,
    pub(super) properties: Properties,
    /// What `proxy_get_status` answers: the code and message of the last callout that ended.
    pub(super) last_status: (u32, String),
}

impl HostState {
    pub(super) fn new(options: VmOptions) -> Self {
        let instance = VmInstance::next();
        Self {
            instance,
            limits: StoreLimitsBuilder::new().memory_size(options.memory_limit).build(),
            exports: None,
            initializing: true,
            vm_started: false,
            vm_id: options.vm_id,
            vm_config: options.vm_config.into(),
            plugin_name: options.plugin_name,
            root_id: options.root_id,
            env: options.env,
            log_level: options.log_level,
            allow_on_headers_stop_iteration: options.allow_on_headers_stop_iteration,
            process: options.process,
            clock: options.clock,
            random: options.seed.map_or_else(Random::fresh, Random::seeded),
            callback: "_initialize",
            current: ContextId::VM,
            effective: None,
            roots: BTreeMap::new(),
            streams: BTreeMap::new(),
            last_context: 0,
            calls: CallLog::new(options.call_limit),
            logs: Logs::new(options.log_limit),
            faults: Faults::default(),
            metric_ids: MetricIds::default(),
            http_calls: HttpCalls::default(),
            grpc: Grpc::default(),
            foreign: ForeignFunctions::default(),
            properties: Properties::default(),
            last_status: (0, String::new()),
        }
    }

    /// The context host calls apply to now.
    pub(super) fn context(&self) -> ContextId {
        self.effective.filter(|context| self.has_context(*context)).unwrap_or(self.current)
    }

    /// The stream host calls apply to now; `None` in a root context.
    pub(super) fn stream(&self) -> Option<&Stream> {
        self.streams.get(&StreamId(self.context().0))
    }

    pub(super) fn stream_mut(&mut self) -> Option<&mut Stream> {
        let id = StreamId(self.context().0);
        self.streams.get_mut(&id)
    }

    /// The root context host calls apply to now: the current one, or the stream's.
    pub(super) fn root(&self) -> RootId {
        self.stream().map_or(RootId(self.context().0), |stream| stream.root)
    }

    pub(super) fn has_context(&self, context: ContextId) -> bool {
        context == ContextId::VM
            || self.roots.contains_key(&RootId(context.0))
            || self.streams.contains_key(&StreamId(context.0))
    }

    pub(super) fn next_context(&mut self) -> u32 {
        self.last_context += 1;
        self.last_context
    }
}
