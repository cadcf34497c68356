use tollgate_policy::snapshot::{DecodeError, SnapshotId};

use crate::format::FormatError;
use crate::policies::{CompileError, ReadError};

use super::etag::Etag;

/// Why something is not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("policies come from files here: edit them there, or start with `--source api`")]
    FilesSource,
    #[error(
        "what is in force comes from files and could not be taken apart into policies: publish a whole set first \
         (`tollgate publish`, POST /v1/snapshots)"
    )]
    NotApart,
    #[error("there is no policy `{0}`")]
    NoPolicy(String),
    #[error("there is no version {0}; `tollgate history` lists those there are")]
    NoVersion(SnapshotId),
    #[error("the texts of version {0} were not kept, so it cannot be put into force again")]
    NotKept(SnapshotId),
    #[error("it has changed in between: it has the ETag {0} now")]
    Changed(Etag),
    #[error("it exists already, with the ETag {0}")]
    Exists(Etag),
    #[error("it does not exist, so it has no ETag to match")]
    Absent,
    #[error(
        "it exists: send `If-Match` with the ETag {0} to replace what you have seen, or `If-Match: *` to replace it unseen"
    )]
    Unconditional(Etag),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("this cannot be taken apart into policies: {0}")]
    Split(#[from] FormatError),
    #[error(
        "taken apart into policies it would not be the same set: this is a mistake of the program, send them one by one"
    )]
    SplitDiffers,
    #[error("a worker would refuse the compiled policies ({0}): this is a mistake of the program, undo the edit")]
    Unfit(DecodeError),
    /// Of the state file, which says so itself.
    #[error("{0}")]
    State(String),
    #[error("publishing failed inside the program: {0}")]
    Crashed(String),
    #[error("the companion is stopping")]
    Stopping,
}

impl Refused {
    /// The first problem and how many there are, for a status page.
    pub(super) fn summary(&self) -> String {
        match self {
            Refused::Compile(error) => error.summary(),
            other => other.to_string(),
        }
    }
}
