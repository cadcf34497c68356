use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;
use tonic::Status;

use super::limits::{MAX_NAME, MAX_REASON};
use super::proto;
use super::supply::Held;
use super::vm::VmId;

/// How a VM introduces itself, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) vm: VmId,
    pub(super) node: String,
    pub(super) cluster: String,
    pub(super) build: String,
    pub(super) applied: Option<Held>,
    /// The snapshot format that it reads.
    pub(super) format: u32,
    /// Whether it has what it applied from another VM of its Envoy.
    pub(super) warm: bool,
}

impl TryFrom<proto::Hello> for Hello {
    type Error = Status;

    fn try_from(hello: proto::Hello) -> Result<Self, Status> {
        let vm = <[u8; 16]>::try_from(hello.vm_id)
            .map_err(|id| Status::invalid_argument(format!("vm_id must be 16 bytes long, not {}", id.len())))?;
        let applied = hello.applied.map(|id| held(id.into(), &hello.applied_digest)).transpose()?;
        Ok(Hello {
            vm: VmId(vm),
            node: cut(hello.node_id, MAX_NAME),
            cluster: cut(hello.node_cluster, MAX_NAME),
            build: cut(hello.build, MAX_NAME),
            applied,
            format: hello.format,
            warm: hello.warm,
        })
    }
}

fn held(id: SnapshotId, digest: &[u8]) -> Result<Held, Status> {
    let digest = <[u8; 32]>::try_from(digest).map_err(|_| {
        Status::invalid_argument(format!("applied_digest must be 32 bytes long beside applied, not {}", digest.len()))
    })?;
    Ok(Held { id, digest: Digest(digest) })
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

/// The reason of a refusal, as far as it is kept.
pub(super) fn reason(text: String) -> String {
    cut(text, MAX_REASON)
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
    fn what_is_applied_comes_with_its_digest() {
        let hello = |digest| {
            let applied = Some(proto::SnapshotId { epoch: 1, version: 2 });
            Hello::try_from(proto::Hello { vm_id: vec![1; 16], applied, applied_digest: digest, ..Default::default() })
        };
        let held = Held { id: SnapshotId { epoch: 1, version: 2 }, digest: Digest([7; 32]) };
        assert_eq!(hello(vec![7; 32]).unwrap().applied, Some(held));
        for length in [0, 31, 33] {
            assert_eq!(hello(vec![7; length]).unwrap_err().code(), tonic::Code::InvalidArgument, "{length}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let hello = proto::Hello { vm_id: vec![1; 16], node_id: "é".repeat(500), ..proto::Hello::default() };
        assert_eq!(Hello::try_from(hello).unwrap().node, "é".repeat(MAX_NAME / 2));
    }
}
