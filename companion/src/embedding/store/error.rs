use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// What is wrong with the database.
#[derive(Debug, thiserror::Error)]
pub(in crate::embedding) enum StoreError {
    /// It is damaged, or of another program or version.
    #[error("`{}` cannot be used: {reason}", path.display())]
    Unusable { path: PathBuf, reason: String },
    /// Another process has it.
    #[error("`{}` is in use by another process: two companions cannot share a search folder", path.display())]
    InUse { path: PathBuf },
    /// It cannot be opened, read or written.
    #[error("cannot use `{}`: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

impl StoreError {
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Unusable { path, reason: source.to_string() }
            }
            _ => StoreError::Sqlite { path, source },
        }
    }
}
