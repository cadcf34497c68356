use tollgate_policy::snapshot::{DecodeError, DeltaError, Snapshot, SnapshotId};

use crate::store::{Recovered, Store, StoreError};

use super::desk::Stamp;
use super::documents::Documents;
use super::numbering::Numbering;
use super::replica::Replica;

/// A state file that cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecoverError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the snapshot {id} in the state file is damaged ({source}): move the state file away and start again")]
    Snapshot { id: SnapshotId, source: DecodeError },
    #[error(
        "what leads to the snapshot {id} in the state file is damaged ({source}): move the state file away and start again"
    )]
    Delta { id: SnapshotId, source: DeltaError },
    #[error(
        "the state file calls its snapshot {id}, the snapshot itself says otherwise: move the state file away and start again"
    )]
    Mismatch { id: SnapshotId },
}

/// What a previous run has left.
#[derive(Debug)]
pub(super) struct Recovery {
    pub(super) numbering: Numbering,
    pub(super) replica: Replica,
    pub(super) stamp: Option<Stamp>,
    pub(super) documents: Documents,
}

/// Reads the last version of a previous run.
pub(super) fn recover(store: &Store) -> Result<Recovery, RecoverError> {
    let Some(recovered) = store.recover()? else {
        let numbering = Numbering::fresh();
        return Ok(Recovery { numbering, replica: Replica::default(), stamp: None, documents: Documents::new() });
    };
    let version = &recovered.version;
    let stamp = Stamp {
        author: version.author.clone(),
        origin: version.source,
        of: version.of,
        held_against: version.held_against,
    };
    Ok(Recovery {
        numbering: Numbering::after(version.id),
        replica: snapshot(&recovered)?.map_or_else(Replica::default, Replica::of),
        stamp: Some(stamp),
        documents: store.documents(version.id)?.unwrap_or_default(),
    })
}

fn snapshot(recovered: &Recovered) -> Result<Option<Snapshot>, RecoverError> {
    let (id, digest) = (recovered.version.id, recovered.version.digest);
    let mut snapshot = match Snapshot::decode(&recovered.checkpoint) {
        Ok(snapshot) => snapshot,
        // Written by another version of the program: its number counts, its content has to be compiled again.
        Err(DecodeError::UnsupportedFormat(format)) => {
            tracing::warn!(snapshot = %id, format, "the last snapshot is of another format and is not used");
            return Ok(None);
        }
        Err(source) => return Err(RecoverError::Snapshot { id, source }),
    };
    for delta in &recovered.deltas {
        snapshot.apply(delta).map_err(|source| RecoverError::Delta { id, source })?;
    }
    match snapshot.id() == id && snapshot.digest() == digest {
        true => Ok(Some(snapshot)),
        false => Err(RecoverError::Mismatch { id }),
    }
}
