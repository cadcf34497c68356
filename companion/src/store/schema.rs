use std::time::Duration;

use rusqlite::Connection;

/// How long to wait for a predecessor that is shutting down.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// Marks the file as ours ("TGst").
const APPLICATION_ID: i64 = 0x5447_7374;

/// Version of the tables.
const SCHEMA_VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE snapshots (
    epoch      INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    digest     BLOB    NOT NULL,
    created_at INTEGER NOT NULL, -- milliseconds since 1970
    content    BLOB    NOT NULL,
    PRIMARY KEY (epoch, version)
) STRICT";

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

/// Configures the connection and creates the tables in a new file.
pub(super) fn prepare(connection: &Connection) -> Result<(), PrepareError> {
    connection.busy_timeout(LOCK_PATIENCE)?;
    // Two companions that number snapshots from one file would contradict each other: the second is refused.
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    let application_id = pragma(connection, "application_id")?;
    let schema_version = pragma(connection, "user_version")?;
    let is_new = match (application_id, schema_version) {
        (APPLICATION_ID, SCHEMA_VERSION) => false,
        (APPLICATION_ID, other) => return Err(PrepareError::Schema(other)),
        (0, 0) if is_empty(connection)? => true,
        _ => return Err(PrepareError::Foreign),
    };
    // Only now that the file is known to be ours is anything written to it.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // A version must survive power loss once it has been sent.
    connection.pragma_update(None, "synchronous", "FULL")?;
    if is_new { create(connection) } else { touch(connection) }
}

fn create(connection: &Connection) -> Result<(), PrepareError> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// Writes what is there already: a file that cannot be written is found out now, not at the first edit.
fn touch(connection: &Connection) -> Result<(), PrepareError> {
    let transaction = connection.unchecked_transaction()?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(())
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
