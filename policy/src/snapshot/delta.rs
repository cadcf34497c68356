//! From one snapshot to a later one: the chunks that differ, as patches of what they were.
//!
//! ```text
//! delta    "TGDELT" format:u16 id digest:[u8;32] (of the base) id digest:[u8;32] seal:[u8;8] attestations
//!          chunks:varint (of each kind) changes:varint change*
//! change   kind:u8 place:varint patch
//! ```

#[cfg(feature = "compiler")]
use super::Attestation;
use super::chunk::{ChunkKind, PerKind};
#[cfg(feature = "compiler")]
use super::codec::Writer;
use super::codec::{DecodeError, Reader};
#[cfg(feature = "compiler")]
use super::content::Content;
use super::head::{Base, Head};
#[cfg(feature = "compiler")]
use super::patch;
use super::{Snapshot, SnapshotId, limits};
use crate::digest::Digest;

/// Why a delta is refused. The snapshot that it was for is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// It starts from another snapshot.
    #[error("the delta starts from {found}, not from {expected}")]
    Base {
        /// The snapshot that it was for.
        expected: SnapshotId,
        /// The one that it is for.
        found: SnapshotId,
    },
    /// It starts from a snapshot of the same id and another content.
    #[error("the delta starts from another content of {0}")]
    Content(SnapshotId),
    /// What it leads to does not have the digest that it announces.
    #[error("the delta does not lead to the announced digest, but to {0}")]
    Digest(Digest),
    /// Its bytes are not a delta, or what it leads to is not a snapshot.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// A delta, its changes still to be read.
pub(super) struct Delta<'a> {
    pub(super) head: Head,
    pub(super) base: Base,
    /// How many chunks there are in the end.
    pub(super) counts: PerKind<usize>,
    pub(super) changes: Reader<'a>,
}

/// A chunk that a snapshot is to be changed by.
pub(super) struct Change<'a> {
    pub(super) kind: ChunkKind,
    /// Its place among the chunks of its kind.
    pub(super) place: usize,
    /// Absent where there was no such place.
    pub(super) old: Option<&'a [u8]>,
    /// Absent where there is no such place any more.
    pub(super) new: Option<&'a [u8]>,
}

impl<'a> Delta<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "delta");
        let (head, base) = Head::read_delta(&mut reader)?;
        let mut counts = PerKind::default();
        let mut all = 0_usize;
        for kind in ChunkKind::ALL {
            let count = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
            all = limits::CHUNKS.check(all.saturating_add(count))?;
            *counts.of_mut(kind) = count;
        }
        Ok(Delta { head, base, counts, changes: reader })
    }
}

impl Snapshot {
    /// Goes from this snapshot to a later one.
    ///
    /// # Errors
    /// If the delta is for another snapshot, damaged, or leads to what is not a snapshot. This one is then as it was.
    pub fn apply(&mut self, delta: &[u8]) -> Result<(), DeltaError> {
        let delta = Delta::read(delta)?;
        if delta.base.id != self.id {
            return Err(DeltaError::Base { expected: self.id, found: delta.base.id });
        }
        if delta.base.digest != self.digest {
            return Err(DeltaError::Content(self.id));
        }
        let content = self.content.patched(&delta)?;
        let digest = content.digest();
        if digest != delta.head.digest {
            return Err(DeltaError::Digest(digest));
        }
        let old = self.content.clone();
        let changes: Vec<_> = old
            .differences(&content)
            .map(|(kind, place)| Change { kind, place, old: old.chunk(kind, place), new: content.chunk(kind, place) })
            .collect();
        self.replace(&content, &changes)?;
        self.content = content;
        self.id = delta.head.id;
        self.digest = digest;
        self.attestations = delta.head.attestations;
        Ok(())
    }
}

#[cfg(feature = "compiler")]
impl Content {
    /// The delta that leads from the snapshot `base_id`, whose content is `base`, to the snapshot `id` of this content.
    #[must_use]
    pub fn delta(&self, base: &Content, base_id: SnapshotId, id: SnapshotId, attestations: &[Attestation]) -> Vec<u8> {
        let mut out = Writer::default();
        let head = Head { id, digest: self.digest(), attestations: attestations.to_vec() };
        head.write_delta(Base { id: base_id, digest: base.digest() }, &mut out);
        ChunkKind::ALL.into_iter().for_each(|kind| out.len(self.chunks(kind).len()));
        let changed: Vec<_> =
            base.differences(self).filter_map(|(kind, place)| Some((kind, place, self.chunk(kind, place)?))).collect();
        out.len(changed.len());
        for (kind, place, new) in changed {
            out.byte(kind.code());
            out.len(place);
            patch::write(base.chunk(kind, place).unwrap_or_default(), new, &mut out);
        }
        out.0
    }
}

#[cfg(test)]
mod tests;
