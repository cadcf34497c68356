use rusqlite::{Connection, Transaction};

/// Marks the file as ours ("TGbu").
const APPLICATION_ID: i64 = 0x5447_6275;

/// Version of the tables.
const SCHEMA_VERSION: i64 = 1;

/// Times are seconds since 1970. Counters are written as `Counter` displays them, a line each.
const TABLES: &str = "
-- One row.
CREATE TABLE file (
    ledger BLOB    NOT NULL, -- names this ledger among those of other companions
    newest INTEGER NOT NULL  -- the latest time that was given out
) STRICT;

-- Every reservation that is settled, once.
CREATE TABLE ledger (
    number                 INTEGER PRIMARY KEY,
    id                     BLOB    NOT NULL UNIQUE,
    at                     INTEGER NOT NULL,
    settled_at             INTEGER NOT NULL,
    counters               TEXT    NOT NULL,
    outcome                TEXT    NOT NULL, -- committed, estimated, expired, released
    is_late                INTEGER NOT NULL, -- no counter has it
    held_tokens            INTEGER NOT NULL,
    held_micro_dollars     INTEGER NOT NULL,
    used_tokens            INTEGER NOT NULL,
    used_micro_dollars     INTEGER NOT NULL,
    replaced_tokens        INTEGER,          -- what the ledger of another companion has of it; mostly absent
    replaced_micro_dollars INTEGER
) STRICT;

-- Sums of the ledger, by the day in which reservations were made.
CREATE TABLE spent (
    day           INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    name          TEXT    NOT NULL, -- empty for all calls together
    calls         INTEGER NOT NULL, -- that were not released
    tokens        INTEGER NOT NULL,
    micro_dollars INTEGER NOT NULL,
    PRIMARY KEY (day, kind, name)
) STRICT, WITHOUT ROWID;

-- What administrators changed.
CREATE TABLE adjustments (
    number  INTEGER PRIMARY KEY,
    id      BLOB    NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    counter TEXT    NOT NULL,
    change  INTEGER,          -- absent: a reset
    before  INTEGER NOT NULL,
    after   INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    why     TEXT    NOT NULL
) STRICT;

-- Settlements that another store is asked for and has not answered.
CREATE TABLE pending (
    id                  BLOB    NOT NULL,
    is_expiry           INTEGER NOT NULL,
    at                  INTEGER NOT NULL,
    counters            TEXT    NOT NULL,
    outcome             TEXT    NOT NULL,
    held_tokens         INTEGER NOT NULL,
    held_micro_dollars  INTEGER NOT NULL,
    least_tokens        INTEGER NOT NULL,
    least_micro_dollars INTEGER NOT NULL,
    used_tokens         INTEGER NOT NULL,
    used_micro_dollars  INTEGER NOT NULL,
    PRIMARY KEY (id, is_expiry)
) STRICT, WITHOUT ROWID;

-- Adjustments that another store is asked for and has not answered.
CREATE TABLE pending_adjustments (
    id      BLOB NOT NULL PRIMARY KEY,
    counter TEXT NOT NULL,
    change  INTEGER,
    who     TEXT NOT NULL,
    why     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far another store was seen to count: one row, or none.
CREATE TABLE elsewhere (
    number     INTEGER NOT NULL PRIMARY KEY,
    generation TEXT    NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The ledgers of companions that count in another store.
CREATE TABLE companions (
    ledger BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- What this ledger has added to the counters of another store; less than nothing where it corrects what others added.
CREATE TABLE shares (
    \"window\" TEXT    NOT NULL,
    begins   INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    unit     TEXT    NOT NULL,
    used     INTEGER NOT NULL,
    PRIMARY KEY (\"window\", begins, kind, name, unit)
) STRICT, WITHOUT ROWID;

-- The counters of this store.
CREATE TABLE counters (
    \"window\" TEXT    NOT NULL,
    begins   INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    unit     TEXT    NOT NULL,
    used     INTEGER NOT NULL,
    held     INTEGER NOT NULL,
    PRIMARY KEY (\"window\", begins, kind, name, unit)
) STRICT, WITHOUT ROWID;

-- Calls on their way.
CREATE TABLE holds (
    id                   BLOB    NOT NULL PRIMARY KEY,
    at                   INTEGER NOT NULL,
    candidate            INTEGER NOT NULL, -- its place among those that were asked for
    counters             TEXT    NOT NULL,
    held_tokens          INTEGER NOT NULL,
    held_micro_dollars   INTEGER NOT NULL,
    least_tokens         INTEGER NOT NULL,
    least_micro_dollars  INTEGER NOT NULL,
    so_far_tokens        INTEGER NOT NULL,
    so_far_micro_dollars INTEGER NOT NULL,
    lease_ends           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_lease ON holds (lease_ends, id);

INSERT INTO file (ledger, newest) VALUES (randomblob(16), 0);
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

/// Creates the tables in a new file; refuses what is not ours before anything is written to it.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), PrepareError> {
    let application_id = pragma(connection, "application_id")?;
    let schema_version = pragma(connection, "user_version")?;
    let is_new = match (application_id, schema_version) {
        (APPLICATION_ID, SCHEMA_VERSION) => false,
        (APPLICATION_ID, other) => return Err(PrepareError::Schema(other)),
        (0, 0) if is_empty(connection)? => true,
        _ => return Err(PrepareError::Foreign),
    };
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let transaction = connection.transaction()?;
    if is_new {
        transaction.execute_batch(TABLES)?;
    }
    // Written even if it is there: a file that cannot be written is found out now, not at the first call.
    mark(&transaction)?;
    transaction.commit()?;
    Ok(())
}

fn mark(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
