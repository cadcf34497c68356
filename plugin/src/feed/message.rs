//! The feed's messages as bytes: `feed.proto`, as far as a worker writes and reads it.

use std::ops::Range;

use tollgate_policy::snapshot::SnapshotId;

use crate::protobuf::{Malformed, Value, fields, head, push_bytes, push_number};

/// What a worker tells the companion.
#[derive(Clone, Copy, Debug)]
pub(super) enum WorkerMessage<'a> {
    Hello { vm: &'a [u8], node: &'a str, node_cluster: &'a str, build: &'a str, applied: Option<SnapshotId> },
    Heartbeat { applied: Option<SnapshotId>, serving: bool },
    Ack(SnapshotId),
    Nack { id: Option<SnapshotId>, reason: &'a str },
}

impl WorkerMessage<'_> {
    pub(super) fn encode(self) -> Vec<u8> {
        let mut body = Vec::new();
        let number = match self {
            WorkerMessage::Hello { vm, node, node_cluster, build, applied } => {
                let texts = [(1, vm), (2, node.as_bytes()), (3, node_cluster.as_bytes()), (4, build.as_bytes())];
                // Protobuf leaves out what is empty.
                for (number, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                    push_bytes(&mut body, number, text);
                }
                push_id(&mut body, 5, applied);
                1
            }
            WorkerMessage::Heartbeat { applied, serving } => {
                push_id(&mut body, 1, applied);
                push_number(&mut body, 2, serving.into());
                2
            }
            WorkerMessage::Ack(id) => {
                push_id(&mut body, 1, Some(id));
                3
            }
            WorkerMessage::Nack { id, reason } => {
                push_id(&mut body, 1, id);
                push_bytes(&mut body, 2, reason.as_bytes());
                4
            }
        };
        let mut message = Vec::new();
        push_bytes(&mut message, number, &body);
        message
    }
}

fn push_id(message: &mut Vec<u8>, number: u8, id: Option<SnapshotId>) {
    if let Some(SnapshotId { epoch, version }) = id {
        let mut body = Vec::new();
        push_number(&mut body, 1, epoch);
        push_number(&mut body, 2, version);
        push_bytes(message, number, &body);
    }
}

/// A snapshot as the companion sends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offered<'a> {
    pub(super) id: Option<SnapshotId>,
    pub(super) content: &'a [u8],
}

impl<'a> Offered<'a> {
    /// The snapshot in a message; none if the message is of a kind that this version does not know.
    pub(super) fn read(message: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let mut offered = None;
        for field in fields(message) {
            match field? {
                (1, Value::Bytes(snapshot)) => offered = Some(Self::read_body(snapshot)?),
                (1, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(offered)
    }

    /// Where the content stands in the message that it was read from.
    pub(super) fn place_in(&self, message: &[u8]) -> Range<usize> {
        let start = self.content.as_ptr().addr().saturating_sub(message.as_ptr().addr());
        start..start + self.content.len()
    }

    fn read_body(snapshot: &'a [u8]) -> Result<Self, Malformed> {
        let mut offered = Offered::default();
        for field in fields(snapshot) {
            match field? {
                (1, Value::Bytes(id)) => offered.id = Some(read_id(id)?),
                (2, Value::Bytes(content)) => offered.content = content,
                (1 | 2, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(offered)
    }
}

/// The id of the snapshot whose message begins with these bytes, if they tell.
pub(super) fn announced(mut beginning: &[u8]) -> Option<SnapshotId> {
    // CompanionMessage.snapshot, then Snapshot.id: both are field 1.
    head(&mut beginning, 1)?;
    let length = head(&mut beginning, 1)?;
    read_id(beginning.get(..length)?).ok()
}

fn read_id(message: &[u8]) -> Result<SnapshotId, Malformed> {
    let mut id = SnapshotId { epoch: 0, version: 0 };
    for field in fields(message) {
        match field? {
            (1, Value::Varint(epoch)) => id.epoch = epoch,
            (2, Value::Varint(version)) => id.version = version,
            (1 | 2, _) => return Err(Malformed),
            _ => {}
        }
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::super::proto::companion_message::Body;
    use super::super::proto::{self, worker_message};
    use super::*;

    const ID: SnapshotId = SnapshotId { epoch: 3, version: u64::MAX };
    const WIRE_ID: proto::SnapshotId = proto::SnapshotId { epoch: 3, version: u64::MAX };

    fn message(content: usize) -> Vec<u8> {
        let snapshot = proto::Snapshot { id: Some(WIRE_ID), content: vec![7; content] };
        proto::CompanionMessage { body: Some(Body::Snapshot(snapshot)) }.encode_to_vec()
    }

    #[test]
    fn the_beginning_of_a_message_tells_the_snapshots_id() {
        assert_eq!(announced(&message(100_000)[..64]), Some(ID));
    }

    #[test]
    fn a_beginning_of_anything_else_tells_nothing() {
        let whole = message(0);
        for cut in 0..whole.len() {
            assert_eq!(announced(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(announced(b"\xff\xff\xff\xff"), None);
        assert_eq!(announced(b"\x0a\x7f\x0a\x7f\x08\x01"), None);
    }

    #[test]
    fn what_the_companion_writes_is_read() {
        assert_eq!(Offered::read(&message(300)), Ok(Some(Offered { id: Some(ID), content: &[7; 300] })));
        assert_eq!(Offered::read(b""), Ok(None));
        let nameless = proto::Snapshot { id: None, content: Vec::new() };
        let nameless = proto::CompanionMessage { body: Some(Body::Snapshot(nameless)) }.encode_to_vec();
        assert_eq!(Offered::read(&nameless), Ok(Some(Offered::default())));
    }

    #[test]
    fn fields_of_a_later_version_are_passed_over_and_broken_ones_refused() {
        assert_eq!(Offered::read(b"\x12\x00\x18\x01"), Ok(None));
        for message in [&b"\x08\x01"[..], b"\x0a\x02\x08\x01", b"\x0a\x04\x0a\x02\x0a\x00", b"\x0a\x05"] {
            assert_eq!(Offered::read(message), Err(Malformed), "{message:x?}");
        }
    }

    #[test]
    fn what_is_written_is_what_the_companion_reads() {
        let read = |message: WorkerMessage<'_>| proto::WorkerMessage::decode(&*message.encode()).unwrap().body.unwrap();
        let hello = WorkerMessage::Hello { vm: &[9; 16], node: "n", node_cluster: "", build: "1", applied: Some(ID) };
        let expected = proto::Hello {
            vm_id: vec![9; 16],
            node_id: "n".to_owned(),
            node_cluster: String::new(),
            build: "1".to_owned(),
            applied: Some(WIRE_ID),
            ..proto::Hello::default()
        };
        assert_eq!(read(hello), worker_message::Body::Hello(expected));
        for serving in [false, true] {
            assert_eq!(
                read(WorkerMessage::Heartbeat { applied: None, serving }),
                worker_message::Body::Heartbeat(proto::Heartbeat { applied: None, serving })
            );
        }
        assert_eq!(read(WorkerMessage::Ack(ID)), worker_message::Body::Ack(proto::Ack { id: Some(WIRE_ID), apply_micros: 0 }));
        let reason = "r".repeat(200);
        assert_eq!(
            read(WorkerMessage::Nack { id: None, reason: &reason }),
            worker_message::Body::Nack(proto::Nack { id: None, reason, wants_full: false })
        );
    }
}
