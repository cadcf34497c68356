use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How finely file systems tell times: Linux's own by its tick, which is 10 ms at most.
const TICK: Duration = Duration::from_millis(50);

/// Some tell whole seconds, or every second one.
const COARSE_TICK: Duration = Duration::from_millis(2500);

/// What the file system says of a file without reading it. Equal stamps mean that nothing was written, as far as the clock of
/// the file system can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether a write after this moment would show: a file that was written right before it could be written again within
    /// one tick of the clock that stamps it.
    pub(super) fn is_older_than(&self, moment: SystemTime) -> bool {
        let (seconds, nanoseconds) = self.modified.max(self.changed);
        let tick = if nanoseconds == 0 { COARSE_TICK } else { TICK };
        let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(seconds), u32::try_from(nanoseconds)) else { return true };
        let stamped = UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds));
        stamped.and_then(|stamped| stamped.checked_add(tick)).is_some_and(|settled| settled < moment)
    }
}
