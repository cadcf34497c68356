//! Starting the plugin, being its companion, and asking it.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use tollgate_host_tests::{
    Action, GrpcId, GrpcStreamState, HeaderMap, LocalResponse, LogLevel, Module, Outcome, RootId, StreamId, Vm,
    VmOptions, built_module,
};
use tollgate_policy::snapshot::SnapshotId;

use crate::feed::{self, FromWorker};
use crate::policies::{compiled, id};
use crate::request::Request;

/// Compiled once for all tests.
static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let file = built_module("tollgate_plugin.wasm").unwrap_or_else(|error| panic!("{error}"));
    Module::from_file(file).unwrap()
});

/// The least configuration.
pub(crate) const CONFIG: &str = r#"{"feed": {"cluster": "companion"}}"#;
/// One that tells clients why.
pub(crate) const EXPLAINING: &str = r#"{"feed": {"cluster": "companion"}, "explain": true}"#;

/// The plugin in a VM, and its latest root.
pub(crate) struct Plugin {
    pub(crate) vm: Vm,
    pub(crate) root: RootId,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// It goes upstream, with these headers.
    Allowed(HeaderMap),
    /// It was answered.
    Refused(LocalResponse),
    /// It was reset.
    Reset,
    /// It is held, for good: neither could be done.
    Held,
}

/// Ordinary options: logs at info level, as operators have them, and ids that are the same in every run.
pub(crate) fn options() -> VmOptions {
    VmOptions { log_level: LogLevel::Info, seed: Some(7), ..VmOptions::default() }
}

impl Plugin {
    /// A VM without a root.
    pub(crate) fn start_vm(options: VmOptions) -> Vm {
        Vm::start(&MODULE, options).unwrap()
    }

    /// Configured, before any snapshot.
    pub(crate) fn configured(config: &str) -> Self {
        Self::with_options(config, options())
    }

    /// Configured, in a VM with these options.
    pub(crate) fn with_options(config: &str, options: VmOptions) -> Self {
        let mut vm = Self::start_vm(options);
        let root = vm.create_root(config).unwrap();
        Plugin { vm, root }
    }

    /// With this policy set in force, as snapshot 1.1.
    pub(crate) fn deciding(config: &str, yaml: &str) -> Self {
        let mut plugin = Self::configured(config);
        plugin.publish(yaml, id(1, 1));
        plugin
    }

    /// The stream to the companion that is open now.
    pub(crate) fn feed(&self) -> GrpcId {
        let mut open = self.vm.grpc_streams().filter(|stream| stream.state == GrpcStreamState::Open);
        let feed = open.next().expect("an open stream").id;
        assert!(open.next().is_none(), "one stream at a time");
        feed
    }

    /// Whether there is one.
    pub(crate) fn has_feed(&self) -> bool {
        self.vm.grpc_streams().any(|stream| stream.state == GrpcStreamState::Open)
    }

    /// Waits for the plugin to open another stream, if it has given up the one before.
    pub(crate) fn reconnect(&mut self) {
        while !self.has_feed() {
            self.vm.advance(Duration::from_secs(1)).unwrap();
        }
    }

    /// What the plugin has said on its stream since it was last asked.
    pub(crate) fn said(&mut self) -> Vec<FromWorker> {
        self.said_on(self.feed())
    }

    fn said_on(&mut self, feed: GrpcId) -> Vec<FromWorker> {
        let messages = self.vm.take_grpc_sent(feed).unwrap();
        messages.iter().map(|message| FromWorker::read(message)).collect()
    }

    /// Delivers a message of the companion, whatever it is; what the plugin says to it.
    pub(crate) fn deliver(&mut self, message: Vec<u8>) -> Vec<FromWorker> {
        self.reconnect();
        let feed = self.feed();
        self.vm.take_grpc_sent(feed).unwrap();
        self.vm.deliver_grpc_message(feed, message).unwrap();
        self.said_on(feed)
    }

    /// Has the companion say that this is the snapshot published now.
    pub(crate) fn confirm(&mut self, id: SnapshotId) {
        assert_eq!(self.deliver(feed::current(id)), []);
    }

