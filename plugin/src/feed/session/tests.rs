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

#[test]
fn the_first_message_is_a_hello() {
    let mut fixture = Fixture::new();
    fixture.vm.applied.set(Some(SnapshotId { epoch: 1, version: 4 }));
    assert_eq!(fixture.handle(Input::Tick), [Output::Open]);
    let hello = proto::Hello {
        vm_id: vec![7; 16],
        node_id: "node".into(),
        node_cluster: "edge".into(),
        build: env!("CARGO_PKG_VERSION").into(),
        applied: version(4),
        applied_digest: vec![5; 32],
        format: FORMAT.into(),
        warm: true,
    };
    assert_eq!(sent(fixture.handle(Input::Opened(ONE))), [ToCompanion::Hello(hello)]);
}

#[test]
fn only_one_stream_is_asked_for_at_a_time() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.handle(Input::Tick), [Output::Open]);
    assert_eq!(fixture.after(5000).handle(Input::Tick), []);
    fixture.handle(Input::Opened(ONE));
    assert_eq!(fixture.handle(Input::Opened(TWO)), [Output::Cancel(TWO)]);
}

#[test]
fn every_second_a_heartbeat_says_what_is_applied() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.after(900).handle(Input::Tick), []);
    let idle = proto::Heartbeat { applied: None, serving: false };
    assert_eq!(sent(fixture.after(90).handle(Input::Tick)), [ToCompanion::Heartbeat(idle)]);
    fixture.snapshot(1, "good");
    fixture.vm.serving.set(true);
    let serving = proto::Heartbeat { applied: version(1), serving: true };
    assert_eq!(sent(fixture.after(1000).handle(Input::Tick)), [ToCompanion::Heartbeat(serving)]);
}

#[test]
fn heartbeats_do_not_wait_for_the_companions_first_word() {
    let mut fixture = Fixture::new();
    fixture.handle(Input::Tick);
    fixture.handle(Input::Opened(ONE));
    assert!(!fixture.session.connected());
    assert_eq!(sent(fixture.after(1000).handle(Input::Tick)).len(), 1);
}

#[test]
fn a_good_snapshot_is_applied_and_acknowledged() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.snapshot(1, "good"), [ToCompanion::Ack(proto::Ack { id: version(1), apply_micros: 40 })]);
    assert_eq!(fixture.vm.applied.get(), Some(SnapshotId { epoch: 1, version: 1 }));
}

#[test]
fn a_bad_snapshot_is_refused_with_its_reason_and_the_stream_goes_on() {
    let mut fixture = Fixture::connected();
    fixture.snapshot(1, "good");
    let answer = fixture.snapshot(2, "digest mismatch");
    assert_eq!(
        *nack(&answer),
        proto::Nack { id: version(2), reason: "digest mismatch".into(), wants_full: false, ahead: None }
    );
    assert_eq!(fixture.vm.applied.get(), Some(SnapshotId { epoch: 1, version: 1 }));
    assert_eq!(fixture.vm.refused.get(), 0, "the subscriber counts what it was offered");
    assert_eq!(fixture.snapshot(3, "good").len(), 1);
}

#[test]
fn a_refused_delta_asks_for_the_whole_snapshot() {
    let mut fixture = Fixture::connected();
    let answer = fixture.delta(2);
    assert_eq!(
        *nack(&answer),
        proto::Nack { id: version(2), reason: "no deltas".into(), wants_full: true, ahead: None }
    );
}

#[test]
fn what_is_current_is_passed_on_and_not_answered() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.current(7), []);
    assert_eq!(fixture.vm.current.get(), Some(SnapshotId { epoch: 1, version: 7 }));
}

/// How long it takes until the next stream is asked for.
fn wait(fixture: &mut Fixture) -> u64 {
    (0..).find(|_| fixture.after(1).handle(Input::Tick) == [Output::Open]).unwrap()
}

/// Has the stream fail again and again; how long the last wait is.
fn wait_after_failures(fixture: &mut Fixture, mut before: impl FnMut(&mut Fixture)) -> u64 {
    let mut last = 0;
    for _ in 0..12 {
        before(fixture);
        fixture.handle(Input::Closed(ONE));
        last = wait(fixture);
        fixture.handle(Input::Opened(ONE));
    }
    last
}

