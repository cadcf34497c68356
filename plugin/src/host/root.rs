use std::rc::Rc;

use crate::config::Config;
use crate::feed::{Input, StreamId};
use crate::gauges::Gauge;
use crate::request::Filter;
use crate::slot::Slot;
use crate::vm::Vm;

use super::abi::{self, BufferKind};
use super::feed::Feed;
use super::{log, metrics};

/// The filter under one configuration, to the proxy. An update brings a new root into the same VM, where the VM's
/// state awaits it.
#[derive(Default)]
pub(super) struct Root(Option<Configured>);

struct Configured {
    filter: Rc<Filter>,
    feed: Feed,
    slot: Rc<Slot>,
    vm: Rc<Vm>,
}

impl Configured {
    fn new(config: Config) -> Self {
        let vm = Vm::this();
        let slot = vm.slot(&config.feed.cluster);
        Configured {
            feed: Feed::new(&config.feed.cluster, Rc::clone(&slot), Rc::clone(&vm)),
            filter: Rc::new(Filter::new(config, Rc::clone(&slot), Rc::clone(&vm))),
            slot,
            vm,
        }
    }

    fn show(&self) {
        if let Some(id) = self.slot.id() {
            metrics::show(Gauge::SnapshotEpoch, id.epoch);
            metrics::show(Gauge::SnapshotVersion, id.version);
        }
        if let Some(age) = self.slot.age(self.vm.now()) {
            metrics::show(Gauge::SnapshotAge, age.as_secs());
        }
        metrics::show(Gauge::FeedConnected, self.feed.connected().into());
        metrics::flush(&self.vm.counters);
    }
}

impl Root {
    /// What decides its requests, once it is configured.
    pub(super) fn filter(&self) -> Option<Rc<Filter>> {
        self.0.as_ref().map(|configured| Rc::clone(&configured.filter))
    }

    pub(super) fn configure(&mut self, size: usize) -> bool {
        let text = match abi::buffer(BufferKind::PluginConfiguration, 0, size) {
            Ok(text) => text,
            Err(abi::NOT_FOUND) => Vec::new(),
            Err(status) => {
                log::error(&format!("the filter's configuration cannot be read: {status}"));
                return false;
            }
        };
        match Config::parse(&text) {
            Ok(config) => {
                metrics::define();
                if let Some(old) = self.0.take() {
                    old.feed.drive(Input::Stopped);
                }
                let configured = self.0.insert(Configured::new(config));
                configured.vm.verbose.set(log::is_verbose());
                configured.feed.drive(Input::Tick);
                true
            }
            Err(why) => {
                log::error(&why.to_string());
                false
            }
        }
    }

    pub(super) fn tick(&mut self) {
        if let Some(configured) = &self.0 {
            configured.vm.verbose.set(log::is_verbose());
            configured.feed.drive(Input::Tick);
            configured.show();
        }
    }

    /// The other end of a stream has answered.
    pub(super) fn answered(&mut self, stream: StreamId) {
        if let Some(configured) = &self.0 {
            configured.feed.drive(Input::Answered(stream));
        }
    }

    /// A message of this size has arrived.
    pub(super) fn receive(&mut self, stream: StreamId, size: usize) {
        if let Some(configured) = &self.0 {
            configured.feed.receive(stream, size);
        }
    }

    pub(super) fn closed(&mut self, stream: StreamId, status: u32) {
        if let Some(configured) = &self.0 {
            log::debug(&format!("the feed's stream ended with gRPC status {status}"));
            configured.feed.drive(Input::Closed(stream));
        }
    }

    /// It is needed no more.
    pub(super) fn stop(&self) {
        if let Some(configured) = &self.0 {
            configured.feed.drive(Input::Stopped);
            metrics::flush(&configured.vm.counters);
        }
    }
}
