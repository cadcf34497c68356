use rusqlite::{Transaction, params};

use crate::counter::Counter;
use crate::file::{CounterKey, int, oldest_kept};
use crate::ledger::record::{Delta, Entry};

/// Adds what an entry changes to the counters that are still kept.
pub(super) fn add(transaction: &Transaction<'_>, entry: &Entry<'_>, delta: Delta) -> rusqlite::Result<()> {
    let kept = entry.reservation.counters.iter().filter(|counter| counter.period.is_kept_at(entry.settled_at));
    kept.map(|counter| (counter, delta.of(counter.unit)))
        .filter(|(_, change)| *change != 0)
        .try_for_each(|(counter, change)| adjust(transaction, counter, change))
}

pub(super) fn adjust(transaction: &Transaction<'_>, counter: &Counter, change: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO shares (\"window\", begins, kind, name, unit, used) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT DO UPDATE SET used = used + excluded.used";
    let CounterKey { window, begins, kind, name, unit } = CounterKey::of(counter);
    transaction.prepare_cached(sql)?.execute(params![window, begins, kind, name, unit, change])?;
    Ok(())
}

pub(super) fn list(transaction: &Transaction<'_>, now: u64) -> rusqlite::Result<Vec<(Counter, i64)>> {
    let [hour, day, month] = oldest_kept(now);
    let sql = "SELECT \"window\", begins, kind, name, unit, used FROM shares WHERE used <> 0 \
               AND begins >= CASE \"window\" WHEN 'hour' THEN ?1 WHEN 'day' THEN ?2 ELSE ?3 END";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map(params![hour, day, month], |row| Ok((CounterKey::counter(row)?, row.get(5)?)))?;
    rows.collect()
}

pub(super) fn forget(transaction: &Transaction<'_>, now: u64, most: usize) -> rusqlite::Result<usize> {
    let [hour, day, month] = oldest_kept(now);
    let sql = "DELETE FROM shares WHERE (\"window\", begins, kind, name, unit) IN \
               (SELECT \"window\", begins, kind, name, unit FROM shares \
               WHERE begins < CASE \"window\" WHEN 'hour' THEN ?1 WHEN 'day' THEN ?2 ELSE ?3 END LIMIT ?4)";
    transaction.prepare_cached(sql)?.execute(params![hour, day, month, int(most as u64)])
}
