use std::cell::{Cell, RefCell};

use prost::Message;
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::FORMAT;

use super::super::proto;
use super::super::proto::companion_message::Body as FromCompanion;
use super::super::proto::worker_message::Body as ToCompanion;
use super::*;
use crate::budget::{Outcome, Used};
use crate::random::Random;

mod messages;
mod streams;

const ONE: StreamId = StreamId(1);
const TWO: StreamId = StreamId(2);
const PART: proto::IndexPart = proto::IndexPart { generation: 2, revision: 5, number: 3 };
const NOW: Duration = Duration::from_secs(100);

/// A VM that takes any snapshot that says "good".
#[derive(Default)]
struct FakeVm {
    applied: Cell<Option<SnapshotId>>,
    current: Cell<Option<SnapshotId>>,
    serving: Cell<bool>,
    refused: Cell<u32>,
    reconnected: Cell<u32>,
    offered: RefCell<Vec<SnapshotId>>,
    settlements: Settlements,
}

impl Subscriber for FakeVm {
    fn standing(&self) -> Option<Standing> {
        self.applied.get().map(|id| Standing { id, digest: Digest([5; 32]) })
    }

    fn warm(&self) -> bool {
        true
    }

    fn serving(&self) -> bool {
        self.serving.get()
    }

    fn offer(&self, id: SnapshotId, content: Content) -> Result<Taken, Refusal> {
        self.offered.borrow_mut().push(id);
        match content {
            Content::Whole(content) if content == b"good" => {
                let known = self.applied.replace(Some(id)) == Some(id);
                Ok(if known { Taken::Known } else { Taken::New })
            }
            Content::Whole(content) => {
                Err(Refusal { reason: String::from_utf8_lossy(&content).into_owned(), wants_full: false, ahead: None })
            }
            Content::Delta(_) => Err(Refusal { reason: "no deltas".to_owned(), wants_full: true, ahead: None }),
        }
    }

    fn offer_part(&self, content: Vec<u8>) -> Result<(), String> {
        if content == b"good" { Ok(()) } else { Err(String::from_utf8(content).unwrap()) }
    }

    fn current(&self, id: SnapshotId) -> bool {
        self.current.set(Some(id));
        self.applied.get() == Some(id)
    }

    fn settlements(&self) -> &Settlements {
        &self.settlements
    }

    /// Every message takes 40 µs.
    fn now(&self) -> Duration {
        NOW + Duration::from_micros(40)
    }

    fn refused(&self) {
        self.refused.set(self.refused.get() + 1);
    }

    fn reconnected(&self) {
        self.reconnected.set(self.reconnected.get() + 1);
    }
}

struct Fixture {
    session: Session,
    vm: FakeVm,
    now: Duration,
}

impl Fixture {
    fn new() -> Self {
        let identity = Identity { vm: [7; 16], node: "node".into(), node_cluster: "edge".into() };
        let session = Session::new(identity, Backoff::new(Random::from_seed(1)));
        Fixture { session, vm: FakeVm::default(), now: NOW }
    }

    fn connected() -> Self {
        let mut fixture = Fixture::new();
        assert_eq!(fixture.handle(Input::Tick), [Output::Open]);
        fixture.handle(Input::Opened(ONE));
        fixture.handle(Input::Answered(ONE));
        fixture
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        self.session.handle(input, self.now, &self.vm)
    }

    fn after(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    fn snapshot(&mut self, version: u64, content: &'static str) -> Vec<ToCompanion> {
        let id = Some(proto::SnapshotId { epoch: 1, version });
        let snapshot = proto::Snapshot { id, content: content.into() };
        let message = proto::CompanionMessage { body: Some(FromCompanion::Snapshot(snapshot)) };
        self.message(message.encode_to_vec())
    }

    fn delta(&mut self, version: u64) -> Vec<ToCompanion> {
        let [id, base] = [version, version - 1].map(|version| Some(proto::SnapshotId { epoch: 1, version }));
        let delta = proto::Delta { id, base, content: b"good".to_vec() };
        self.message(proto::CompanionMessage { body: Some(FromCompanion::Delta(delta)) }.encode_to_vec())
    }

    fn current(&mut self, version: u64) -> Vec<ToCompanion> {
        let current = proto::Current { id: Some(proto::SnapshotId { epoch: 1, version }) };
        self.message(proto::CompanionMessage { body: Some(FromCompanion::Current(current)) }.encode_to_vec())
    }

    fn part(&mut self, content: &str) -> Vec<Output> {
        let index = proto::IndexSnapshot { part: Some(PART), content: content.into() };
        let bytes = proto::CompanionMessage { body: Some(FromCompanion::IndexSnapshot(index)) }.encode_to_vec();
        self.handle(Input::Message(ONE, Frame::new(bytes.len(), bytes)))
    }

    fn message(&mut self, bytes: Vec<u8>) -> Vec<ToCompanion> {
        sent(self.handle(Input::Message(ONE, Frame::new(bytes.len(), bytes))))
    }
}

fn sent(outputs: Vec<Output>) -> Vec<ToCompanion> {
    let bodies = outputs.into_iter().filter_map(|output| match output {
        Output::Send(_, bytes) => proto::WorkerMessage::decode(&*bytes).unwrap().body,
        _ => None,
    });
    bodies.collect()
}

fn version(version: u64) -> Option<proto::SnapshotId> {
    Some(proto::SnapshotId { epoch: 1, version })
}

fn nack(messages: &[ToCompanion]) -> &proto::Nack {
    match messages {
        [ToCompanion::Nack(nack)] => nack,
        other => panic!("no nack: {other:?}"),
    }
}

fn used() -> Outcome {
    Outcome::Used(Used { input: 1, output: 1, ..Used::default() })
}

fn settled(sequences: &[u64]) -> Frame {
    let body = FromCompanion::Settled(proto::Settled { sequences: sequences.to_vec() });
    Frame::Whole(proto::CompanionMessage { body: Some(body) }.encode_to_vec())
}

/// The numbers of what was settled.
fn sequences(outputs: &[Output]) -> Vec<u64> {
    let settlements = outputs.iter().filter_map(|output| match output {
        Output::Send(_, message) => proto::WorkerMessage::decode(&**message).unwrap().body,
        _ => None,
    });
    settlements
        .filter_map(|body| match body {
            ToCompanion::Settlements(settlements) => Some(settlements.settlements),
            _ => None,
        })
        .flatten()
        .map(|settlement| settlement.sequence)
        .collect()
}
