use tokio::sync::{mpsc, oneshot};
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::SourceFile;

use super::etag::{Condition, Etag};
use super::refused::Refused;

/// How many requests may wait for those before them.
const QUEUE: usize = 64;

/// What an operator asks to be published.
#[derive(Debug)]
pub(crate) enum Change {
    /// One policy, as it was written.
    Put { policy: String, text: String, condition: Condition },
    /// The set without one policy.
    Delete { policy: String, condition: Condition },
    /// A whole set.
    Replace { files: Vec<SourceFile>, condition: Condition },
    /// What a version held.
    Rollback { to: SnapshotId },
}

/// What a request has led to.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// What is in force now.
    pub(crate) id: SnapshotId,
    pub(crate) digest: Digest,
    /// Of what was written; absent where it is gone.
    pub(crate) etag: Option<Etag>,
    /// It was not there before.
    pub(crate) is_new: bool,
}

/// A change, and who waits for it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) change: Change,
    pub(super) author: String,
    pub(super) answer: oneshot::Sender<Result<Done, Refused>>,
}

/// Where changes are handed in: they are made one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Changes(mpsc::Sender<Request>);

pub(super) fn channel() -> (Changes, mpsc::Receiver<Request>) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Changes(sender), receiver)
}

impl Changes {
    /// Makes a change, or says why not. What is done is durable and offered to workers.
    pub(crate) async fn make(&self, change: Change, author: String) -> Result<Done, Refused> {
        let (answer, done) = oneshot::channel();
        self.0.send(Request { change, author, answer }).await.map_err(|_| Refused::Stopping)?;
        done.await.map_err(|_| Refused::Stopping)?
    }
}