    /// The VM dies, and another takes its place in the same proxy.
    pub(crate) fn restart(self, config: &str) -> Self {
        let options = VmOptions { process: self.vm.process().clone(), clock: self.vm.clock().clone(), ..options() };
        Plugin::with_options(config, options)
    }

    /// Delivers a snapshot of these bytes; what the plugin says to it.
    pub(crate) fn offer(&mut self, id: SnapshotId, content: &[u8]) -> Vec<FromWorker> {
        self.deliver(feed::snapshot(id, content))
    }

    /// Puts a policy set in force.
    pub(crate) fn publish(&mut self, yaml: &str, id: SnapshotId) {
        assert_eq!(self.offer(id, &compiled(yaml, id)), [FromWorker::Ack(id)]);
    }

    /// Plays one request from beginning to end.
    pub(crate) fn ask(&mut self, request: &Request) -> Answer {
        let (stream, outcome) = self.begin(request, true);
        let answer = self.answer(stream, &outcome);
        self.vm.finish(stream).unwrap();
        answer
    }

    /// Delivers a request's headers.
    pub(crate) fn begin(&mut self, request: &Request, end_of_stream: bool) -> (StreamId, Outcome) {
        let stream = self.vm.http_context(self.root).unwrap();
        for (path, value) in &request.properties {
            self.vm.set_stream_property(stream, path, value.clone()).unwrap();
        }
        let outcome = self.vm.request_headers(stream, &request.headers, end_of_stream).unwrap();
        (stream, outcome)
    }

    /// What became of it. Anything but one definite end is a bug.
    pub(crate) fn answer(&self, stream: StreamId, outcome: &Outcome) -> Answer {
        let state = self.vm.stream(stream).unwrap();
        let released = state.request().is_released();
        assert_eq!(outcome.goes_on, released);
        match (released, state.local_responses(), state.reset()) {
            (true, [], None) => Answer::Allowed(state.request().headers().unwrap().clone()),
            (false, [response], None) => Answer::Refused(response.clone()),
            (false, [], Some(_)) => Answer::Reset,
            (false, [], None) => {
                assert_eq!(outcome.action, Action::Pause);
                Answer::Held
            }
            other => panic!("not one definite end: {other:?}"),
        }
    }

    /// What was logged at this level since it was last taken.
    pub(crate) fn logged(&mut self, level: LogLevel) -> Vec<String> {
        let logs = self.vm.take_logs().into_iter();
        logs.filter(|log| log.level == level).map(|log| log.message).collect()
    }

    /// A counter's value after the next tick.
    pub(crate) fn counter(&mut self, name: &str) -> u64 {
        self.vm.tick().unwrap();
        self.vm.metrics().counter(name).expect("a defined counter")
    }
}

impl Answer {
    pub(crate) fn is_allowed(&self) -> bool {
        matches!(self, Answer::Allowed(_))
    }

    /// The headers that go upstream.
    pub(crate) fn upstream(self) -> HeaderMap {
        match self {
            Answer::Allowed(headers) => headers,
            other => panic!("not allowed: {other:?}"),
        }
    }

    /// The status of the refusal; 0 if there is none.
    pub(crate) fn status(&self) -> u32 {
        match self {
            Answer::Refused(response) => response.status,
            Answer::Allowed(_) | Answer::Reset | Answer::Held => 0,
        }
    }

    /// The refusal's problem document, which has to be one.
    pub(crate) fn problem(&self) -> Value {
        let Answer::Refused(response) = self else { panic!("not refused: {self:?}") };
        assert_eq!(response.headers.text("content-type").as_deref(), Some("application/problem+json"));
        assert_eq!(response.headers.text("cache-control").as_deref(), Some("no-store"));
        let problem: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(problem["status"], response.status);
        assert_eq!(problem["type"], "about:blank");
        let id = problem["decisionId"].as_str().unwrap();
        assert!(response.details.to_text().ends_with(&format!("{{{id}}}")), "{}", response.details);
        problem
    }

    /// The code of the problem document.
    pub(crate) fn code(&self) -> String {
        self.problem()["code"].as_str().unwrap().to_owned()
    }
}
