//! The state file: which snapshot was published last, so that version numbers outlive the process.
//!
//! The only place that knows SQL.

mod error;
mod schema;
#[cfg(test)]
mod tests;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use prost::bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;

pub(crate) use error::StoreError;

/// The state file, open for this process alone.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    path: PathBuf,
    /// Which file was opened: SQLite would go on writing to one that has no name any more.
    inode: Option<u64>,
}

/// A snapshot as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredSnapshot {
    pub(crate) id: SnapshotId,
    pub(crate) digest: Digest,
    pub(crate) content: Bytes,
}

impl Store {
    /// Opens or creates the state file, checks that it is sound and ours, and takes it for this process.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(|error| StoreError::opening(path, error))?;
        schema::prepare(&connection).map_err(|error| StoreError::opening(path, error))?;
        let store = Store { connection, path: path.to_owned(), inode: inode(path) };
        store.check()?;
        Ok(store)
    }

    /// The snapshot that was published last.
    pub(crate) fn latest(&self) -> Result<Option<StoredSnapshot>, StoreError> {
        let row = self
            .connection
            .query_row(
                "SELECT epoch, version, digest, content FROM snapshots ORDER BY epoch DESC, version DESC LIMIT 1",
                [],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?, row.get(3)?)),
            )
            .optional()
            .map_err(|source| StoreError::reading(&self.path, source))?;
        let Some((epoch, version, digest, content)) = row else {
            return Ok(None);
        };
        let unusable = || StoreError::Unusable { path: self.path.clone() };
        let content: Vec<u8> = content;
        Ok(Some(StoredSnapshot {
            id: SnapshotId {
                epoch: u64::try_from(epoch).map_err(|_| unusable())?,
                version: u64::try_from(version).map_err(|_| unusable())?,
            },
            digest: Digest(digest.try_into().map_err(|_| unusable())?),
            content: content.into(),
        }))
    }

    /// Makes a snapshot the latest one. When this returns, it is on the disk.
    pub(crate) fn append(&mut self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        if inode(&self.path) != self.inode {
            self.reopen()?;
        }
        let epoch = i64::try_from(snapshot.id.epoch).map_err(|_| StoreError::Number(snapshot.id))?;
        let version = i64::try_from(snapshot.id.version).map_err(|_| StoreError::Number(snapshot.id))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let created_at = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let row = params![epoch, version, &snapshot.digest.0[..], created_at, &snapshot.content[..]];
        self.replace(row).map_err(|source| StoreError::Write { path: self.path.clone(), source })
    }

    fn replace(&mut self, row: &[&dyn ToSql]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        // A commit may be reported as failed and have happened: the same id once more is that one, not a second.
        transaction.execute(
            "INSERT OR REPLACE INTO snapshots (epoch, version, digest, created_at, content) VALUES (?1, ?2, ?3, ?4, ?5)",
            row,
        )?;
        transaction.execute("DELETE FROM snapshots WHERE rowid <> last_insert_rowid()", [])?;
        transaction.commit()
    }

    /// Opens what now has the file's name, or makes it anew.
    fn reopen(&mut self) -> Result<(), StoreError> {
        tracing::warn!(path = %self.path.display(), "the state file was removed or replaced: opening it again");
        // Closing removes the log by name, so it comes before a new log can have that name.
        let nothing = Connection::open_in_memory().map_err(|error| StoreError::opening(&self.path, error))?;
        drop(std::mem::replace(&mut self.connection, nothing));
        *self = Store::open(&self.path)?;
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        let verdict: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|source| StoreError::reading(&self.path, source))?;
        match verdict.as_str() {
            "ok" => Ok(()),
            _ => Err(StoreError::Damaged { path: self.path.clone(), detail: verdict }),
        }
    }
}

fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.ino())
}
