//! Stands in for what the policy crate is about to offer.
#![expect(missing_docs, reason = "goes when the policy crate has it")]

use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::{DecodeError, Snapshot, SnapshotId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub id: SnapshotId,
    pub digest: Digest,
    pub attestations: Vec<Attestation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    pub id: SnapshotId,
    pub digest: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    pub key: String,
    pub audience: String,
    pub issued_at: u64,
    pub signature: [u8; 64],
}

#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    #[error("it is based on {0:?}")]
    Base(Base),
    #[error("digest")]
    Digest,
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Head {
    pub fn of_snapshot(bytes: &[u8]) -> Result<Self, DecodeError> {
        let field = |at: usize| bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map(u64::from_le_bytes);
        let (Some(epoch), Some(version)) = (field(8), field(16)) else { return Err(DecodeError::NotASnapshot) };
        let digest = bytes.get(24..56).and_then(|part| part.try_into().ok()).ok_or(DecodeError::NotASnapshot)?;
        Ok(Head { id: SnapshotId { epoch, version }, digest: Digest(digest), attestations: Vec::new() })
    }

    pub fn of_delta(_: &[u8]) -> Result<(Self, Base), DecodeError> {
        Err(DecodeError::NotASnapshot)
    }
}

impl Attestation {
    #[must_use]
    pub fn statement(audience: &str, id: SnapshotId, digest: &Digest, issued_at: u64) -> Vec<u8> {
        let numbers = [id.epoch, id.version, issued_at].map(u64::to_le_bytes).concat();
        [audience.as_bytes(), &numbers, &digest.0].concat()
    }
}

pub trait SnapshotExt {
    fn apply(&mut self, delta: &[u8]) -> Result<(), DeltaError>;
    fn encode(&self) -> Vec<u8>;
}

impl SnapshotExt for Snapshot {
    fn apply(&mut self, delta: &[u8]) -> Result<(), DeltaError> {
        Head::of_delta(delta)?;
        Err(DeltaError::Digest)
    }

    fn encode(&self) -> Vec<u8> {
        Vec::new()
    }
}
