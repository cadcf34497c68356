//! The state file: every version that was published, with its texts, and the compiled form of the newest.
//!
//! The only place that knows SQL. `append` makes a version durable before anyone is told of it, in one transaction; what
//! can wait until it has been served is left to `upkeep`. `history` reads.

mod append;
mod error;
mod history;
mod pieces;
mod schema;
#[cfg(test)]
mod tests;
mod upkeep;
mod version;

use std::fs;
use std::num::NonZeroU32;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tollgate_policy::snapshot::SnapshotId;

pub(crate) use append::{Compiled, Edit, Edits, Entry};
pub(crate) use error::StoreError;
pub(crate) use history::Recovered;
pub(crate) use version::{Change, Origin, Summary, Tally, Version};

use upkeep::Untended;

/// The state file, open for this process alone.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    path: PathBuf,
    /// Absent while nothing is open: what had the name could not be opened again.
    opened: Option<Files>,
    /// How many versions are kept; absent: all.
    keep: Option<NonZeroU32>,
    newest: Option<Newest>,
    /// A commit that was reported as failed may have happened.
    is_uncertain: bool,
    untended: Untended,
}

/// The version that was appended last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Newest {
    number: i64,
    id: SnapshotId,
}

/// Which files were opened: SQLite would go on writing to those that have no name any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Files {
    database: Option<FileId>,
    log: Option<FileId>,
}

/// Device and inode.
type FileId = (u64, u64);

impl Store {
    /// Opens or creates the state file, checks that it is sound and ours, and takes it for this process.
    pub(crate) fn open(path: &Path, keep: Option<NonZeroU32>) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|error| StoreError::opening(path, error))?;
        schema::prepare(&connection).map_err(|error| StoreError::opening(path, error))?;
        connection.set_prepared_statement_cache_capacity(64);
        let mut store = Store {
            connection,
            path: path.to_owned(),
            opened: Some(Files::of(path)),
            keep,
            newest: None,
            is_uncertain: false,
            untended: Untended::default(),
        };
        store.newest = store.find_newest().map_err(|fault| StoreError::reading(path, fault))?;
        store.untended = store.find_untended().map_err(|fault| StoreError::reading(path, fault))?;
        Ok(store)
    }

    /// Opens the file again if what has its name is another one; returns the newest version in it. What follows that
    /// version can be appended, and else only a whole set.
    pub(crate) fn ready(&mut self) -> Result<Option<SnapshotId>, StoreError> {
        if self.opened != Some(Files::of(&self.path)) {
            tracing::warn!(path = %self.path.display(), "the state file was removed or replaced: opening it again");
            self.opened = None;
            // Closing removes the log by name, so it comes before a new log can have that name.
            let nothing = Connection::open_in_memory().map_err(|error| StoreError::opening(&self.path, error))?;
            drop(std::mem::replace(&mut self.connection, nothing));
            *self = Store::open(&self.path, self.keep)?;
        }
        Ok(self.newest.map(|newest| newest.id))
    }
}

impl Files {
    fn of(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Files { database: file_id(path), log: file_id(Path::new(&log)) }
    }
}

fn file_id(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
