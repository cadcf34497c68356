//! What the companion brings, and what it is told.

use super::*;

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