#[test]
fn only_what_is_of_use_shortens_the_waits() {
    let answers = |fixture: &mut Fixture| {
        fixture.handle(Input::Answered(ONE));
        fixture.message(vec![]);
    };
    assert!((500..=1000).contains(&wait_after_failures(&mut Fixture::connected(), answers)));
    let mut version = 0;
    let snapshots = |fixture: &mut Fixture| {
        version += 1;
        fixture.snapshot(version, "good");
    };
    assert!(wait_after_failures(&mut Fixture::connected(), snapshots) <= 100);
    let with_one = || {
        let mut fixture = Fixture::connected();
        fixture.snapshot(1, "good");
        fixture
    };
    let confirmed = |fixture: &mut Fixture| {
        fixture.current(1);
    };
    assert!(wait_after_failures(&mut with_one(), confirmed) <= 100);
    let other = |fixture: &mut Fixture| {
        fixture.current(2);
    };
    assert!((500..=1000).contains(&wait_after_failures(&mut with_one(), other)));
    let same = |fixture: &mut Fixture| {
        fixture.snapshot(1, "good");
    };
    assert!((500..=1000).contains(&wait_after_failures(&mut with_one(), same)));
    let refusals = |fixture: &mut Fixture| {
        fixture.snapshot(1, "bad");
    };
    assert!((15_000..=30_000).contains(&wait_after_failures(&mut Fixture::connected(), refusals)));
}

#[test]
fn a_stream_that_brings_nothing_but_what_is_refused_is_given_up() {
    let mut fixture = Fixture::connected();
    for version in 1..MAX_REFUSALS {
        assert_eq!(fixture.snapshot(version.into(), "bad").len(), 1);
        // To say what is current is no amends.
        fixture.current(1);
    }
    assert_eq!(fixture.snapshot(99, "good").len(), 1);
    for version in 1..MAX_REFUSALS {
        fixture.snapshot(version.into(), "bad");
    }
    assert!(fixture.session.connected());
    let outputs = fixture.handle(Input::Message(ONE, Frame::new(1, vec![0xff])));
    assert_eq!(outputs.last(), Some(&Output::Cancel(ONE)));
    assert!(
        matches!(&outputs[..], [Output::Warn(_), Output::Send(..), Output::Warn(why), _] if why.contains("given up"))
    );
    assert!(!fixture.session.connected());
    assert_eq!(fixture.snapshot(100, "good"), [], "it is over");
    assert_eq!(fixture.handle(Input::Tick), []);
    assert_eq!(fixture.after(100).handle(Input::Tick), [Output::Open]);
}

#[test]
fn parts_of_the_index_snapshot_are_answered_and_never_cost_the_stream() {
    let mut fixture = Fixture::connected();
    let answer =
        |refused: &str| ToCompanion::IndexAnswer(proto::IndexAnswer { part: Some(PART), refused: refused.to_owned() });
    assert_eq!(sent(fixture.part("good")), [answer("")]);
    for _ in 0..3 * MAX_REFUSALS {
        let outputs = fixture.part("bad");
        assert!(matches!(&outputs[..], [Output::Warn(why), _] if why == "part of the index snapshot refused: bad"));
        assert_eq!(sent(outputs), [answer("bad")]);
    }
    assert!(fixture.session.connected());
    assert_eq!(fixture.vm.refused.get(), 0);
    assert_eq!(fixture.snapshot(1, "good").len(), 1);
}

#[test]
fn a_stream_that_brings_messages_without_end_is_given_up() {
    let mut fixture = Fixture::connected();
    for _ in 0..3 {
        for _ in 0..MAX_MESSAGES {
            fixture.current(1);
        }
        assert!(fixture.session.connected());
        fixture.after(1000).handle(Input::Tick);
    }
    for _ in 0..MAX_MESSAGES {
        assert_eq!(fixture.message(vec![]), []);
    }
    let outputs = fixture.handle(Input::Message(ONE, Frame::new(0, vec![])));
    assert_eq!(outputs.last(), Some(&Output::Cancel(ONE)));
    assert!(!fixture.session.connected());
}

#[test]
fn reasons_are_cut_to_256_bytes_between_characters() {
    let mut fixture = Fixture::connected();
    let long: &'static str = format!("x{}", "é".repeat(300)).leak();
    let answer = fixture.snapshot(1, long);
    assert_eq!(nack(&answer).reason.len(), 255);
}

#[test]
fn the_operator_is_told_of_a_refusal() {
    let mut fixture = Fixture::connected();
    let outputs = fixture.handle(Input::Message(ONE, Frame::new(1, vec![0xff])));
    assert!(matches!(outputs.first(), Some(Output::Warn(why)) if why.contains("cannot be decoded")), "{outputs:?}");
}

#[test]
fn messages_that_cannot_be_read_are_refused_before_they_are_offered() {
    let mut fixture = Fixture::connected();
    assert_eq!(nack(&fixture.message(vec![0xff])).id, None);
    let nameless = proto::Snapshot { id: None, content: b"good".into() };
    let message = proto::CompanionMessage { body: Some(FromCompanion::Snapshot(nameless)) };
    assert!(nack(&fixture.message(message.encode_to_vec())).reason.contains("no snapshot id"));
    assert!(fixture.vm.offered.borrow().is_empty());
    assert_eq!(fixture.vm.refused.get(), 2);
}

