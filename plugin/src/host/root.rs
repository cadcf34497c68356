use std::rc::Rc;
use std::time::Duration;

use crate::config::{Config, Source};
use crate::feed::{Input, StreamId};
use crate::gauges::Gauge;
use crate::request::Filter;
use crate::slot::{Slot, Standing};
use crate::vm::Vm;

use super::abi::{self, BufferKind};
use super::desk::Desk;
use super::feed::Feed;
use super::gate::Gate;
use super::{log, metrics, standalone};

/// The filter under one configuration, to the proxy. An update brings a new root into the same VM, where the VM's
/// state awaits it.
#[derive(Default)]
pub(super) struct Root(Option<Configured>);

struct Configured {
    gate: Rc<Gate>,
    /// Missing where the configuration itself holds the snapshot.
    feed: Option<Rc<Feed>>,
    slot: Rc<Slot>,
    vm: Rc<Vm>,
}

impl Configured {
    fn new(config: Config) -> Result<Self, String> {
        let Config { source, explain, forward } = config;
        let vm = Vm::this();
        let (slot, feed, desk) = match source {
            Source::Feed(config) => {
                let slot = vm.slot(&config);
                let feed = Rc::new(Feed::new(&config, Rc::clone(&slot), Rc::clone(&vm)));
                let desk = Desk::new(&config.cluster, Rc::clone(&feed), Rc::clone(&vm));
                (slot, Some(feed), Some(desk))
            }
            Source::Standalone(config) => (standalone::slot(config, vm.now())?, None, None),
        };
        let filter = Filter::new(explain, forward, Rc::clone(&slot), Rc::clone(&vm));
        Ok(Configured { gate: Rc::new(Gate { filter, desk }), feed, slot, vm })
    }

    fn start(&self) {
        self.vm.verbose.set(log::is_verbose());
        match &self.feed {
            Some(feed) => feed.drive(Input::Tick),
            None => standalone::start(),
        }
        self.judge();
    }

    fn drive(&self, input: Input) {
        if let Some(feed) = &self.feed {
            feed.drive(input);
        }
    }

    /// Whether the snapshot in force may still decide is found here, so that no request has to ask.
    fn judge(&self) {
        let stale = self.feed.as_ref().is_some_and(|feed| feed.is_stale());
        match (self.gate.filter.is_stale(), stale) {
            (false, true) => {
                log::warn("the snapshot in force has gone unconfirmed for too long: every request is refused");
            }
            (true, false) => log::info("the snapshot in force is confirmed again and decides"),
            _ => {}
        }
        self.gate.filter.set_stale(stale);
    }

    /// How long the snapshot in force has gone unconfirmed, if anybody knows and anybody could confirm it.
    fn staleness(&self, now: Duration) -> Option<Duration> {
        self.slot.staleness(now).filter(|staleness| self.feed.is_some() && *staleness < Duration::MAX)
    }

    fn show(&self) {
        let now = self.vm.now();
        if let Some(Standing { id, .. }) = self.slot.standing() {
            metrics::show(Gauge::SnapshotEpoch, id.epoch);
            metrics::show(Gauge::SnapshotVersion, id.version);
        }
        if let Some(age) = self.slot.age(now) {
            metrics::show(Gauge::SnapshotAge, age.as_secs());
        }
        if let Some(staleness) = self.staleness(now) {
            metrics::show(Gauge::SnapshotStaleness, staleness.as_secs());
        }
        let connected = self.feed.as_ref().is_some_and(|feed| feed.connected());
        metrics::show(Gauge::FeedConnected, connected.into());
        metrics::flush(&self.vm.counters);
    }
}

impl Root {
    /// What its requests pass, once it is configured.
    pub(super) fn gate(&self) -> Option<Rc<Gate>> {
        self.0.as_ref().map(|configured| Rc::clone(&configured.gate))
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
        let configured = Config::parse(&text).map_err(|why| why.to_string()).and_then(|config| {
            metrics::define();
            Configured::new(config)
        });
        match configured {
            Ok(configured) => {
                self.stop();
                self.0.insert(configured).start();
                true
            }
            Err(why) => {
                log::error(&why);
                false
            }
        }
    }

    pub(super) fn tick(&mut self) {
        if let Some(configured) = &self.0 {
            configured.vm.verbose.set(log::is_verbose());
            if let Some(feed) = &configured.feed {
                feed.tick();
            }
            configured.judge();
            configured.show();
        }
    }

    /// The other end of a stream has answered.
    pub(super) fn answered(&mut self, stream: StreamId) {
        if let Some(configured) = &self.0 {
            configured.drive(Input::Answered(stream));
        }
    }

    /// A message of this size has arrived.
    pub(super) fn receive(&mut self, stream: StreamId, size: usize) {
        if let Some(configured) = &self.0 {
            if let Some(feed) = &configured.feed {
                feed.receive(stream, size);
            }
            // What it brought may have been what was missing.
            if configured.gate.filter.is_stale() {
                configured.judge();
            }
        }
    }

    pub(super) fn closed(&mut self, stream: StreamId, status: u32) {
        if let Some(configured) = &self.0 {
            log::debug(&format!("the feed's stream ended with gRPC status {status}"));
            configured.drive(Input::Closed(stream));
        }
    }

    /// It is needed no more.
    pub(super) fn stop(&self) {
        if let Some(configured) = &self.0 {
            configured.drive(Input::Stopped);
            metrics::flush(&configured.vm.counters);
        }
    }
}
