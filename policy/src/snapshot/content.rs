use std::sync::Arc;

use crate::digest::Digest;

use super::chunk::{ChunkKind, PerKind};
use super::codec::{DecodeError, Reader, Writer};
use super::delta::Delta;
use super::head::{Attestation, Head};
use super::tree::Tree;
use super::{SnapshotId, limits, patch};

/// What a snapshot says, as bytes: its chunks and the hash tree over them. Clones share their chunks, and a changed one
/// shares with the one before what did not change.
#[derive(Clone, Debug, Default)]
pub struct Content {
    chunks: PerKind<Vec<Arc<[u8]>>>,
    tree: Tree,
    /// Bytes of all chunks.
    size: usize,
}

/// Bytes that a delta may make of each of its own, besides twice what the changed chunks were. A copied run takes three bytes.
const GROWTH: usize = 16;

/// A chunk that is to be in the place of another, or of none.
pub(super) type Replacement = (ChunkKind, usize, Arc<[u8]>);

impl Content {
    /// Reads a snapshot's head and chunks and checks the digest. What the chunks say is not looked at.
    ///
    /// # Errors
    /// If it is not a snapshot of this format, damaged, or larger than a snapshot may be.
    pub fn read(bytes: &[u8]) -> Result<(Head, Self), DecodeError> {
        let mut reader = Reader::new(bytes, "snapshot");
        let head = Head::read(&mut reader)?;
        let count = limits::CHUNKS.check(reader.count()?)?;
        limits::CONTENT.check(reader.remaining())?;
        let mut content = Content::default();
        let mut last = ChunkKind::Settings;
        for _ in 0..count {
            let invalid = reader.invalid("chunk kind");
            let kind = ChunkKind::from_code(reader.byte()?).filter(|kind| *kind >= last).ok_or(invalid)?;
            last = kind;
            let len = reader.count()?;
            content.chunks.of_mut(kind).push(reader.bytes(len)?.into());
            content.size += len;
        }
        reader.finish()?;
        content.hash_all();
        match content.digest() == head.digest {
            true => Ok((head, content)),
            false => Err(DecodeError::Digest),
        }
    }

    #[cfg(test)]
    pub(super) fn of(chunks: impl Iterator<Item = (ChunkKind, Arc<[u8]>)>) -> Self {
        let mut content = Content::default();
        for (kind, chunk) in chunks {
            content.size += chunk.len();
            content.chunks.of_mut(kind).push(chunk);
        }
        content.hash_all();
        content
    }

    fn hash_all(&mut self) {
        for kind in ChunkKind::ALL {
            let chunks = self.chunks.of(kind);
            self.tree.update(kind, chunks.len(), chunks.iter().map(|chunk| &**chunk).enumerate());
        }
    }

