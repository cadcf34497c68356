use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

use super::chunk::ChunkKind;

/// Tells leaves, inner nodes and the root apart, so that none can pass for another (as in RFC 6962).
const LEAF: u8 = 0;
const INNER: u8 = 1;
const ROOT: u8 = 2;
const HEADER: u8 = 3;

/// Digest of one chunk.
pub(super) fn leaf(kind: ChunkKind, bytes: &[u8]) -> Digest {
    hash(LEAF, &[&[kind.code()], bytes])
}

/// Digest of a snapshot's content: the root of a binary tree over its chunks' digests, bound to their number. An odd node
/// moves up unchanged.
pub(super) fn root(leaves: &[Digest]) -> Digest {
    let count = (leaves.len() as u64).to_le_bytes();
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hash(INNER, &[&left.0, &right.0]),
                [single] => *single,
                _ => Digest([0; 32]),
            })
            .collect();
    }
    let top = level.first().map(|digest| digest.0.as_slice()).unwrap_or_default();
    hash(ROOT, &[&count, top])
}

/// Guards a snapshot's header, id included, against damage: the first bytes of its hash.
pub(super) fn seal(header: &[u8]) -> [u8; 8] {
    let Digest([a, b, c, d, e, f, g, h, ..]) = hash(HEADER, &[header]);
    [a, b, c, d, e, f, g, h]
}

fn hash(tag: u8, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new_with_prefix([tag]);
    parts.iter().for_each(|part| hasher.update(part));
    Digest(hasher.finalize().into())
}
