use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::adjust::{Adjustment, AdjustmentId, Change};
use crate::file::{int, whole};

/// What an administrator changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// What, of what, by whom and why.
    pub adjustment: Adjustment,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What had been used before it.
    pub before: u64,
    /// What is used after it.
    pub after: u64,
}

/// Whether an adjustment has been made.
pub(crate) fn audited(transaction: &Transaction<'_>, id: AdjustmentId) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM adjustments WHERE id = ?1";
    let found: Option<i64> = transaction.prepare_cached(sql)?.query_row(params![id], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}

/// Writes an adjustment that has not been made before.
pub(crate) fn write_audit(transaction: &Transaction<'_>, audit: &Audit) -> rusqlite::Result<()> {
    let Audit { adjustment, at, before, after } = audit;
    let sql = "INSERT INTO adjustments (id, at, counter, change, before, after, who, why) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    transaction.prepare_cached(sql)?.execute(params![
        adjustment.id,
        int(*at),
        adjustment.counter,
        adjustment.change.column(),
        int(*before),
        int(*after),
        adjustment.who,
        adjustment.why,
    ])?;
    Ok(())
}

pub(super) fn list(transaction: &Transaction<'_>, after: i64, most: usize) -> rusqlite::Result<Vec<(i64, Audit)>> {
    let sql = "SELECT number, id, counter, change, who, why, at, before, after FROM adjustments WHERE number > ?1 \
               ORDER BY number LIMIT ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let audits = statement.query_map(params![after, int(most as u64)], |row| {
        let adjustment = adjustment(row, 1)?;
        let (at, before, after) = (whole(row.get(6)?), whole(row.get(7)?), whole(row.get(8)?));
        Ok((row.get(0)?, Audit { adjustment, at, before, after }))
    })?;
    audits.collect()
}

/// From five columns.
pub(super) fn adjustment(row: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Adjustment> {
    Ok(Adjustment {
        id: row.get(from)?,
        counter: row.get(from + 1)?,
        change: Change::from_column(row.get(from + 2)?),
        who: row.get(from + 3)?,
        why: row.get(from + 4)?,
    })
}

impl Change {
    /// By how much; absent for a reset.
    pub(super) fn column(self) -> Option<i64> {
        match self {
            Change::By(change) => Some(change),
            Change::Reset => None,
        }
    }

    fn from_column(column: Option<i64>) -> Self {
        column.map_or(Change::Reset, Change::By)
    }
}