    /// Digest of the whole; does not depend on a snapshot's id.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.tree.root()
    }

    /// Bytes of all chunks: a snapshot takes a little more.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Bytes of the chunks that this content does not share with another one: what keeping it beside that one costs.
    #[must_use]
    pub fn size_beside(&self, other: &Content) -> usize {
        let kinds = ChunkKind::ALL.into_iter();
        let own =
            kinds.flat_map(|kind| self.chunks(kind).iter().enumerate().map(move |(place, chunk)| (kind, place, chunk)));
        own.filter(|(kind, place, chunk)| {
            other.chunks(*kind).get(*place).is_none_or(|others| !Arc::ptr_eq(chunk, others))
        })
        .map(|(_, _, chunk)| chunk.len())
        .sum()
    }

    /// The snapshot of this content.
    #[must_use]
    pub fn encode(&self, id: SnapshotId, attestations: &[Attestation]) -> Vec<u8> {
        let mut out = Writer::default();
        // Heads take some hundred bytes, and what leads a chunk three.
        let count: usize = ChunkKind::ALL.into_iter().map(|kind| self.chunks(kind).len()).sum();
        out.0.reserve(self.size + 6 * count + 512 * (1 + attestations.len()));
        Head { id, digest: self.digest(), attestations: attestations.to_vec() }.write(&mut out);
        out.len(count);
        for kind in ChunkKind::ALL {
            for chunk in self.chunks(kind) {
                out.byte(kind.code());
                out.len(chunk.len());
                out.bytes(chunk);
            }
        }
        out.0
    }

    pub(super) fn chunks(&self, kind: ChunkKind) -> &[Arc<[u8]>] {
        self.chunks.of(kind)
    }

    pub(super) fn chunk(&self, kind: ChunkKind, place: usize) -> Option<&[u8]> {
        self.chunks(kind).get(place).map(|chunk| &**chunk)
    }

    /// This content with other chunks: `counts` is how many of each kind there are then, and `replacements` are in order and
    /// hold every chunk that is new.
    pub(super) fn with(&self, counts: &PerKind<usize>, replacements: &[Replacement]) -> Self {
        let mut content = self.clone();
        for kind in ChunkKind::ALL {
            let of_kind = replacements.iter().filter(|(other, ..)| *other == kind);
            let count = *counts.of(kind);
            let chunks = content.chunks.of_mut(kind);
            if count == chunks.len() && of_kind.clone().next().is_none() {
                continue;
            }
            chunks.resize(count, Arc::default());
            for (_, place, chunk) in of_kind.clone() {
                if let Some(old) = chunks.get_mut(*place) {
                    *old = Arc::clone(chunk);
                }
            }
            content.tree.update(kind, count, of_kind.map(|(_, place, chunk)| (*place, &**chunk)));
        }
        content.size = ChunkKind::ALL.into_iter().flat_map(|kind| content.chunks(kind)).map(|chunk| chunk.len()).sum();
        content
    }

    /// What a delta makes of this content. Whether it leads to what the delta announces is for the caller to look at.
    pub(super) fn patched(&self, delta: &Delta<'_>) -> Result<Self, DecodeError> {
        let mut reader = delta.changes.clone();
        let count = limits::CHUNKS.check(reader.count()?)?;
        let mut replacements: Vec<Replacement> = Vec::with_capacity(count);
        // A patch that makes much of little is none of ours: whoever has to read it must not be made to hash it, too.
        let mut room = reader.remaining().saturating_mul(GROWTH);
        let mut size = 0;
        for _ in 0..count {
            let invalid = reader.invalid("chunk");
            let kind = ChunkKind::from_code(reader.byte()?).ok_or(invalid.clone())?;
            let place = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
            let is_next =
                replacements.last().is_none_or(|(kind_before, before, _)| (*kind_before, *before) < (kind, place));
            if !is_next || place >= *delta.counts.of(kind) {
                return Err(invalid);
            }
            let old = self.chunk(kind, place).unwrap_or_default();
            let spared = 2 * old.len();
            let chunk = patch::apply(&mut reader, old, limits::CONTENT.most().min(room + spared))?;
            room -= chunk.len().saturating_sub(spared);
            size = limits::CONTENT.check(size + chunk.len())?;
            replacements.push((kind, place, chunk.into()));
        }
        let invalid = reader.invalid("number of chunks");
        reader.finish()?;
        for kind in ChunkKind::ALL {
            let new =
                replacements.iter().filter(|(other, place, _)| *other == kind && *place >= self.chunks(kind).len());
            if new.count() != delta.counts.of(kind).saturating_sub(self.chunks(kind).len()) {
                return Err(invalid);
            }
        }
        let content = self.with(&delta.counts, &replacements);
        limits::CONTENT.check(content.size).map(|_| content)
    }

    /// The places at which two contents differ, in order; those that only one of them has, too.
    pub(super) fn differences<'a>(&'a self, other: &'a Content) -> impl Iterator<Item = (ChunkKind, usize)> + 'a {
        ChunkKind::ALL.into_iter().flat_map(move |kind| {
            let (own, others) = (self.chunks(kind), other.chunks(kind));
            (0..own.len().max(others.len()))
                .filter(move |place| match (own.get(*place), others.get(*place)) {
                    (Some(a), Some(b)) => !Arc::ptr_eq(a, b) && a != b,
                    _ => true,
                })
                .map(move |place| (kind, place))
        })
    }
}
