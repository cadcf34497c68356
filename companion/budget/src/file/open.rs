use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::columns::whole;
use super::error::{FileError, OpenError};
use super::schema;
use super::worker::{Wanted, Worker};

/// Only for the user that the companion runs as.
const MODE: u32 = 0o600;

/// How long to wait for somebody who looks into the file by hand.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many prepared statements are kept; there are fewer.
const STATEMENTS: usize = 128;

/// How long the log gets, in pages of 4 KiB, before it is brought into the file: whoever writes then waits for the disk.
const LOG_PAGES: u32 = 8000;

/// What acknowledged operations survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process at any moment; a power failure may take the last ones. SQLite's `synchronous = NORMAL`.
    #[default]
    Process,
    /// A power failure, too: the disk is waited for at every commit. SQLite's `synchronous = FULL`.
    Power,
}

/// The budget file, open for this process alone: who writes it, and who reads it meanwhile.
#[derive(Debug)]
pub(crate) struct BudgetFile {
    writer: Worker,
    reader: Worker,
    marks: Marks,
    /// As long as it is open, nobody else has the file.
    _lock: File,
}

/// What is written in it about itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// Names its ledger among others.
    pub(crate) ledger: [u8; 16],
    /// The latest time that had been given out when it was opened, in seconds since 1970.
    pub(crate) newest: u64,
    /// Where what it is about is counted; absent while nothing is.
    counting: Option<Counting>,
}

/// Where calls are counted that a file has the ledger of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// In the file itself.
    Here,
    /// In another store.
    Elsewhere,
}

impl BudgetFile {
    /// Opens the file, or creates it with the permissions 0600. One that is about what is counted in another place is
    /// refused: what was used would not be known there.
    pub(crate) fn open(path: &Path, durability: Durability, counting: Counting) -> Result<Self, OpenError> {
        let lock = lock(path)?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).open(path);
        let file = file.and_then(|file| file.set_permissions(Permissions::from_mode(MODE)).map(|()| file));
        let identity =
            file.and_then(|file| identity(&file.metadata()?)).map_err(|error| OpenError::io(path, &error))?;
        let writer = connect(path, durability).map_err(|error| OpenError::of(path, error))?;
        let reader = connect_reader(path).map_err(|error| OpenError::of(path, error))?;
        let marks = read_marks(&reader).map_err(|error| OpenError::of(path, error))?;
        match marks.counting.filter(|found| *found != counting) {
            Some(Counting::Here) => return Err(OpenError::CountsItself { path: path.to_owned() }),
            Some(Counting::Elsewhere) => return Err(OpenError::CountsElsewhere { path: path.to_owned() }),
            None => {}
        }
        let named = path.to_owned();
        let is_there =
            move || std::fs::metadata(&named).and_then(|there| self::identity(&there)).ok() == Some(identity);
        let writer = Worker::start("budget-writer", writer, TransactionBehavior::Immediate, is_there);
        let reader = Worker::start("budget-reader", reader, TransactionBehavior::Deferred, || true);
        let start = |worker: io::Result<Worker>| worker.map_err(|error| OpenError::io(path, &error));
        Ok(BudgetFile { writer: start(writer)?, reader: start(reader)?, marks, _lock: lock })
    }

    pub(crate) fn marks(&self) -> Marks {
        self.marks
    }

    /// Does something in a transaction, which others share. It is answered when that has been committed, and may be done
    /// again if it cannot be.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, FileError>> {
        self.writer.ask(Wanted::Always, work)
    }

    /// The same, but it is left undone if nobody waits for it any more when its turn comes.
    pub(crate) fn write_if_awaited<T: Send + 'static>(
        &self,
        work: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, FileError>> {
        self.writer.ask(Wanted::WhileAwaited, work)
    }

    /// Reads what has been committed, while others write.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, FileError>> {
        self.reader.ask(Wanted::WhileAwaited, work)
    }
}

/// Takes the file for this process: two that count from one file would each keep its own time.
fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = OsString::from(path);
    name.push("-lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).open(PathBuf::from(name));
    let file = file.map_err(|error| OpenError::io(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::io(path, &error)),
    }
}

/// Device and inode.
fn identity(file: &std::fs::Metadata) -> io::Result<(u64, u64)> {
    Ok((file.dev(), file.ino()))
}

fn connect(path: &Path, durability: Durability) -> Result<Connection, schema::PrepareError> {
    let mut connection = Connection::open_with_flags(path, FLAGS)?;
    connection.busy_timeout(PATIENCE)?;
    schema::prepare(&mut connection)?;
    let synchronous = match durability {
        Durability::Process => "NORMAL",
        Durability::Power => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn connect_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, FLAGS)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn read_marks(connection: &Connection) -> rusqlite::Result<Marks> {
    let sql = "SELECT ledger, newest, EXISTS (SELECT 1 FROM counters), EXISTS (SELECT 1 FROM elsewhere) FROM file";
    connection.query_row(sql, [], |row| {
        let counting = match (row.get(2)?, row.get(3)?) {
            (_, true) => Some(Counting::Elsewhere),
            (true, false) => Some(Counting::Here),
            (false, false) => None,
        };
        Ok(Marks { ledger: row.get(0)?, newest: whole(row.get(1)?), counting })
    })
}

/// The file is there already, and each connection has a thread of its own.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
