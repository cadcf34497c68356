//! The feed's messages as bytes: `feed.proto`, as far as a worker writes and reads it.

use std::ops::Range;

use tollgate_policy::snapshot::{FORMAT, SnapshotId};

use crate::intake::Content;
use crate::protobuf::{Malformed, Value, fields, head, packed, push_bytes, push_number};
use crate::slot::Standing;

use super::Identity;

/// What a worker tells the companion.
#[derive(Clone, Copy, Debug)]
pub(super) enum WorkerMessage<'a> {
    Hello {
        identity: &'a Identity,
        standing: Option<Standing>,
        warm: bool,
    },
    Heartbeat {
        applied: Option<SnapshotId>,
        serving: bool,
    },
    Ack {
        id: SnapshotId,
        apply_micros: u64,
    },
    Nack {
        id: Option<SnapshotId>,
        reason: &'a str,
        wants_full: bool,
        ahead: Option<SnapshotId>,
    },
    /// `part` is what the companion calls it, `refused` is empty if it is in use.
    IndexAnswer {
        part: &'a [u8],
        refused: &'a str,
    },
    /// As the settlements' queue has them.
    Settlements(&'a [u8]),
}

impl WorkerMessage<'_> {
    pub(super) fn encode(self) -> Vec<u8> {
        let mut body = Vec::new();
        let number = match self {
            WorkerMessage::Hello { identity, standing, warm } => {
                let Identity { vm, node, node_cluster } = identity;
                push_bytes(&mut body, 1, vm);
                push_text(&mut body, 2, node);
                push_text(&mut body, 3, node_cluster);
                push_text(&mut body, 4, env!("CARGO_PKG_VERSION"));
                if let Some(Standing { id, digest }) = standing {
                    push_id(&mut body, 5, Some(id));
                    push_bytes(&mut body, 6, &digest.0);
                }
                push_number(&mut body, 7, FORMAT.into());
                push_number(&mut body, 8, warm.into());
                1
            }
            WorkerMessage::Heartbeat { applied, serving } => {
                push_id(&mut body, 1, applied);
                push_number(&mut body, 2, serving.into());
                2
            }
            WorkerMessage::Ack { id, apply_micros } => {
                push_id(&mut body, 1, Some(id));
                push_number(&mut body, 2, apply_micros);
                3
            }
            WorkerMessage::Nack { id, reason, wants_full, ahead } => {
                push_id(&mut body, 1, id);
                push_text(&mut body, 2, reason);
                push_number(&mut body, 3, wants_full.into());
                push_id(&mut body, 4, ahead);
                4
            }
            WorkerMessage::IndexAnswer { part, refused } => {
                push_bytes(&mut body, 1, part);
                push_text(&mut body, 2, refused);
                5
            }
            WorkerMessage::Settlements(settlements) => {
                body.extend_from_slice(settlements);
                6
            }
        };
        let mut message = Vec::new();
        push_bytes(&mut message, number, &body);
        message
    }
}

/// Writes a text, unless it is empty: protobuf leaves that out.
fn push_text(message: &mut Vec<u8>, number: u8, text: &str) {
    if !text.is_empty() {
        push_bytes(message, number, text.as_bytes());
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

/// What the companion tells a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CompanionMessage {
    /// A snapshot, or what leads to it.
    Offer { id: Option<SnapshotId>, content: Content },
    /// What is published now.
    Current(SnapshotId),
    /// A part of the index snapshot.
    Index(IndexPart),
    /// Numbers of settlements that the VM need not keep any more.
    Settled(Vec<u64>),
    /// Something that this version does not know.
    Unknown,
}

/// A part of the index snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexPart {
    /// What the companion calls it; what it says to the VM stands in the content, too.
    pub(super) id: Vec<u8>,
    pub(super) content: Vec<u8>,
}

