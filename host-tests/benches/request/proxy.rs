use tollgate_host_tests::{LogLevel, Module, RootId, Vm, VmOptions};
use tollgate_policy::snapshot::SnapshotId;

use crate::feed;
use crate::requests::Request;

const CONFIG: &str = r#"{"feed": {"cluster": "companion"}}"#;

/// The id of every snapshot here.
pub(crate) const ID: SnapshotId = SnapshotId { epoch: 1, version: 1 };

/// A plugin under a proxy that plays requests to it.
pub(crate) struct Proxy {
    vm: Vm,
    root: RootId,
}

impl Proxy {
    /// With a plugin that wants no feed.
    pub(crate) fn passing(module: &Module) -> Self {
        // A record of the host calls would cost more than they do.
        let options = VmOptions { log_level: LogLevel::Info, call_limit: 0, ..VmOptions::default() };
        let mut vm = Vm::start(module, options).unwrap();
        let root = vm.create_root(CONFIG).unwrap();
        Proxy { vm, root }
    }

    /// With this snapshot in force.
    pub(crate) fn deciding(module: &Module, snapshot: &[u8]) -> Self {
        let mut proxy = Self::passing(module);
        let feed = proxy.vm.grpc_streams().next().expect("the feed's stream").id;
        proxy.vm.deliver_grpc_message(feed, feed::snapshot(ID, snapshot)).unwrap();
        proxy
    }

    /// What the proxy knows of the request besides its headers.
    pub(crate) fn know(&mut self, request: &Request) {
        for (path, value) in &request.properties {
            self.vm.set_property(path, value.as_slice());
        }
    }

    /// Plays a request whose properties are known, from its first callback to its last; whether it goes upstream.
    pub(crate) fn play(&mut self, request: &Request) -> bool {
        let stream = self.vm.http_context(self.root).unwrap();
        let outcome = self.vm.request_headers(stream, &request.headers, true).unwrap();
        self.vm.finish(stream).unwrap();
        outcome.goes_on
    }

    /// How many instructions the plugin takes to decide the request, its allocations for the proxy included.
    pub(crate) fn instructions(&mut self, request: &Request) -> u64 {
        self.know(request);
        let stream = self.vm.http_context(self.root).unwrap();
        self.vm.request_headers(stream, &request.headers, true).unwrap();
        let instructions = self.vm.fuel_used().expect("a metered module");
        self.vm.finish(stream).unwrap();
        instructions
    }
}