#[test]
fn an_oversized_message_is_refused_by_name() {
    let mut fixture = Fixture::connected();
    let id = proto::SnapshotId { epoch: 1, version: 9 };
    let snapshot = proto::Snapshot { id: Some(id), content: vec![0; 100] };
    let message = proto::CompanionMessage { body: Some(FromCompanion::Snapshot(snapshot)) }.encode_to_vec();
    let size = MAX_FRAME + 1;
    let head = message[..Frame::wanted(size)].to_vec();
    let answer = sent(fixture.handle(Input::Message(ONE, Frame::new(size, head))));
    assert_eq!(nack(&answer).id, Some(id));
}

#[test]
fn messages_of_an_unknown_kind_are_passed_over() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.message(vec![]), []);
    // Field 99, empty.
    assert_eq!(fixture.message(vec![0x9a, 0x06, 0x00]), []);
}

#[test]
fn a_closed_stream_is_cancelled_and_another_opened_within_a_second() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.handle(Input::Closed(ONE)), [Output::Cancel(ONE)]);
    assert!(!fixture.session.connected());
    assert_eq!(fixture.handle(Input::Tick), []);
    assert_eq!(fixture.after(1000).handle(Input::Tick), [Output::Open]);
    fixture.handle(Input::Opened(TWO));
    assert_eq!(fixture.vm.reconnected.get(), 1);
}

#[test]
fn failures_to_open_are_retried_with_growing_waits_below_a_second() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.handle(Input::Tick), [Output::Open]);
    for _ in 0..10 {
        assert_eq!(fixture.handle(Input::OpenFailed), []);
        assert_eq!(fixture.after(49).handle(Input::Tick), []);
        assert_eq!(fixture.after(951).handle(Input::Tick), [Output::Open]);
    }
}

#[test]
fn the_end_of_an_old_stream_changes_nothing() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.handle(Input::Closed(TWO)), [Output::Cancel(TWO)]);
    assert!(fixture.session.connected());
    let message = proto::CompanionMessage { body: None }.encode_to_vec();
    assert_eq!(fixture.handle(Input::Message(TWO, Frame::new(message.len(), message))), []);
}

#[test]
fn ticks_are_quick_until_the_companion_answers() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.session.tick_period(), IMPATIENCE);
    fixture.handle(Input::Tick);
    fixture.handle(Input::Opened(ONE));
    assert_eq!(fixture.session.tick_period(), IMPATIENCE);
    fixture.handle(Input::Answered(ONE));
    assert_eq!(fixture.session.tick_period(), HEARTBEAT);
}

#[test]
fn a_stopped_session_cancels_its_stream_and_stays_down() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.handle(Input::Stopped), [Output::Cancel(ONE)]);
    fixture.handle(Input::Closed(ONE));
    assert_eq!(fixture.after(10_000).handle(Input::Tick), []);
    assert_eq!(fixture.session.tick_period(), Duration::ZERO);
}

fn used() -> Outcome {
    Outcome::Used(Used { input: 1, output: 1, cached: 0, cache_written: 0 })
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

#[test]
fn settlements_go_to_a_companion_that_answers_one_message_at_a_time() {
    let mut fixture = Fixture::new();
    fixture.handle(Input::Tick);
    fixture.handle(Input::Opened(ONE));
    fixture.vm.settlements.add(b"a", used(), None).unwrap();
    assert_eq!(fixture.handle(Input::Settle), []);
    assert!(sequences(&fixture.after(1000).handle(Input::Tick)).is_empty());
    fixture.handle(Input::Answered(ONE));
    assert_eq!(sequences(&fixture.handle(Input::Settle)), [1]);
    for name in [b"b", b"c"] {
        fixture.vm.settlements.add(name, used(), None).unwrap();
        assert_eq!(fixture.handle(Input::Settle), []);
    }
    assert_eq!(sequences(&fixture.handle(Input::Message(ONE, settled(&[1])))), [2, 3]);
    assert_eq!(fixture.handle(Input::Message(ONE, settled(&[2, 3]))), []);
    assert!(fixture.vm.settlements.is_empty());
}

#[test]
fn the_next_stream_brings_what_was_not_acknowledged() {
    let mut fixture = Fixture::connected();
    fixture.vm.settlements.add(b"a", used(), None).unwrap();
    assert_eq!(sequences(&fixture.handle(Input::Settle)), [1]);
    fixture.handle(Input::Closed(ONE));
    assert_eq!(fixture.handle(Input::Settle), []);
    fixture.after(60_000).handle(Input::Tick);
    fixture.handle(Input::Opened(TWO));
    // What a stream brings that is given up counts no more.
    assert_eq!(fixture.handle(Input::Message(ONE, settled(&[1]))), []);
    fixture.handle(Input::Answered(TWO));
    assert_eq!(sequences(&fixture.after(1000).handle(Input::Tick)), [1]);
}

#[test]
fn acknowledgements_of_nothing_without_end_end_the_stream() {
    let mut fixture = Fixture::connected();
    for _ in 0..MAX_MESSAGES {
        assert_eq!(fixture.handle(Input::Message(ONE, settled(&[7]))), []);
    }
    assert!(fixture.handle(Input::Message(ONE, settled(&[7]))).contains(&Output::Cancel(ONE)));
}
