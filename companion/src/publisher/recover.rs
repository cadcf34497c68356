use tollgate_policy::snapshot::{DecodeError, Snapshot, SnapshotId};

use crate::store::{StoreError, StoredSnapshot};

use super::published::Published;

/// A state file that cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoverError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the snapshot {id} in the state file is damaged ({source}): move the state file away and start again")]
    Snapshot { id: SnapshotId, source: DecodeError },
    #[error(
        "the state file calls its snapshot {id}, the snapshot itself says otherwise: move the state file away and start again"
    )]
    Mismatch { id: SnapshotId },
}

/// Reads the last snapshot of a previous run.
pub(super) fn recover(stored: StoredSnapshot) -> Result<Option<Published>, RecoverError> {
    match Snapshot::decode(&stored.content) {
        Ok(snapshot) if snapshot.id() == stored.id && snapshot.digest() == stored.digest => {
            Ok(Some(Published::now(&snapshot)))
        }
        Ok(_) => Err(RecoverError::Mismatch { id: stored.id }),
        // Written by another version of the program: its number counts, its content has to be compiled again.
        Err(DecodeError::UnsupportedFormat(format)) => {
            tracing::warn!(snapshot = %stored.id, format, "the last snapshot is of another format and is not used");
            Ok(None)
        }
        Err(source) => Err(RecoverError::Snapshot { id: stored.id, source }),
    }
}
