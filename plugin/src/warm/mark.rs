use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;

const MAGIC: &[u8; 8] = b"TGMARK\x01\0";

/// The newest snapshot that a VM of this Envoy has had in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which one it is.
    pub id: SnapshotId,
    /// Digest of its content.
    pub digest: Digest,
    /// When it was last known to be the current one, in milliseconds since 1970; 0 if nobody could tell the time.
    pub confirmed: u64,
}

impl Mark {
    /// Whether the other one says more: of a newer snapshot, or later of the same.
    pub(super) fn is_below(&self, other: &Mark) -> bool {
        (self.id, self.confirmed) < (other.id, other.confirmed)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        [&MAGIC[..], &id_bytes(self.id), &self.confirmed.to_le_bytes(), &self.digest.0].concat()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.strip_prefix(MAGIC)?.split_at_checked(16)?;
        let (confirmed, digest) = rest.split_first_chunk()?;
        Some(Mark {
            id: read_id(id)?,
            digest: Digest(digest.try_into().ok()?),
            confirmed: u64::from_le_bytes(*confirmed),
        })
    }
}

pub(super) fn id_bytes(id: SnapshotId) -> Vec<u8> {
    [id.epoch.to_le_bytes(), id.version.to_le_bytes()].concat()
}

pub(super) fn read_id(bytes: &[u8]) -> Option<SnapshotId> {
    let (epoch, version) = bytes.split_first_chunk()?;
    Some(SnapshotId { epoch: u64::from_le_bytes(*epoch), version: u64::from_le_bytes(version.try_into().ok()?) })
}
