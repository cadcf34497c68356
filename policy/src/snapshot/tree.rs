use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

use super::chunk::{ChunkKind, PerKind};

/// Tells what is hashed apart, so that nothing can pass for another (as in RFC 6962).
const LEAF: u8 = 0;
const INNER: u8 = 1;
const ROOT: u8 = 2;
const HEADER: u8 = 3;
const PART: u8 = 4;

/// The hash tree over a snapshot's chunks: a binary tree for each kind of them, and a root that binds the four and how many
/// chunks each has. A changed chunk is hashed again, and the path above it.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree(PerKind<Levels>);

/// From the leaves up to a single digest; none where there is no leaf. An odd node moves up unchanged.
#[derive(Clone, Debug, Default)]
struct Levels(Vec<Vec<Digest>>);

impl Tree {
    /// Takes note of the chunks of a kind that are new, or differ from what they were: their places, ascending, of `count`.
    pub(super) fn update<'a>(
        &mut self,
        kind: ChunkKind,
        count: usize,
        changed: impl Iterator<Item = (usize, &'a [u8])>,
    ) {
        self.0.of_mut(kind).update(count, changed.map(|(place, bytes)| (place, leaf(kind, bytes))));
    }

    /// Digest of a snapshot's content.
    pub(super) fn root(&self) -> Digest {
        let mut tops = Vec::with_capacity(ChunkKind::ALL.len() * 40);
        for kind in ChunkKind::ALL {
            let levels = &self.0.of(kind).0;
            tops.extend_from_slice(&(levels.first().map_or(0, Vec::len) as u64).to_le_bytes());
            if let Some(top) = levels.last().and_then(|level| level.first()) {
                tops.extend_from_slice(&top.0);
            }
        }
        hash(ROOT, &[&tops])
    }
}

impl Levels {
    fn update(&mut self, count: usize, changed: impl Iterator<Item = (usize, Digest)>) {
        let before = self.0.first().map_or(0, Vec::len);
        let mut places = Vec::new();
        self.resize(0, count);
        for (place, digest) in changed {
            if let Some(leaf) = self.0.first_mut().and_then(|leaves| leaves.get_mut(place)) {
                *leaf = digest;
                places.push(place);
            }
        }
        // The last one has lost or found its neighbour.
        if before != count && count > 0 && places.last() != Some(&(count - 1)) {
            places.push(count - 1);
        }
        let (mut height, mut width) = (0, count);
        while width > 1 {
            width = width.div_ceil(2);
            self.resize(height + 1, width);
            places.iter_mut().for_each(|place| *place /= 2);
            places.dedup();
            for place in &places {
                let node = self.above(height, *place);
                if let Some(old) = self.0.get_mut(height + 1).and_then(|level| level.get_mut(*place)) {
                    *old = node;
                }
            }
            height += 1;
        }
        self.0.truncate(if count == 0 { 0 } else { height + 1 });
    }

    fn resize(&mut self, height: usize, width: usize) {
        if self.0.len() <= height {
            self.0.resize(height + 1, Vec::new());
        }
        if let Some(level) = self.0.get_mut(height) {
            level.resize(width, Digest([0; 32]));
        }
    }

    /// What stands above a pair of this level.
    fn above(&self, height: usize, pair: usize) -> Digest {
        match self.0.get(height).and_then(|level| level.get(2 * pair..)) {
            Some([left, right, ..]) => hash(INNER, &[&left.0, &right.0]),
            Some([single]) => *single,
            _ => Digest([0; 32]),
        }
    }
}

/// Digest of one chunk.
fn leaf(kind: ChunkKind, bytes: &[u8]) -> Digest {
    hash(LEAF, &[&[kind.code()], bytes])
}

/// Guards a header, id included, against damage: the first bytes of its hash.
pub(crate) fn seal(header: &[u8]) -> [u8; 8] {
    let Digest([a, b, c, d, e, f, g, h, ..]) = hash(HEADER, &[header]);
    [a, b, c, d, e, f, g, h]
}

/// Digest of the content of a part of an index snapshot.
pub(crate) fn part(content: &[u8]) -> Digest {
    hash(PART, &[content])
}

#[inline(never)]
fn hash(tag: u8, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new_with_prefix([tag]);
    parts.iter().for_each(|part| hasher.update(part));
    Digest(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(kind: ChunkKind, chunks: &[Vec<u8>]) -> Tree {
        let mut tree = Tree::default();
        tree.update(kind, chunks.len(), chunks.iter().map(Vec::as_slice).enumerate());
        tree
    }

    #[test]
    fn a_changed_tree_is_one_that_was_made_so() {
        let mut chunks: Vec<Vec<u8>> = Vec::new();
        let mut changed = Tree::default();
        // Up to 40 chunks and down again, and one in the middle changed each time.
        for step in 0..80_u8 {
            let count = usize::from(if step < 40 { step } else { 80 - step });
            let before = chunks.len();
            chunks.resize(count, vec![step]);
            let middle = count / 2;
            if let Some(chunk) = chunks.get_mut(middle) {
                chunk.push(step);
            }
            let places = (0..count).filter(|place| *place == middle || *place >= before);
            changed.update(ChunkKind::Policies, count, places.map(|place| (place, chunks[place].as_slice())));
            assert_eq!(changed.root(), tree(ChunkKind::Policies, &chunks).root(), "step {step}");
        }
    }

    #[test]
    fn chunks_of_one_kind_are_not_those_of_another() {
        let chunks = [vec![1], vec![2]];
        assert_ne!(tree(ChunkKind::Routes, &chunks).root(), tree(ChunkKind::Principals, &chunks).root());
        assert_ne!(tree(ChunkKind::Routes, &chunks).root(), tree(ChunkKind::Routes, &chunks[..1]).root());
    }
}
