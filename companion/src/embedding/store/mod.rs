//! `search.db` in the search folder: which generations there are, vectors that were made once, what could not be embedded, and what
//! a shutdown has left over. Nothing in it is lost for good: it is made again from the policies.
//!
//! The only place of policy search that knows SQL.

mod cached;
mod error;
mod left;
mod plan;
mod schema;
#[cfg(test)]
mod tests;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

pub(super) use error::StoreError;
pub(super) use left::Left;
pub(super) use plan::{Held, Plan, Record};

/// The database, open for this process alone.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens or makes the database of a folder. One that is damaged, or that another version of the program has made, is made anew.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("search.db");
        match Self::prepared(&path) {
            Err(StoreError::Unusable { reason, .. }) => {
                tracing::warn!(path = %path.display(), reason, "what policy search had kept cannot be used: it is made again");
                for suffix in ["", "-wal", "-shm"] {
                    let mut file = path.as_os_str().to_owned();
                    file.push(suffix);
                    let _ = fs::remove_file(file);
                }
                Self::prepared(&path)
            }
            opened => opened,
        }
    }

    fn prepared(path: &Path) -> Result<Self, StoreError> {
        // What SQLite puts beside it has the same permissions. A file that cannot be made is SQLite's to tell of.
        let _ = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        let connection = Connection::open(path).map_err(|source| StoreError::of(path, source))?;
        schema::prepare(&connection).map_err(|error| error.at(path))?;
        Ok(Store { connection, path: path.to_owned() })
    }

    fn fault(&self, source: rusqlite::Error) -> StoreError {
        StoreError::of(&self.path, source)
    }
}
