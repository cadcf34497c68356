use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::schema::PrepareError;

/// Why the budget file cannot be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error("budget file `{}` is in use by another process: two companions cannot share one", path.display())]
    InUse {
        /// Which one.
        path: PathBuf,
    },
    /// SQLite says that it is not a database, or is a damaged one.
    #[error("budget file `{}` is damaged ({detail}): restore it, or move it away to begin with empty counters", path.display())]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// In SQLite's words.
        detail: String,
    },
    /// A database of something else.
    #[error("`{}` is a database, but no budget file of tollgate: give another path", path.display())]
    Foreign {
        /// Which one.
        path: PathBuf,
    },
    /// Tables of another version of the program.
    #[error("budget file `{}` has schema version {found}, which this build does not know: use the build that wrote it", path.display())]
    Schema {
        /// Which one.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// The file of a store that needs no other one.
    #[error("budget file `{}` has counters of its own: give another path for the ledger of what is counted elsewhere", path.display())]
    CountsItself {
        /// Which one.
        path: PathBuf,
    },
    /// The file beside another store.
    #[error("budget file `{}` has the ledger of what is counted elsewhere: give another path to count in a file", path.display())]
    CountsElsewhere {
        /// Which one.
        path: PathBuf,
    },
    /// It cannot be opened, created or written.
    #[error("cannot open budget file `{}`: {detail}; the file and its folder must be writable for this user", path.display())]
    Open {
        /// Which one.
        path: PathBuf,
        /// In the system's or SQLite's words.
        detail: String,
    },
}

/// Why the budget file does nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The disk is full, or fails. It is tried again whenever something is asked. Whether this was done is not known.
    #[error("the budget file cannot be written or read: {0}")]
    Failed(String),
    /// More is asked than is done.
    #[error("the budget file has more to do than it can")]
    Busy,
    /// It was removed or replaced by another one.
    #[error("the budget file was removed or replaced: put it back, or start again to begin with what is there")]
    Gone,
}

impl OpenError {
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        OpenError::Open { path: path.to_owned(), detail: error.to_string() }
    }

    pub(super) fn of(path: &Path, error: impl Into<PrepareError>) -> Self {
        let path = path.to_owned();
        match error.into() {
            PrepareError::Foreign => OpenError::Foreign { path },
            PrepareError::Schema(found) => OpenError::Schema { path, found },
            PrepareError::Sqlite(error) => {
                let detail = error.to_string();
                match error.sqlite_error_code() {
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Damaged { path, detail },
                    _ => OpenError::Open { path, detail },
                }
            }
        }
    }
}
