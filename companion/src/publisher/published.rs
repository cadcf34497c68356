use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::{Content, Snapshot, SnapshotId};

/// The snapshot that every worker should enforce.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) id: SnapshotId,
    pub(crate) digest: Digest,
    /// How many policies it holds.
    pub(crate) policies: usize,
    pub(crate) content: Content,
    /// Since when it may be sent.
    pub(crate) at: Instant,
}

/// Follows the current snapshot; `None` before the first.
pub(crate) type Current = watch::Receiver<Option<Arc<Published>>>;

impl Published {
    pub(super) fn now(snapshot: &Snapshot) -> Self {
        Published {
            id: snapshot.id(),
            digest: snapshot.digest(),
            policies: snapshot.policy_count(),
            content: snapshot.content().clone(),
            at: Instant::now(),
        }
    }
}
