use tollgate_policy::snapshot::SnapshotId;
use tonic::Status;

use super::limits::{MAX_NAME, MAX_REASON};
use super::proto;
use super::vm::{Nacked, VmId};

/// How a VM introduces itself, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) vm: VmId,
    pub(super) node: String,
    pub(super) cluster: String,
    pub(super) build: String,
    pub(super) applied: Option<SnapshotId>,
}

impl TryFrom<proto::Hello> for Hello {
    type Error = Status;

    fn try_from(hello: proto::Hello) -> Result<Self, Status> {
        let vm = <[u8; 16]>::try_from(hello.vm_id)
            .map_err(|id| Status::invalid_argument(format!("vm_id must be 16 bytes long, not {}", id.len())))?;
        Ok(Hello {
            vm: VmId(vm),
            node: cut(hello.node_id, MAX_NAME),
            cluster: cut(hello.node_cluster, MAX_NAME),
            build: cut(hello.build, MAX_NAME),
            applied: hello.applied.map(Into::into),
        })
    }
}

impl From<proto::SnapshotId> for SnapshotId {
    fn from(id: proto::SnapshotId) -> Self {
        SnapshotId { epoch: id.epoch, version: id.version }
    }
}

impl From<SnapshotId> for proto::SnapshotId {
    fn from(id: SnapshotId) -> Self {
        proto::SnapshotId { epoch: id.epoch, version: id.version }
    }
}

impl From<proto::Nack> for Nacked {
    fn from(nack: proto::Nack) -> Self {
        Nacked { id: nack.id.unwrap_or_default().into(), reason: cut(nack.reason, MAX_REASON) }
    }
}

fn cut(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_length_is_refused() {
        let error = Hello::try_from(proto::Hello { vm_id: vec![1; 15], ..proto::Hello::default() }).unwrap_err();
        assert_eq!(error.code(), tonic::Code::InvalidArgument);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let hello = proto::Hello { vm_id: vec![1; 16], node_id: "é".repeat(500), ..proto::Hello::default() };
        assert_eq!(Hello::try_from(hello).unwrap().node, "é".repeat(MAX_NAME / 2));
    }
}
