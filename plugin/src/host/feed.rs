use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::snapshot::SnapshotId;

use crate::config::ClusterName;
use crate::counters::Counter;
use crate::feed::{Backoff, Frame, Identity, Input, METHOD, Output, SERVICE, Session, StreamId, Subscriber};
use crate::random::{self, Random};
use crate::slot::Slot;
use crate::vm::Vm;

use super::abi::{self, BufferKind};
use super::log;
use super::properties::HostProperties;

/// Runs a feed's session on the proxy's gRPC streams.
pub(super) struct Feed {
    /// The encoded `GrpcService` that the stream goes to.
    service: String,
    session: RefCell<Session>,
    subscriber: VmSubscriber,
    tick_period: Cell<Duration>,
}

impl Feed {
    pub(super) fn new(cluster: &ClusterName, slot: Rc<Slot>, vm: Rc<Vm>) -> Self {
        let identity = Identity {
            // Roots that share a VM have streams of their own, and must not take each other's place.
            vm: random::stream_owner(),
            node: HostProperties.text(&["xds", "node", "id"]),
            node_cluster: HostProperties.text(&["xds", "node", "cluster"]),
        };
        Feed {
            service: cluster.grpc_service(),
            session: RefCell::new(Session::new(identity, Backoff::new(Random::from_seed(random::seed())))),
            subscriber: VmSubscriber { vm, slot },
            tick_period: Cell::new(Duration::ZERO),
        }
    }

    pub(super) fn connected(&self) -> bool {
        self.session.borrow().connected()
    }

    /// A message of this size has arrived.
    pub(super) fn receive(&self, stream: StreamId, size: usize) {
        match abi::buffer(BufferKind::GrpcMessage, 0, Frame::wanted(size)) {
            Ok(bytes) => self.drive(Input::Message(stream, Frame::new(size, bytes))),
            Err(status) => {
                log::error(&format!("a message of the companion cannot be read: {status}"));
                self.drive(Input::Closed(stream));
            }
        }
    }

    /// Goes on with what happened, and with what comes of that.
    pub(super) fn drive(&self, input: Input) {
        let was_connected = self.connected();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now = self.subscriber.vm.now();
            let outputs = self.session.borrow_mut().handle(input, now, &self.subscriber);
            inputs.extend(outputs.into_iter().filter_map(|output| self.carry_out(output)));
        }
        match (was_connected, self.connected()) {
            (false, true) => log::info("the feed is connected"),
            (true, false) => log::warn("the feed is lost; the snapshot in force stays"),
            _ => {}
        }
        self.adjust_tick();
    }

    fn carry_out(&self, output: Output) -> Option<Input> {
        match output {
            Output::Open => match abi::grpc_stream(&self.service, SERVICE, METHOD) {
                Ok(stream) => Some(Input::Opened(StreamId(stream))),
                Err(status) => {
                    log::debug(&format!("the feed's stream cannot be opened: {status}"));
                    Some(Input::OpenFailed)
                }
            },
            Output::Send(stream, message) => {
                let sent = abi::grpc_send(stream.0, &message);
                sent.err().map(|status| {
                    log::warn(&format!("the feed's stream cannot be written: {status}"));
                    Input::Closed(stream)
                })
            }
            Output::Cancel(stream) => {
                // The proxy may have forgotten it already.
                let _ = abi::grpc_cancel(stream.0);
                None
            }
            Output::Warn(message) => {
                log::warn(&message);
                None
            }
        }
    }

    fn adjust_tick(&self) {
        let wanted = self.session.borrow().tick_period();
        if self.tick_period.get() == wanted {
            return;
        }
        let milliseconds = u32::try_from(wanted.as_millis()).unwrap_or(u32::MAX);
        match abi::set_tick_period(milliseconds) {
            Ok(()) => self.tick_period.set(wanted),
            Err(status) => log::error(&format!("the tick cannot be set: {status}")),
        }
    }
}

struct VmSubscriber {
    vm: Rc<Vm>,
    slot: Rc<Slot>,
}

impl Subscriber for VmSubscriber {
    fn applied(&self) -> Option<SnapshotId> {
        self.slot.id()
    }

    fn serving(&self) -> bool {
        self.vm.serving.get()
    }

    fn offer(&self, id: SnapshotId, content: Vec<u8>) -> Result<(), String> {
        let before = self.slot.id();
        match self.slot.offer(id, content, self.vm.now()) {
            Ok(()) => {
                if before != self.slot.id() {
                    self.vm.counters.add(Counter::SnapshotsApplied, 1);
                    log::info(&format!("snapshot {id} is in force"));
                }
                Ok(())
            }
            Err(why) => {
                self.refused();
                Err(why.to_string())
            }
        }
    }

    fn refused(&self) {
        self.vm.counters.add(Counter::SnapshotsRefused, 1);
    }

    fn reconnected(&self) {
        self.vm.counters.add(Counter::FeedReconnects, 1);
    }
}
