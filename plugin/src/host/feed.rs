use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::snapshot::SnapshotId;

use crate::budget::{Books, Settlements};
use crate::config::FeedConfig;
use crate::counters::Counter;
use crate::feed::{
    Backoff, Frame, Identity, Input, MAX_MESSAGE, METHOD, Output, Refusal, SERVICE, Session, StreamId, Subscriber,
};
use crate::intake::{Content, Intake, Taken};
use crate::random::{self, Random};
use crate::slot::{Slot, Standing};
use crate::vm::Vm;

use super::abi::{self, BufferKind};
use super::clock::HostClock;
use super::log;
use super::properties::HostProperties;
use super::shared::HostShared;

/// Runs a feed's session on the proxy's gRPC streams.
pub(super) struct Feed {
    /// The encoded `GrpcService` that the stream goes to.
    service: Vec<u8>,
    session: RefCell<Session>,
    subscriber: VmSubscriber,
    tick_period: Cell<Duration>,
    /// Envoy's node id; may be empty.
    node: String,
}

impl Feed {
    /// The feed of this configuration, with what the VMs before this one left in force.
    pub(super) fn new(config: &FeedConfig, slot: Rc<Slot>, vm: Rc<Vm>) -> Self {
        let identity = Identity {
            // Roots that share a VM have streams of their own, and must not take each other's place.
            vm: random::stream_owner(),
            node: HostProperties.text(&["xds", "node", "id"]),
            node_cluster: HostProperties.text(&["xds", "node", "cluster"]),
        };
        let node = identity.node.clone();
        let intake = Intake::new(Rc::clone(&slot), config, Rc::new(HostShared), Rc::new(HostClock));
        let warm = match intake.warm_up(vm.now()) {
            Ok(Some(id)) => {
                log::info(&format!("snapshot {id} is in force, as another VM left it"));
                true
            }
            Ok(None) => false,
            Err(why) => {
                log::warn(&format!("what another VM left is not used: {why}"));
                false
            }
        };
        Feed {
            service: config.cluster.grpc_service(MAX_MESSAGE),
            session: RefCell::new(Session::new(identity, Backoff::new(Random::from_seed(random::seed())))),
            subscriber: VmSubscriber { books: vm.books(&config.cluster), vm, slot, intake, warm: Cell::new(warm) },
            tick_period: Cell::new(Duration::ZERO),
            node,
        }
    }

    /// Whether the snapshot in force has gone unconfirmed for longer than it may.
    pub(super) fn is_stale(&self) -> bool {
        self.subscriber.intake.is_stale(self.subscriber.vm.now())
    }

    pub(super) fn tick(&self) {
        self.drive(Input::Tick);
        let VmSubscriber { vm, intake, .. } = &self.subscriber;
        intake.keep(vm.serving.get(), vm.now());
    }

    /// Envoy's node id; may be empty.
    pub(super) fn node(&self) -> &str {
        &self.node
    }

    pub(super) fn connected(&self) -> bool {
        self.session.borrow().connected()
    }

    /// A message of this size has arrived.
    pub(super) fn receive(&self, stream: StreamId, size: usize) {
        let now = self.subscriber.vm.now();
        match abi::buffer(BufferKind::GrpcMessage, 0, Frame::wanted(size)) {
            Ok(bytes) => self.drive_at(Input::Message(stream, Frame::new(size, bytes)), now),
            Err(status) => {
                log::error(&format!("a message of the companion cannot be read: {status}"));
                self.drive_at(Input::Closed(stream), now);
            }
        }
    }

    /// Goes on with what happens now, and with what comes of that.
    pub(super) fn drive(&self, input: Input) {
        self.drive_at(input, self.subscriber.vm.now());
    }

    fn drive_at(&self, input: Input, now: Duration) {
        let was_connected = self.connected();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
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
    books: Rc<Books>,
    slot: Rc<Slot>,
    intake: Intake,
    /// The snapshot in force is one that another VM left.
    warm: Cell<bool>,
}

impl Subscriber for VmSubscriber {
    fn standing(&self) -> Option<Standing> {
        self.slot.standing()
    }

    fn warm(&self) -> bool {
        self.warm.get()
    }

    fn serving(&self) -> bool {
        self.vm.serving.get()
    }

    fn offer(&self, id: SnapshotId, content: Content) -> Result<Taken, Refusal> {
        match self.intake.offer(id, content, self.vm.now()) {
            Ok(Taken::New) => {
                self.warm.set(false);
                self.vm.counters.add(Counter::SnapshotsApplied, 1);
                log::info(&format!("snapshot {id} is in force"));
                Ok(Taken::New)
            }
            Ok(Taken::Known) => Ok(Taken::Known),
            Err(why) => {
                self.refused();
                Err(Refusal { reason: why.to_string(), wants_full: why.wants_full(), ahead: why.ahead() })
            }
        }
    }

    fn offer_part(&self, content: Vec<u8>) -> Result<(), String> {
        let offered = self.intake.offer_part(content);
        let counter = if offered.is_ok() { Counter::IndexPartsApplied } else { Counter::IndexPartsRefused };
        self.vm.counters.add(counter, 1);
        offered.map_err(|why| why.to_string())
    }

    fn current(&self, id: SnapshotId) -> bool {
        self.intake.confirm(id, self.vm.now())
    }

    fn settlements(&self) -> &Settlements {
        &self.books.settlements
    }

    fn refused(&self) {
        self.vm.counters.add(Counter::SnapshotsRefused, 1);
    }

    fn reconnected(&self) {
        self.vm.counters.add(Counter::FeedReconnects, 1);
    }

    fn now(&self) -> Duration {
        self.vm.now()
    }
}
