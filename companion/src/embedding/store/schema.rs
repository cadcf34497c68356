use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::StoreError;

/// How long to wait for a predecessor that is shutting down.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// Marks the file as ours ("TGse").
const APPLICATION_ID: i64 = 0x5447_7365;

/// Version of the tables. Those of another version are not read: they are made again.
const SCHEMA_VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE generations (
    number      INTEGER PRIMARY KEY,
    version     TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    dimensions  INTEGER NOT NULL,
    embedder    TEXT    NOT NULL,    -- JSON: how it was configured
    role        TEXT    NOT NULL,    -- building, serving, kept
    made_at     INTEGER NOT NULL     -- milliseconds since 1970
) STRICT;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE cache (
    model   BLOB    NOT NULL,        -- stands for version and fingerprint
    text    BLOB    NOT NULL,        -- SHA-256
    vector  BLOB    NOT NULL,        -- f32, little-endian
    made_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    hits    INTEGER NOT NULL,
    PRIMARY KEY (model, text)
) STRICT;

CREATE TABLE dead (
    generation INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    text       BLOB    NOT NULL,     -- SHA-256
    reason     TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    may_pass   INTEGER NOT NULL,
    PRIMARY KEY (generation, name)
) STRICT;

-- What a shutdown has left over.
CREATE TABLE queue (
    generation INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    priority   INTEGER NOT NULL,     -- 0 low, 1 normal, 2 high
    PRIMARY KEY (generation, name)
) STRICT;
";

/// Why a file cannot be used.
pub(super) enum PrepareError {
    Sqlite(rusqlite::Error),
    Foreign(&'static str),
}

impl From<rusqlite::Error> for PrepareError {
    fn from(error: rusqlite::Error) -> Self {
        PrepareError::Sqlite(error)
    }
}

impl PrepareError {
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            PrepareError::Sqlite(source) => StoreError::of(path, source),
            PrepareError::Foreign(reason) => StoreError::Unusable { path: path.to_owned(), reason: reason.to_owned() },
        }
    }
}

/// Configures the connection, and creates the tables in a new file.
pub(super) fn prepare(connection: &Connection) -> Result<(), PrepareError> {
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // A power loss may cost the last transactions, which is work that is done again; a killed process loses none.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let transaction = connection.unchecked_transaction()?;
    match (pragma("application_id")?, pragma("user_version")?) {
        (APPLICATION_ID, SCHEMA_VERSION) => {}
        (APPLICATION_ID, _) => return Err(PrepareError::Foreign("it is of another version of the program")),
        (0, 0) => transaction.execute_batch(TABLES)?,
        _ => return Err(PrepareError::Foreign("it is not of policy search")),
    }
    // Written in any case: a file that cannot be written is found out now.
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(())
}
