use rusqlite::{OptionalExtension as _, Transaction, params};

use super::shares;
use crate::adjust::{Adjustment, AdjustmentId};
use crate::file::int;
use crate::ledger::audit::{self, Audit, audited, write_audit};

pub(super) fn begin(transaction: &Transaction<'_>, adjustment: &Adjustment) -> rusqlite::Result<bool> {
    if audited(transaction, adjustment.id)? {
        return Ok(false);
    }
    if is_pending(transaction, adjustment.id)? {
        return Ok(true);
    }
    let sql = "INSERT INTO pending_adjustments (id, counter, change, who, why) VALUES (?1, ?2, ?3, ?4, ?5)";
    let Adjustment { id, counter, change, who, why } = adjustment;
    transaction.prepare_cached(sql)?.execute(params![id, counter, change.column(), who, why])?;
    Ok(true)
}

pub(super) fn finish(transaction: &Transaction<'_>, id: AdjustmentId, made: Option<&Audit>) -> rusqlite::Result<()> {
    if let Some(audit) = made
        && is_pending(transaction, id)?
    {
        write_audit(transaction, audit)?;
        let change = int(audit.after) - int(audit.before);
        shares::adjust(transaction, &audit.adjustment.counter, change)?;
    }
    transaction.prepare_cached("DELETE FROM pending_adjustments WHERE id = ?1")?.execute(params![id])?;
    Ok(())
}

pub(super) fn list(transaction: &Transaction<'_>, most: usize) -> rusqlite::Result<Vec<Adjustment>> {
    let sql = "SELECT id, counter, change, who, why FROM pending_adjustments LIMIT ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let pending = statement.query_map(params![int(most as u64)], |row| audit::adjustment(row, 0))?;
    pending.collect()
}

fn is_pending(transaction: &Transaction<'_>, id: AdjustmentId) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM pending_adjustments WHERE id = ?1";
    let found: Option<i64> = transaction.prepare_cached(sql)?.query_row(params![id], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}
