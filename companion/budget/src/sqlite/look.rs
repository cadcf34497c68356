use rusqlite::{Transaction, params};

use super::counters::Count;
use super::holds;
use crate::file::{CounterKey, int, is_unreadable, oldest_kept, wanted, whole};
use crate::look::{Hold, Holds, Scopes, UsageFilter};
use crate::period::{Period, Window};
use crate::standing::Standing;

pub(super) fn usage(transaction: &Transaction<'_>, filter: &UsageFilter, now: u64) -> rusqlite::Result<Vec<Standing>> {
    let (kind, name) = wanted(&filter.scopes);
    let [hour, day, month] = oldest_kept(now);
    let at = |window| filter.at.map(|at| int(Period::containing(window, at).begins()));
    let sql = "SELECT \"window\", begins, kind, name, unit, used, held FROM counters \
               WHERE (used > 0 OR held > 0) AND (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR name = ?2) \
               AND (?3 IS NULL OR \"window\" = ?3) AND (?4 IS NULL OR unit = ?4) \
               AND begins >= CASE \"window\" WHEN 'hour' THEN ?5 WHEN 'day' THEN ?6 ELSE ?7 END \
               AND (?8 IS NULL OR begins = CASE \"window\" WHEN 'hour' THEN ?8 WHEN 'day' THEN ?9 ELSE ?10 END) \
               ORDER BY CASE kind WHEN 'global' THEN 0 WHEN 'org' THEN 1 WHEN 'user' THEN 2 WHEN 'provider' THEN 3 \
               ELSE 4 END, name, unit = 'microDollars', \
               CASE \"window\" WHEN 'hour' THEN 0 WHEN 'day' THEN 1 ELSE 2 END, begins LIMIT ?11";
    let mut statement = transaction.prepare_cached(sql)?;
    let (hour_at, day_at, month_at) = (at(Window::Hour), at(Window::Day), at(Window::Month));
    let values = params![
        kind,
        name,
        filter.window,
        filter.unit,
        hour,
        day,
        month,
        hour_at,
        day_at,
        month_at,
        int(filter.most as u64)
    ];
    let rows = statement.query_map(values, |row| {
        let count = Count { used: whole(row.get(5)?), held: whole(row.get(6)?) };
        Ok(count.standing(&CounterKey::counter(row)?, None))
    })?;
    rows.collect()
}

pub(super) fn holds(transaction: &Transaction<'_>, scopes: &Scopes, most: usize) -> rusqlite::Result<Holds> {
    let all: i64 = transaction.query_row("SELECT count(*) FROM holds", [], |row| row.get(0))?;
    let sql = format!("SELECT {} FROM holds ORDER BY at, id", holds::COLUMNS);
    let mut statement = transaction.prepare_cached(&sql)?;
    let counts = |hold: &Hold| hold.reservation.counters.iter().any(|counter| scopes.contains(&counter.scope));
    let is_wanted = |hold: &rusqlite::Result<Hold>| match hold {
        Ok(hold) => *scopes == Scopes::All || counts(hold),
        Err(_) => !is_unreadable(hold),
    };
    let listed = statement.query_map([], holds::hold)?.filter(is_wanted).take(most).collect::<Result<_, _>>()?;
    Ok(Holds { listed, all: whole(all) })
}
