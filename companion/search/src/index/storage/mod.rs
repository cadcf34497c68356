//! What of an index is on disk, or would be.

mod folder;
mod manifest;
mod record;
pub(super) mod seal;
mod space;
mod tape;

pub(super) use folder::{Folder, Lock};
pub(super) use manifest::{Manifest, StoredModel, StoredSegment};
pub(super) use record::{ALIGN, MAX_NAME, Put, Record, put_len, write_put, write_removed};
pub(super) use space::Space;
pub(super) use tape::Tape;
