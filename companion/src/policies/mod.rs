//! Policy files: reading a folder, noticing edits, compiling.

mod burst;
mod compile;
mod error;
mod fingerprint;
mod folder;
mod known;
mod news;
mod read;
mod stamp;
mod walk;
mod watch;

pub(crate) use compile::{CompileError, MAX_SNAPSHOT_BYTES, compile, load};
pub(crate) use error::ReadError;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use folder::{Folder, read_paths, read_suites};
pub(crate) use watch::{Pace, watch};
