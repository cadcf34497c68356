use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::walk::Found;

/// What the file system says of a set of files without reading them. Equal stamps mean that nothing was written, as far as
/// the clock of the file system can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Vec<FileStamp>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct FileStamp {
    path: PathBuf,
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(files: &[Found]) -> Self {
        let stamp = |Found { path, metadata }: &Found| FileStamp {
            path: path.clone(),
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        };
        Stamp(files.iter().map(stamp).collect())
    }
}
