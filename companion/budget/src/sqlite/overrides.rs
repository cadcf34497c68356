use rusqlite::{Row, Transaction, params};

use crate::file::{int, scope, whole};
use crate::label::Label;
use crate::ledger::{LimitAudit, audited, write_limit_audit};
use crate::overrides::{MOST_OVERRIDES, Measure, Overridden, Override, OverrideChange, Overriding};

/// An override that is set, or that was taken away before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) overriding: Override,
    pub(crate) is_set: bool,
}

pub(super) fn change(transaction: &Transaction<'_>, change: &OverrideChange, now: u64) -> rusqlite::Result<Overridden> {
    let before = counting(transaction, now)?;
    let is_same = |set: &&Override| set.measure == change.measure;
    let known = before.iter().find(is_same);
    if audited(transaction, change.id)? {
        return Ok(Overridden::Now(known.cloned()));
    }
    let set = change.sets_at(now);
    match (change.overriding, &set) {
        (Overriding::Set { .. }, Some(set)) if !set.counts_at(now) => return Ok(Overridden::Over),
        (Overriding::Set { .. }, _) if known.is_none() && before.len() >= MOST_OVERRIDES => {
            return Ok(Overridden::Full);
        }
        // There is nothing to take away.
        (Overriding::Unset, _) if known.is_none() => return Ok(Overridden::Now(None)),
        _ => {}
    }
    let others = before.iter().filter(|set| !is_same(set)).chain(&set);
    let records: Vec<_> = others.map(|set| Record { overriding: set.clone(), is_set: true }).collect();
    replace(transaction, &records)?;
    write_limit_audit(transaction, &LimitAudit::new(change, now))?;
    Ok(Overridden::Now(set))
}

/// Those that count at a time, in the order of what they are for.
pub(super) fn counting(transaction: &Transaction<'_>, now: u64) -> rusqlite::Result<Vec<Override>> {
    Ok(counting_of(all(transaction)?, now))
}

/// The same, of all that are known.
pub(crate) fn counting_of(records: Vec<Record>, now: u64) -> Vec<Override> {
    let set = records.into_iter().filter(|record| record.is_set && record.overriding.counts_at(now));
    let mut counting: Vec<_> = set.map(|record| record.overriding).collect();
    counting.sort_unstable_by(|one, other| one.measure.cmp(&other.measure));
    counting
}

pub(crate) fn all(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<Record>> {
    let sql = "SELECT kind, name, \"window\", unit, id, at, until, is_set, most, who, why FROM overrides";
    transaction.prepare_cached(sql)?.query_map([], record)?.collect()
}

/// There are few of them.
pub(crate) fn replace(transaction: &Transaction<'_>, records: &[Record]) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM overrides")?.execute([])?;
    let sql = "INSERT INTO overrides (kind, name, \"window\", unit, id, at, until, is_set, most, who, why) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let mut statement = transaction.prepare_cached(sql)?;
    records.iter().try_for_each(|Record { overriding, is_set }| {
        let Override { id, measure: Measure { scope, window, unit }, limit, at, until, who, why } = overriding;
        let (kind, name) = (scope.kind(), scope.name().map_or("", Label::as_str));
        let (limit, at, until) = (limit.map(int), int(*at), int(*until));
        statement.execute(params![kind, name, window, unit, id, at, until, is_set, limit, who, why]).map(|_| ())
    })
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let measure = Measure { scope: scope(row, 0)?, window: row.get(2)?, unit: row.get(3)? };
    let (id, at, until) = (row.get(4)?, whole(row.get(5)?), whole(row.get(6)?));
    let limit = row.get::<_, Option<i64>>(8)?.map(whole);
    let overriding = Override { id, measure, limit, at, until, who: row.get(9)?, why: row.get(10)? };
    Ok(Record { overriding, is_set: row.get(7)? })
}
