use rusqlite::Transaction;

use super::counters::{self, Count};
use crate::adjust::Adjustment;
use crate::ledger::{Audit, audited, write_audit};
use crate::standing::Standing;

pub(super) fn adjust(
    transaction: &Transaction<'_>,
    adjustment: &Adjustment,
    now: u64,
) -> rusqlite::Result<Option<Standing>> {
    let counter = &adjustment.counter;
    if !counter.period.is_kept_at(now) {
        return Ok(None);
    }
    let mut count = counters::read(transaction, counter)?;
    if !audited(transaction, adjustment.id)? {
        let (before, after) = (count.used, adjustment.change.apply(count.used));
        count = Count { used: after, held: count.held };
        counters::write(transaction, counter, count)?;
        write_audit(transaction, &Audit { adjustment: adjustment.clone(), at: now, before, after })?;
    }
    Ok(Some(count.standing(counter, None)))
}
