use std::time::Duration;

use rusqlite::{Connection, Transaction};

/// How long to wait for a predecessor that is shutting down.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// Marks the file as ours ("TGst").
const APPLICATION_ID: i64 = 0x5447_7374;

/// Version of the tables.
const SCHEMA_VERSION: i64 = 2;

const TABLES: &str = "
CREATE TABLE versions (
    number       INTEGER PRIMARY KEY, -- counts publications; ids rise with it
    epoch        INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    digest       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,    -- milliseconds since 1970
    author       TEXT    NOT NULL,
    source       TEXT    NOT NULL,    -- files, api, rollback
    of_epoch     INTEGER,             -- the version whose content this is once more
    of_version   INTEGER,
    policies     INTEGER NOT NULL,    -- how many it holds
    summary      TEXT    NOT NULL,    -- JSON: what differs from the version before
    documents    INTEGER,             -- how many; absent: its texts were not kept
    held_against BLOB,                -- fingerprint of the files that it is in force instead of
    UNIQUE (epoch, version)
) STRICT;

-- What a version changed of the documents of the version before.
CREATE TABLE changes (
    number INTEGER NOT NULL,
    path   TEXT    NOT NULL,
    policy TEXT,                      -- the policy that the document is; absent: it has sections
    pieces BLOB,                      -- ids of its pieces, eight bytes each, little-endian; absent: removed
    PRIMARY KEY (number, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_of_path ON changes (path, number);

-- Texts in pieces, each kept once.
CREATE TABLE pieces (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,        -- SHA-256
    text BLOB NOT NULL
) STRICT;

-- The compiled form of the newest version: one whole snapshot, and the deltas that follow it.
CREATE TABLE checkpoints (number INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE TABLE deltas (number INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
";

/// From version 1, which kept one snapshot and no texts.
const FROM_1: &str = "
INSERT INTO versions (number, epoch, version, digest, created_at, author, source, policies, summary)
    SELECT 1, epoch, version, digest, created_at, '', 'files', 0, '{}' FROM snapshots
    ORDER BY epoch DESC, version DESC LIMIT 1;
INSERT INTO checkpoints (number, content)
    SELECT 1, content FROM snapshots ORDER BY epoch DESC, version DESC LIMIT 1;
DROP TABLE snapshots;
";

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) enum PrepareError {
    Sqlite(rusqlite::Error),
    Foreign,
    Schema(i64),
}

impl From<rusqlite::Error> for PrepareError {
    fn from(error: rusqlite::Error) -> Self {
        PrepareError::Sqlite(error)
    }
}

/// Configures the connection, creates the tables in a new file and brings those of an older program up to date.
pub(super) fn prepare(connection: &Connection) -> Result<(), PrepareError> {
    connection.busy_timeout(LOCK_PATIENCE)?;
    // Two companions that number snapshots from one file would contradict each other: the second is refused.
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    let application_id = pragma(connection, "application_id")?;
    let schema_version = pragma(connection, "user_version")?;
    let bring_up: fn(&Transaction<'_>) -> rusqlite::Result<()> = match (application_id, schema_version) {
        // Writes what is there already: a file that cannot be written is found out now, not at the first edit.
        (APPLICATION_ID, SCHEMA_VERSION) => |_| Ok(()),
        (APPLICATION_ID, 1) => |transaction| {
            transaction.execute_batch(TABLES)?;
            transaction.execute_batch(FROM_1)
        },
        (APPLICATION_ID, other) => return Err(PrepareError::Schema(other)),
        (0, 0) if is_empty(connection)? => |transaction| transaction.execute_batch(TABLES),
        _ => return Err(PrepareError::Foreign),
    };
    // Only now that the file is known to be ours is anything written to it.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // A version must survive power loss once it has been sent.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The log is brought into the file when nobody waits for it.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    let transaction = connection.unchecked_transaction()?;
    bring_up(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// Writes what is there already.
pub(super) fn touch(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
