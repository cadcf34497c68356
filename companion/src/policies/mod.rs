//! Policy files: reading a folder, noticing edits, compiling.

mod burst;
mod compile;
mod fingerprint;
mod folder;
mod stamp;
mod walk;
mod watch;

pub(crate) use compile::{CompileError, MAX_SNAPSHOT_BYTES, compile, load};
pub(crate) use fingerprint::Fingerprint;
pub(crate) use folder::{Folder, ReadError, read_paths, read_suites};
pub(crate) use watch::{Pace, watch};