/// Numbers of the kinds of message.
mod kind {
    pub(super) const SNAPSHOT: u32 = 1;
    pub(super) const DELTA: u32 = 2;
    pub(super) const CURRENT: u32 = 3;
    pub(super) const INDEX: u32 = 4;
    pub(super) const SETTLED: u32 = 5;
}

impl CompanionMessage {
    /// Reads a message. What it carries stays in the message's own memory.
    pub(super) fn read(message: Vec<u8>) -> Result<Self, Malformed> {
        let mut found = None;
        for field in fields(&message) {
            match field? {
                // One message is of one kind.
                (kind::SNAPSHOT..=kind::SETTLED, _) if found.is_some() => return Err(Malformed),
                (kind::SETTLED, Value::Bytes(body)) => {
                    found = Some((kind::SETTLED, Carried { id: None, content: body }));
                }
                (kind @ kind::SNAPSHOT..=kind::INDEX, Value::Bytes(body)) => {
                    found = Some((kind, Carried::read(body, kind)?));
                }
                (kind::SNAPSHOT..=kind::SETTLED, _) => return Err(Malformed),
                _ => {}
            }
        }
        let Some((kind, Carried { id, content })) = found else { return Ok(CompanionMessage::Unknown) };
        if kind == kind::SETTLED {
            return read_settled(content).map(CompanionMessage::Settled);
        }
        let place = place(content, &message);
        if kind == kind::INDEX {
            let id = id.unwrap_or_default().to_vec();
            return Ok(CompanionMessage::Index(IndexPart { id, content: cut(message, place) }));
        }
        let id = id.map(read_id).transpose()?;
        Ok(match kind {
            kind::SNAPSHOT => CompanionMessage::Offer { id, content: Content::Whole(cut(message, place)) },
            kind::DELTA => CompanionMessage::Offer { id, content: Content::Delta(cut(message, place)) },
            _ => CompanionMessage::Current(id.ok_or(Malformed)?),
        })
    }
}

/// Where a part of a message stands in it.
fn place(part: &[u8], message: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(message.as_ptr().addr());
    start..start + part.len()
}

/// What stands at a place of a message, in the message's own memory.
fn cut(mut message: Vec<u8>, place: Range<usize>) -> Vec<u8> {
    message.truncate(place.end);
    message.drain(..place.start.min(message.len()));
    message
}

/// What stands in a message of a kind. A delta's base stands in its content, too, with its digest.
struct Carried<'a> {
    id: Option<&'a [u8]>,
    content: &'a [u8],
}

impl<'a> Carried<'a> {
    fn read(body: &'a [u8], kind: u32) -> Result<Self, Malformed> {
        let content_field = match kind {
            kind::DELTA => 3,
            kind::CURRENT => 1,
            _ => 2,
        };
        let mut carried = Carried { id: None, content: &[] };
        for field in fields(body) {
            match field? {
                (1, Value::Bytes(bytes)) => carried.id = Some(bytes),
                (number, Value::Bytes(bytes)) if number == content_field => carried.content = bytes,
                (number, _) if number == 1 || number == content_field => return Err(Malformed),
                _ => {}
            }
        }
        Ok(carried)
    }
}

/// The id of the snapshot whose message begins with these bytes, if they tell.
pub(super) fn announced(beginning: &[u8]) -> Option<SnapshotId> {
    [kind::SNAPSHOT, kind::DELTA].into_iter().find_map(|kind| {
        let mut rest = beginning;
        head(&mut rest, kind.into())?;
        // The id is the first field of either.
        let length = head(&mut rest, 1)?;
        read_id(rest.get(..length)?).ok()
    })
}

fn read_settled(message: &[u8]) -> Result<Vec<u64>, Malformed> {
    let mut sequences = Vec::new();
    for field in fields(message) {
        match field? {
            (1, Value::Bytes(bytes)) => sequences.append(&mut packed(bytes)?),
            (1, Value::Varint(sequence)) => sequences.push(sequence),
            (1, _) => return Err(Malformed),
            _ => {}
        }
    }
    Ok(sequences)
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
mod tests;
