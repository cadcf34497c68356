//! Snapshots: a policy set compiled to bytes, and read back with every check.
//!
//! A snapshot is a header and chunks. Each chunk is self-contained (it carries its own strings), so that an edit of one
//! policy changes one chunk, and the settings where it changes how much there is in all; the digest is the root of a
//! SHA-256 tree over the chunks, so that only the changed leaves and their paths are hashed again. Indexes are not carried: whoever decodes builds them, so that no damaged or
//! crafted index can hide a policy.
//!
//! ```text
//! snapshot   "TGSNAP" format:u16 epoch:u64 version:u64 digest:[u8;32] seal:[u8;8] chunks:varint chunk*
//! chunk      kind:u8 length:varint bytes
//! ```
//!
//! The seal is of what precedes it, the digest of the chunks. All fixed-width integers are little-endian, varints are
//! LEB128 of at most ten bytes.

mod bucket;
mod chunk;
mod codec;
mod data;
mod decode;
#[cfg(feature = "compiler")]
mod encode;
mod globs;
mod limits;
mod program;
#[cfg(test)]
mod tests;
mod totals;
mod tree;
mod types;

pub use codec::DecodeError;
#[cfg(feature = "compiler")]
pub use encode::{Compiled, EncodeError, compile, encode};
pub use types::{Snapshot, SnapshotId};

/// First bytes of every snapshot.
const MAGIC: &[u8; 6] = b"TGSNAP";

/// Version of the format. A reader refuses every other.
pub const FORMAT: u16 = 3;
