//! The index snapshot: which policies are most like each policy, as far as an operator's log line needs it. A compact extract
//! of the companion's vector index, versioned apart from policy snapshots. It never decides anything: without it, or with any
//! of it wrong, every request is answered the same.
//!
//! Policies are told by a key, 32 bits of the hash that also tells which chunk of a policy snapshot they stand in, and names
//! come from the policy snapshot in force: a policy that it no longer has is not named, and neither is one whose key another
//! policy of it has, too. What is left of collisions is a policy that is gone and one that is new with the same key: the
//! new one is then named in its place.
//!
//! An index snapshot comes in parts, each with the policies whose keys have the same lowest bits, each taken by itself: it
//! carries its own digest and signatures, and where little changes, few of them are sent again.
//!
//! ```text
//! part       "TGNEAR" format:u16 digest:[u8;32] attestations seal:[u8;8] content
//! content    parts:u16 generation:u64 model:(length:u8 bytes) number:u16 revision:u64 policy*
//! policy     key:u32 neighbour[5]
//! neighbour  key:u32 similarity:u8 (both 0: none, and none after it)
//! ```
//!
//! The digest is of the content, the seal of what precedes it; integers, texts and attestations are as in a snapshot. Policies
//! are in the order of their keys, neighbours in that of their similarity.

#[cfg(feature = "compiler")]
mod encode;
mod index_snapshot;
mod key;
mod part;
mod similarity;
#[cfg(test)]
mod tests;

#[cfg(feature = "compiler")]
pub use encode::{PartContent, PartId, Policy};
pub use index_snapshot::{IndexSnapshot, Related};
pub use key::PolicyKey;
pub use part::{Part, PartHead};
pub use similarity::Similarity;

/// Most neighbours of a policy.
pub const NEIGHBOURS: usize = 5;

/// Most parts of an index snapshot. Their number is a power of two.
pub const MAX_PARTS: usize = 1 << 9;

/// Most policies in a part.
pub const MAX_POLICIES: usize = 1 << 10;

/// First bytes of every part, with the version of the format. A reader refuses every other.
const MARK: &[u8; 8] = b"TGNEAR\x01\0";

/// Longest name of a model, in bytes.
const MAX_MODEL: usize = 200;
