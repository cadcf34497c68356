use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::amounts::MOST_COUNTED;
use crate::counter::Counter;
use crate::file::{CounterKey, int, oldest_kept, whole};
use crate::standing::Standing;

/// What a counter says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) used: u64,
    pub(super) held: u64,
}

impl Count {
    pub(super) fn standing(self, counter: &Counter, limit: Option<u64>) -> Standing {
        Standing { counter: counter.clone(), limit, used: self.used, held: self.held }
    }
}

/// Nothing where there is no such counter yet.
pub(super) fn read(transaction: &Transaction<'_>, counter: &Counter) -> rusqlite::Result<Count> {
    let sql = "SELECT used, held FROM counters \
               WHERE \"window\" = ?1 AND begins = ?2 AND kind = ?3 AND name = ?4 AND unit = ?5";
    let CounterKey { window, begins, kind, name, unit } = CounterKey::of(counter);
    let count = transaction
        .prepare_cached(sql)?
        .query_row(params![window, begins, kind, name, unit], |row| {
            Ok(Count { used: whole(row.get(0)?), held: whole(row.get(1)?) })
        })
        .optional()?;
    Ok(count.unwrap_or_default())
}

/// Sets what a counter says.
pub(super) fn write(transaction: &Transaction<'_>, counter: &Counter, count: Count) -> rusqlite::Result<()> {
    let sql = "INSERT INTO counters (\"window\", begins, kind, name, unit, used, held) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
               ON CONFLICT DO UPDATE SET used = excluded.used, held = excluded.held";
    let CounterKey { window, begins, kind, name, unit } = CounterKey::of(counter);
    let (used, held) = (int(count.used), int(count.held));
    transaction.prepare_cached(sql)?.execute(params![window, begins, kind, name, unit, used, held])?;
    Ok(())
}

/// Frees what was held, and adds what was used, or less than nothing.
pub(super) fn settle(
    transaction: &Transaction<'_>,
    counter: &Counter,
    freed: u64,
    change: i64,
) -> rusqlite::Result<()> {
    let CounterKey { window, begins, kind, name, unit } = CounterKey::of(counter);
    // Neither can be beyond what SQLite counts to.
    let sql = "UPDATE counters SET used = max(0, min(?6, used + ?7)), held = max(0, held - ?8) \
               WHERE \"window\" = ?1 AND begins = ?2 AND kind = ?3 AND name = ?4 AND unit = ?5";
    let most = int(MOST_COUNTED);
    let values = params![window, begins, kind, name, unit, most, change, int(freed)];
    let is_there = transaction.prepare_cached(sql)?.execute(values)? > 0;
    if is_there || change <= 0 {
        return Ok(());
    }
    write(transaction, counter, Count { used: whole(change), held: 0 })
}

/// Removes counters that are no longer kept, at most so many.
pub(super) fn sweep(transaction: &Transaction<'_>, now: u64, most: i64) -> rusqlite::Result<usize> {
    let [hour, day, month] = oldest_kept(now);
    let sql = "DELETE FROM counters WHERE (\"window\", begins, kind, name, unit) IN \
               (SELECT \"window\", begins, kind, name, unit FROM counters \
               WHERE \"window\" = ?1 AND begins < ?2 LIMIT ?3)";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut removed = 0;
    for (window, oldest) in [("hour", hour), ("day", day), ("month", month)] {
        removed += statement.execute(params![window, oldest, most])?;
    }
    Ok(removed)
}
