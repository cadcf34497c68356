//! Snapshots: a policy set compiled to bytes, and read back with every check.
//!
//! A snapshot is a head and chunks. Each chunk is self-contained (it carries its own strings), so that an edit of one
//! policy changes one chunk, and the settings where it changes how much there is in all. The digest is the root of a
//! SHA-256 tree over the chunks, so that only the changed leaves and their paths are hashed again. A delta ([`Snapshot::apply`])
//! carries the chunks that differ; its digest is that of the whole, too. Indexes are not carried: whoever decodes builds
//! them, so that no damaged or crafted index can hide a policy.
//!
//! ```text
//! snapshot     "TGSNAP" format:u16 id digest:[u8;32] seal:[u8;8] attestations chunks:varint chunk*
//! id           epoch:u64 version:u64
//! attestations count:varint (key:text audience:text issued-at:u64 signature:[u8;64])*
//! chunk        kind:u8 length:varint bytes
//! ```
//!
//! The seal is of what precedes it, the digest of the chunks. All fixed-width integers are little-endian, varints are
//! LEB128 of at most ten bytes, a text is its length and its bytes.

mod arena;
pub(crate) mod bucket;
mod budget;
mod chunk;
pub(crate) mod codec;
#[cfg(feature = "compiler")]
mod compiler;
mod content;
mod counts;
mod data;
mod decode;
mod delta;
#[cfg(feature = "compiler")]
mod encode;
mod globs;
pub(crate) mod head;
pub(crate) mod limits;
mod names;
mod patch;
mod program;
mod reads;
#[cfg(test)]
mod tests;
mod totals;
pub(crate) mod tree;
mod types;

pub use codec::DecodeError;
#[cfg(feature = "compiler")]
pub use compiler::{Compiled, Compiler, EncodeError, compile, encode};
pub use content::Content;
pub use delta::DeltaError;
pub use head::{Attestation, Base, Head};
pub use types::{Snapshot, SnapshotId};

/// First bytes of every snapshot.
const MAGIC: &[u8; 6] = b"TGSNAP";

/// First bytes of every delta.
const DELTA_MAGIC: &[u8; 6] = b"TGDELT";

/// Version of the format. A reader refuses every other.
pub const FORMAT: u16 = 6;
