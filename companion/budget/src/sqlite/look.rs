use rusqlite::{Transaction, params};

use super::counters::Count;
use super::holds;
use crate::file::{CounterKey, int, is_unreadable, oldest_kept, wanted, whole};
use crate::look::{Hold, Holds, Scopes, UsageFilter};
use crate::period::{Period, Window};
use crate::standing::Standing;

/// Window by window, as the table is ordered.
pub(super) fn usage(transaction: &Transaction<'_>, filter: &UsageFilter, now: u64) -> rusqlite::Result<Vec<Standing>> {
    let (kind, name) = wanted(&filter.scopes);
    let sql = "SELECT \"window\", begins, kind, name, unit, used, held FROM counters \
               WHERE \"window\" = ?1 AND begins BETWEEN ?2 AND ?3 AND (?4 IS NULL OR kind = ?4) \
               AND (?5 IS NULL OR name = ?5) AND (?6 IS NULL OR unit = ?6) AND (used > 0 OR held > 0)";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut standings = Vec::new();
    let windows = std::iter::zip(Window::ALL, oldest_kept(now));
    for (window, oldest) in windows.filter(|(window, _)| filter.window.is_none_or(|wanted| wanted == *window)) {
        let at = filter.at.map(|at| int(Period::containing(window, at).begins()));
        let (first, last) = at.map_or((oldest, i64::MAX), |at| (at.max(oldest), at));
        let mut rows = statement.query(params![window, first, last, kind, name, filter.unit])?;
        while let Some(row) = rows.next()? {
            let counter = CounterKey::counter(row)?;
            if filter.after.as_ref().is_none_or(|after| *after < counter) {
                let count = Count { used: whole(row.get(5)?), held: whole(row.get(6)?) };
                standings.push(count.standing(&counter, None));
            }
            // So that no more is kept than twice what is wanted.
            if standings.len() >= filter.most.saturating_mul(2).max(SOME) {
                keep_first(&mut standings, filter.most);
            }
        }
    }
    keep_first(&mut standings, filter.most);
    Ok(standings)
}

/// So many are kept in any case.
const SOME: usize = 1024;

fn keep_first(standings: &mut Vec<Standing>, most: usize) {
    standings.sort_unstable_by(|one, other| one.counter.cmp(&other.counter));
    standings.truncate(most);
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
