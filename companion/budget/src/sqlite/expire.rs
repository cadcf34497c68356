use rusqlite::Transaction;

use super::{holds, settle};
use crate::ledger::Ending;
use crate::settle::Expired;

pub(super) fn expire(transaction: &Transaction<'_>, most: usize, now: u64) -> rusqlite::Result<Vec<Expired>> {
    let mut expired = Vec::new();
    for hold in holds::due(transaction, most, now)? {
        let used = hold.so_far.max(hold.reservation.least);
        settle::end(transaction, &hold.reservation, hold.reservation.held, Ending::Expired(used), now)?;
        expired.push(Expired { reservation: hold.reservation, used });
    }
    Ok(expired)
}
