use rusqlite::Transaction;

use crate::ledger::{LimitAudit, audit::write_limit_audit};
use crate::sqlite::overrides::{self, Record};

/// Notes what another store has now, and what was changed of it for this companion.
pub(super) fn note(
    transaction: &Transaction<'_>,
    records: &[Record],
    made: Option<&LimitAudit>,
) -> rusqlite::Result<()> {
    if let Some(audit) = made {
        write_limit_audit(transaction, audit)?;
    }
    let known = overrides::all(transaction)?;
    let is_same = known.len() == records.len() && records.iter().all(|record| known.contains(record));
    if is_same { Ok(()) } else { overrides::replace(transaction, records) }
}
