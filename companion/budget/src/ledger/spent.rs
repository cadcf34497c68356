use rusqlite::{Transaction, params};

use super::record::Delta;
use crate::amounts::Unit;
use crate::counter::Counter;
use crate::file::{int, scope, wanted, whole};
use crate::label::Label;
use crate::look::Scopes;
use crate::period::{Period, Window};
use crate::reservation::Reservation;
use crate::scope::Scope;

/// What the settled reservations of a day come to for a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// In which they were made.
    pub day: Period,
    /// For which they counted.
    pub scope: Scope,
    /// How many of them were served. Over the ledgers of all companions, this and the amounts add up; in one, they are less
    /// than nothing if it replaces more estimates of others than it has calls.
    pub calls: i64,
    /// What they used.
    pub tokens: i64,
    /// What they cost, in millionths of a dollar.
    pub micro_dollars: i64,
}

/// Where a list of sums goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentAfter {
    /// After a sum of this day.
    pub day: Period,
    /// For this scope.
    pub scope: Scope,
}

/// A scope counts once, however many windows and units are counted of it.
pub(super) fn add(transaction: &Transaction<'_>, reservation: &Reservation, delta: Delta) -> rusqlite::Result<()> {
    if (delta.calls, delta.of(Unit::Tokens), delta.of(Unit::MicroDollars)) == (0, 0, 0) {
        return Ok(());
    }
    let day = Period::containing(Window::Day, reservation.at).begins();
    let sql = "INSERT INTO spent (day, kind, name, calls, tokens, micro_dollars) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, tokens = tokens + excluded.tokens, \
               micro_dollars = micro_dollars + excluded.micro_dollars";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rest: &[Counter] = &reservation.counters;
    while let Some((last, before)) = rest.split_last() {
        rest = before;
        let scope = &last.scope;
        if before.iter().any(|counter| counter.scope == *scope) {
            continue;
        }
        let (tokens, micro_dollars) = (delta.of(Unit::Tokens), delta.of(Unit::MicroDollars));
        let name = scope.name().map_or("", Label::as_str);
        statement.execute(params![int(day), scope.kind(), name, delta.calls, tokens, micro_dollars])?;
    }
    Ok(())
}

pub(super) fn list(
    transaction: &Transaction<'_>,
    scopes: &Scopes,
    from: u64,
    to: u64,
    after: Option<&SpentAfter>,
    most: usize,
) -> rusqlite::Result<Vec<Spent>> {
    let (kind, name) = wanted(scopes);
    let sql = "SELECT day, kind, name, calls, tokens, micro_dollars FROM spent WHERE day >= ?1 AND day < ?2 \
               AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR name = ?4) AND (day, kind, name) > (?6, ?7, ?8) ORDER BY day, kind, name LIMIT ?5";
    let mut statement = transaction.prepare_cached(sql)?;
    // No kind is before the empty word.
    let (day, after_kind, after_name) = after.map_or((-1, "", ""), |SpentAfter { day, scope }| {
        (int(day.begins()), scope.kind().as_str(), scope.name().map_or("", Label::as_str))
    });
    let from = int(from).max(day);
    let values = params![from, int(to), kind, name, int(most as u64), day, after_kind, after_name];
    let rows = statement.query_map(values, |row| {
        let day = Period::containing(Window::Day, whole(row.get(0)?));
        Ok(Spent { day, scope: scope(row, 1)?, calls: row.get(3)?, tokens: row.get(4)?, micro_dollars: row.get(5)? })
    })?;
    rows.collect()
}

pub(super) fn forget(transaction: &Transaction<'_>, before: u64, most: i64) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM spent WHERE (day, kind, name) IN \
               (SELECT day, kind, name FROM spent WHERE day < ?1 ORDER BY day LIMIT ?2)";
    // A day of which a part is kept is kept.
    let day = Period::containing(Window::Day, before).begins();
    transaction.prepare_cached(sql)?.execute(params![int(day), most])
}
