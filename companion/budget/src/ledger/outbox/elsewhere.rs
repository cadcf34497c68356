use rusqlite::{OptionalExtension as _, Row as SqlRow, Transaction, params};

use super::LedgerId;
use crate::file::{int, whole};
use crate::ledger::row::{self, Row};

/// How far this ledger has seen another store count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The generation of counters to which it has given back what it had added to those before.
    pub generation: String,
    /// The last revision of them that it saw.
    pub revision: u64,
}

pub(super) fn seen(transaction: &Transaction<'_>) -> rusqlite::Result<Option<Seen>> {
    let sql = "SELECT generation, revision FROM elsewhere";
    let read = |row: &SqlRow<'_>| Ok(Seen { generation: row.get(0)?, revision: whole(row.get(1)?) });
    transaction.prepare_cached(sql)?.query_row([], read).optional()
}

/// Within a generation, it never goes back.
pub(super) fn see(transaction: &Transaction<'_>, seen: &Seen) -> rusqlite::Result<()> {
    let sql = "INSERT INTO elsewhere (number, generation, revision) VALUES (1, ?1, ?2) \
               ON CONFLICT DO UPDATE SET generation = excluded.generation, revision = CASE \
               WHEN generation = excluded.generation THEN max(revision, excluded.revision) ELSE excluded.revision END";
    transaction.prepare_cached(sql)?.execute(params![seen.generation, int(seen.revision)])?;
    Ok(())
}

pub(super) fn companions(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<LedgerId>> {
    let mut statement = transaction.prepare_cached("SELECT ledger FROM companions ORDER BY ledger")?;
    statement.query_map([], |row| row.get(0).map(LedgerId))?.collect()
}

pub(super) fn set_companions(transaction: &Transaction<'_>, companions: &[LedgerId]) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM companions")?.execute([])?;
    let mut statement = transaction.prepare_cached("INSERT INTO companions (ledger) VALUES (?1)")?;
    companions.iter().try_for_each(|companion| statement.execute(params![companion.0]).map(|_| ()))
}

/// Rows that were settled at a time or later, after the one with a number.
pub(super) fn settled_since(
    transaction: &Transaction<'_>,
    since: u64,
    after: i64,
    most: usize,
) -> rusqlite::Result<Vec<(i64, Row)>> {
    row::list_since(transaction, since, after, most)
}
