use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::adjust::{Adjustment, AdjustmentId, Change};
use crate::file::{int, unknown, whole};
use crate::overrides::{Measure, OverrideChange, Overriding};

/// What an administrator did to what is used.
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

/// What an administrator did to a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitAudit {
    /// What, of what, by whom and why. Until when it counts, is there.
    pub change: OverrideChange,
    /// When, in seconds since 1970.
    pub at: u64,
}

/// What an administrator did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// To what is used.
    Used(Audit),
    /// To a limit.
    Limit(LimitAudit),
}

impl LimitAudit {
    /// Of a change that was made at a time.
    pub(crate) fn new(change: &OverrideChange, at: u64) -> Self {
        let overriding = match change.sets_at(at) {
            Some(set) => Overriding::Set { limit: set.limit, until: Some(set.until) },
            None => Overriding::Unset,
        };
        LimitAudit { change: OverrideChange { overriding, ..change.clone() }, at }
    }
}

impl From<Audit> for Audited {
    fn from(audit: Audit) -> Self {
        Audited::Used(audit)
    }
}

impl From<LimitAudit> for Audited {
    fn from(audit: LimitAudit) -> Self {
        Audited::Limit(audit)
    }
}

/// Whether a change has been made.
pub(crate) fn audited(transaction: &Transaction<'_>, id: AdjustmentId) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM changes WHERE id = ?1";
    let found: Option<i64> = transaction.prepare_cached(sql)?.query_row(params![id], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}

/// Writes an adjustment that has not been made before.
pub(crate) fn write_audit(transaction: &Transaction<'_>, audit: &Audit) -> rusqlite::Result<()> {
    let Audit { adjustment: Adjustment { id, counter, change, who, why }, at, before, after } = audit;
    let kind = match change {
        Change::By(_) => "adjusted",
        Change::Reset => "reset",
    };
    let sql = "INSERT INTO changes (id, at, kind, counter, amount, before, after, who, why) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let (before, after) = (int(*before), int(*after));
    let values = params![id, int(*at), kind, counter, change.column(), before, after, who, why];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Writes what became of a limit, unless it is there.
pub(crate) fn write_limit_audit(transaction: &Transaction<'_>, audit: &LimitAudit) -> rusqlite::Result<()> {
    let LimitAudit { change: OverrideChange { id, measure, overriding, who, why }, at } = audit;
    let (kind, limit, until) = match overriding {
        Overriding::Set { limit, until } => ("set", limit.map(int), until.map(int)),
        Overriding::Unset => ("unset", None, None),
    };
    let sql = "INSERT INTO changes (id, at, kind, counter, amount, until, who, why) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    let values = params![id, int(*at), kind, measure.at(*at), limit, until, who, why];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

const COLUMNS: &str = "number, id, at, kind, counter, amount, until, before, after, who, why";

pub(super) fn list(transaction: &Transaction<'_>, after: i64, most: usize) -> rusqlite::Result<Vec<(i64, Audited)>> {
    let sql = format!("SELECT {COLUMNS} FROM changes WHERE number > ?1 ORDER BY number LIMIT ?2");
    let mut statement = transaction.prepare_cached(&sql)?;
    let audits = statement.query_map(params![after, int(most as u64)], |row| Ok((row.get(0)?, from_columns(row)?)))?;
    audits.collect()
}

pub(super) fn read(transaction: &Transaction<'_>, id: AdjustmentId) -> rusqlite::Result<Option<Audited>> {
    let sql = format!("SELECT {COLUMNS} FROM changes WHERE id = ?1");
    transaction.prepare_cached(&sql)?.query_row(params![id], from_columns).optional()
}

fn from_columns(row: &Row<'_>) -> rusqlite::Result<Audited> {
    let number = |place| row.get::<_, Option<i64>>(place).map(|number| number.map(whole));
    let (id, at, counter) = (row.get(1)?, whole(row.get(2)?), row.get(4)?);
    let (who, why) = (row.get(9)?, row.get(10)?);
    Ok(match row.get_ref(3)?.as_str()? {
        kind @ ("set" | "unset") => {
            let overriding = match kind {
                "set" => Overriding::Set { limit: number(5)?, until: number(6)? },
                _ => Overriding::Unset,
            };
            let measure = Measure::of(&counter);
            LimitAudit { change: OverrideChange { id, measure, overriding, who, why }, at }.into()
        }
        kind @ ("adjusted" | "reset") => {
            let change = if kind == "reset" { Change::Reset } else { Change::By(row.get(5)?) };
            let (before, after) = (number(7)?.unwrap_or(0), number(8)?.unwrap_or(0));
            Audit { adjustment: Adjustment { id, counter, change, who, why }, at, before, after }.into()
        }
        other => return Err(unknown(other)),
    })
}

/// From five columns.
pub(super) fn adjustment(row: &Row<'_>, from: usize) -> rusqlite::Result<Adjustment> {
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
