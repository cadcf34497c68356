use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use tollgate_policy::snapshot::SnapshotId;

use super::schema::PrepareError;

/// What is wrong with the state file, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// SQLite says that the file is not a database, or is a damaged one.
    #[error(
        "state file `{}` is damaged ({detail}): move it away and start again; workers that are ahead then raise the epoch",
        path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    /// A database of something else.
    #[error("`{}` is a database, but not a state file of tollgate: pass another --state", path.display())]
    Foreign { path: PathBuf },
    /// Tables of another version of the program.
    #[error(
        "state file `{}` has schema version {found}, which this build does not know: use the build that wrote it, or move it away",
        path.display()
    )]
    Schema { path: PathBuf, found: i64 },
    /// The values in the tables make no sense.
    #[error("state file `{}` holds what cannot be read: move it away and start again", path.display())]
    Unusable { path: PathBuf },
    /// Another process has the file.
    #[error("state file `{}` is in use by another process: two companions cannot share one", path.display())]
    InUse { path: PathBuf },
    /// The file cannot be opened or created.
    #[error(
        "cannot open state file `{}`: {source}; the file and its folder must be writable for this user",
        path.display()
    )]
    Open { path: PathBuf, source: rusqlite::Error },
    /// The file cannot be read.
    #[error("cannot read state file `{}`: {source}", path.display())]
    Read { path: PathBuf, source: rusqlite::Error },
    /// The disk has no room.
    #[error("cannot write state file `{}`: {source}; make room on its disk: it is tried again by itself", path.display())]
    Full { path: PathBuf, source: rusqlite::Error },
    /// The file cannot be written.
    #[error("cannot write state file `{}`: {source}; it is tried again by itself", path.display())]
    Write { path: PathBuf, source: rusqlite::Error },
    /// A number that the file cannot hold.
    #[error("snapshot id {0} is beyond what the state file can hold")]
    Number(SnapshotId),
}

/// What goes wrong within the file.
#[derive(Debug)]
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Unusable,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sqlite(error)
    }
}

impl StoreError {
    pub(super) fn opening(path: &Path, error: impl Into<PrepareError>) -> Self {
        let path = path.to_owned();
        match error.into() {
            PrepareError::Foreign => StoreError::Foreign { path },
            PrepareError::Schema(found) => StoreError::Schema { path, found },
            PrepareError::Sqlite(source) => match source.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse { path },
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    StoreError::Damaged { path, detail: source.to_string() }
                }
                _ => StoreError::Open { path, source },
            },
        }
    }

    pub(super) fn reading(path: &Path, fault: impl Into<Fault>) -> Self {
        let path = path.to_owned();
        match fault.into() {
            Fault::Unusable => StoreError::Unusable { path },
            Fault::Sqlite(source) if is_damage(&source) => StoreError::Damaged { path, detail: source.to_string() },
            Fault::Sqlite(source) => StoreError::Read { path, source },
        }
    }

    pub(super) fn writing(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { path, source },
            _ if is_damage(&source) => StoreError::Damaged { path, detail: source.to_string() },
            _ => StoreError::Write { path, source },
        }
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
