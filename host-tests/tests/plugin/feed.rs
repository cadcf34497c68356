//! The feed's messages (`tollgate/v1/feed.proto`), as the companion writes and reads them.

use tollgate_policy::snapshot::SnapshotId;

use crate::wire::{Field, fields, message, number};

/// A message that carries a snapshot.
pub(crate) fn snapshot(id: SnapshotId, content: &[u8]) -> Vec<u8> {
    message(1, [message(1, id_message(id)), message(2, content)].concat())
}

/// A message that carries what leads from one snapshot to another.
pub(crate) fn delta(id: SnapshotId, base: SnapshotId, content: &[u8]) -> Vec<u8> {
    message(2, [message(1, id_message(id)), message(2, id_message(base)), message(3, content)].concat())
}

/// A message that says which snapshot is published now.
pub(crate) fn current(id: SnapshotId) -> Vec<u8> {
    message(3, message(1, id_message(id)))
}

/// A message that carries a part of the index snapshot, which the companion calls this.
pub(crate) fn part(id: &[u8], content: &[u8]) -> Vec<u8> {
    message(4, [message(1, id), message(2, content)].concat())
}

/// A `SnapshotId`.
pub(crate) fn id_message(id: SnapshotId) -> Vec<u8> {
    [number(1, id.epoch), number(2, id.version)].concat()
}

/// A message of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FromWorker {
    Hello(Hello),
    Heartbeat {
        applied: Option<SnapshotId>,
        serving: bool,
    },
    Ack(SnapshotId),
    Nack {
        id: Option<SnapshotId>,
        reason: String,
        wants_full: bool,
        ahead: Option<SnapshotId>,
    },
    /// What became of a part of the index snapshot: empty if it is in use.
    Part {
        id: Vec<u8>,
        refused: String,
    },
    /// How calls of models ended.
    Settlements,
}

/// The first message of every stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) vm_id: Vec<u8>,
    pub(crate) node_id: String,
    pub(crate) node_cluster: String,
    pub(crate) build: String,
    pub(crate) applied: Option<SnapshotId>,
    pub(crate) applied_digest: Vec<u8>,
    pub(crate) format: u64,
    pub(crate) warm: bool,
}

impl FromWorker {
    /// Reads a message, strictly.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let [(kind, body)] = <[_; 1]>::try_from(fields(bytes)).expect("one kind of message");
        let body = fields(&body.bytes());
        match kind {
            1 => FromWorker::Hello(hello(body)),
            2 => heartbeat(body),
            3 => ack(body),
            4 => nack(body),
            5 => part_answer(body),
            6 => FromWorker::Settlements,
            other => panic!("message of kind {other}"),
        }
    }
}

fn hello(body: Vec<(u64, Field)>) -> Hello {
    let mut hello = Hello::default();
    for (number, field) in body {
        match number {
            1 => hello.vm_id = field.bytes(),
            2 => hello.node_id = field.text(),
            3 => hello.node_cluster = field.text(),
            4 => hello.build = field.text(),
            5 => hello.applied = Some(read_id(field)),
            6 => hello.applied_digest = field.bytes(),
            7 => hello.format = field.number(),
            8 => hello.warm = field.number() == 1,
            other => panic!("field {other} of a hello"),
        }
    }
    hello
}

fn heartbeat(body: Vec<(u64, Field)>) -> FromWorker {
    let (mut applied, mut serving) = (None, false);
    for (number, field) in body {
        match number {
            1 => applied = Some(read_id(field)),
            2 => serving = field.number() == 1,
            other => panic!("field {other} of a heartbeat"),
        }
    }
    FromWorker::Heartbeat { applied, serving }
}

/// How long it took says the clock, which in these tests stands still meanwhile.
fn ack(body: Vec<(u64, Field)>) -> FromWorker {
    match body.as_slice() {
        [(1, id)] => FromWorker::Ack(read_id(id.clone())),
        other => panic!("no ack: {other:?}"),
    }
}

fn nack(body: Vec<(u64, Field)>) -> FromWorker {
    let (mut id, mut reason, mut wants_full, mut ahead) = (None, String::new(), false, None);
    for (number, field) in body {
        match number {
            1 => id = Some(read_id(field)),
            2 => reason = field.text(),
            3 => wants_full = field.number() == 1,
            4 => ahead = Some(read_id(field)),
            other => panic!("field {other} of a nack"),
        }
    }
    FromWorker::Nack { id, reason, wants_full, ahead }
}

fn part_answer(body: Vec<(u64, Field)>) -> FromWorker {
    let (mut id, mut refused) = (Vec::new(), String::new());
    for (number, field) in body {
        match number {
            1 => id = field.bytes(),
            2 => refused = field.text(),
            other => panic!("field {other} of an answer to a part"),
        }
    }
    FromWorker::Part { id, refused }
}

fn read_id(field: Field) -> SnapshotId {
    let mut id = SnapshotId::default();
    for (number, field) in fields(&field.bytes()) {
        match number {
            1 => id.epoch = field.number(),
            2 => id.version = field.number(),
            other => panic!("field {other} of a snapshot id"),
        }
    }
    id
}
