use prost::Message;
use tollgate_policy::digest::Digest;

use super::super::proto::companion_message::Body;
use super::super::proto::{self, worker_message};
use super::*;

const ID: SnapshotId = SnapshotId { epoch: 3, version: u64::MAX };
const WIRE_ID: proto::SnapshotId = proto::SnapshotId { epoch: 3, version: u64::MAX };

fn companion(body: Body) -> Vec<u8> {
    proto::CompanionMessage { body: Some(body) }.encode_to_vec()
}

fn snapshot(content: usize) -> Vec<u8> {
    companion(Body::Snapshot(proto::Snapshot { id: Some(WIRE_ID), content: vec![7; content] }))
}

fn delta(content: usize) -> Vec<u8> {
    let base = Some(proto::SnapshotId { epoch: 3, version: 1 });
    companion(Body::Delta(proto::Delta { id: Some(WIRE_ID), base, content: vec![7; content] }))
}

fn read(message: &[u8]) -> Result<CompanionMessage, Malformed> {
    CompanionMessage::read(message.to_vec())
}

#[test]
fn the_beginning_of_a_message_tells_the_snapshots_id() {
    assert_eq!(announced(&snapshot(100_000)[..64]), Some(ID));
    assert_eq!(announced(&delta(100_000)[..64]), Some(ID));
}

#[test]
fn a_beginning_of_anything_else_tells_nothing() {
    let whole = snapshot(0);
    for cut in 0..whole.len() {
        assert_eq!(announced(&whole[..cut]), None, "{cut}");
    }
    assert_eq!(announced(b"\xff\xff\xff\xff"), None);
    assert_eq!(announced(b"\x0a\x7f\x0a\x7f\x08\x01"), None);
}

#[test]
fn what_the_companion_writes_is_read() {
    let offer = |id, content| Ok(CompanionMessage::Offer { id, content });
    assert_eq!(read(&snapshot(300)), offer(Some(ID), Content::Whole(vec![7; 300])));
    assert_eq!(read(&delta(300)), offer(Some(ID), Content::Delta(vec![7; 300])));
    assert_eq!(read(b""), Ok(CompanionMessage::Unknown));
    let nameless = companion(Body::Snapshot(proto::Snapshot { id: None, content: Vec::new() }));
    assert_eq!(read(&nameless), offer(None, Content::Whole(Vec::new())));
    let part = proto::IndexPart { generation: 3, revision: 9, number: 1 };
    let id = part.encode_to_vec();
    let index = companion(Body::IndexSnapshot(proto::IndexSnapshot { part: Some(part), content: vec![7; 300] }));
    assert_eq!(read(&index), Ok(CompanionMessage::Index(IndexPart { id, content: vec![7; 300] })));
    let current = companion(Body::Current(proto::Current { id: Some(WIRE_ID) }));
    assert_eq!(read(&current), Ok(CompanionMessage::Current(ID)));
    let settled = companion(Body::Settled(proto::Settled { sequences: vec![1, 300, 2] }));
    assert_eq!(read(&settled), Ok(CompanionMessage::Settled(vec![1, 300, 2])));
    // Each by itself, as protobuf also has it, and none.
    assert_eq!(read(b"\x2a\x05\x08\x01\x08\xac\x02"), Ok(CompanionMessage::Settled(vec![1, 300])));
    assert_eq!(read(b"\x2a\x00"), Ok(CompanionMessage::Settled(vec![])));
}

#[test]
fn fields_of_a_later_version_are_passed_over_and_broken_ones_refused() {
    assert_eq!(read(b"\x32\x00\x38\x01"), Ok(CompanionMessage::Unknown));
    let broken = [
        &b"\x08\x01"[..],
        b"\x10\x01",
        b"\x18\x01",
        b"\x1a\x00",
        b"\x0a\x02\x08\x01",
        b"\x0a\x04\x0a\x02\x0a\x00",
        b"\x0a\x05",
        b"\x0a\x00\x12\x00",
        b"\x20\x01",
        b"\x22\x02\x08\x01",
        b"\x22\x00\x22\x00",
        b"\x28\x01",
        b"\x2a\x00\x2a\x00",
        b"\x2a\x02\x0a\x05",
        b"\x2a\x03\x0a\x01\x80",
    ];
    for message in broken {
        assert_eq!(read(message), Err(Malformed), "{message:x?}");
    }
}

#[test]
fn what_is_written_is_what_the_companion_reads() {
    let read = |message: WorkerMessage<'_>| proto::WorkerMessage::decode(&*message.encode()).unwrap().body.unwrap();
    let identity = Identity { vm: [9; 16], node: "n".to_owned(), node_cluster: String::new() };
    let standing = Some(Standing { id: ID, digest: Digest([5; 32]) });
    let expected = proto::Hello {
        vm_id: vec![9; 16],
        node_id: "n".to_owned(),
        node_cluster: String::new(),
        build: env!("CARGO_PKG_VERSION").to_owned(),
        applied: Some(WIRE_ID),
        applied_digest: vec![5; 32],
        format: FORMAT.into(),
        warm: true,
    };
    let hello = WorkerMessage::Hello { identity: &identity, standing, warm: true };
    assert_eq!(read(hello), worker_message::Body::Hello(expected));
    for serving in [false, true] {
        assert_eq!(
            read(WorkerMessage::Heartbeat { applied: None, serving }),
            worker_message::Body::Heartbeat(proto::Heartbeat { applied: None, serving })
        );
    }
    assert_eq!(
        read(WorkerMessage::Ack { id: ID, apply_micros: 1234 }),
        worker_message::Body::Ack(proto::Ack { id: Some(WIRE_ID), apply_micros: 1234 })
    );
    let part = proto::IndexPart { generation: 3, revision: 9, number: 1 };
    for refused in ["", "why"] {
        let answer = WorkerMessage::IndexAnswer { part: &part.encode_to_vec(), refused };
        let expected = proto::IndexAnswer { part: Some(part), refused: refused.to_owned() };
        assert_eq!(read(answer), worker_message::Body::IndexAnswer(expected));
    }
    for (wants_full, ahead) in [(false, None), (true, Some(ID))] {
        let reason = "r".repeat(200);
        assert_eq!(
            read(WorkerMessage::Nack { id: None, reason: &reason, wants_full, ahead }),
            worker_message::Body::Nack(proto::Nack { id: None, reason, wants_full, ahead: ahead.map(|_| WIRE_ID) })
        );
    }
}
