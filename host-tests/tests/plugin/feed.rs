//! The feed's messages (`tollgate/v1/feed.proto`), as the companion writes and reads them.

use tollgate_policy::snapshot::SnapshotId;

use crate::wire::{Field, fields, message, number};

/// A message that carries a snapshot.
pub(crate) fn snapshot(id: SnapshotId, content: &[u8]) -> Vec<u8> {
    message(1, [message(1, id_message(id)), message(2, content)].concat())
}

/// A `SnapshotId`.
pub(crate) fn id_message(id: SnapshotId) -> Vec<u8> {
    [number(1, id.epoch), number(2, id.version)].concat()
}

/// A message of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FromWorker {
    Hello(Hello),
    Heartbeat { applied: Option<SnapshotId>, serving: bool },
    Ack(SnapshotId),
    Nack { id: Option<SnapshotId>, reason: String },
}

/// The first message of every stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) vm_id: Vec<u8>,
    pub(crate) node_id: String,
    pub(crate) node_cluster: String,
    pub(crate) build: String,
    pub(crate) applied: Option<SnapshotId>,
}

impl FromWorker {
    /// Reads a message, strictly.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let [(kind, body)] = <[_; 1]>::try_from(fields(bytes)).expect("one kind of message");
        let body = fields(&body.bytes());
        match kind {
            1 => FromWorker::Hello(hello(body)),
            2 => heartbeat(body),
            3 => FromWorker::Ack(body.into_iter().map(|(_, id)| read_id(id)).next().expect("an id")),
            4 => nack(body),
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

fn nack(body: Vec<(u64, Field)>) -> FromWorker {
    let (mut id, mut reason) = (None, String::new());
    for (number, field) in body {
        match number {
            1 => id = Some(read_id(field)),
            2 => reason = field.text(),
            other => panic!("field {other} of a nack"),
        }
    }
    FromWorker::Nack { id, reason }
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
