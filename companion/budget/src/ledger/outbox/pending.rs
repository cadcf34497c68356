use rusqlite::{OptionalExtension as _, Row as SqlRow, Transaction, params};

use super::{Begun, Counted, Pending, shares};
use crate::amounts::Amounts;
use crate::file::{int, whole};
use crate::ledger::record::{Entry, Recorded, record};
use crate::ledger::row::{self, Ending, amounts};
use crate::reservation::{Reservation, ReservationId};
use crate::settle::{Outcome, Settlement};

pub(super) fn begin(transaction: &Transaction<'_>, settlement: &Settlement) -> rusqlite::Result<Begun> {
    let reservation = &settlement.reservation;
    match row::find(transaction, reservation.id)? {
        None | Some(Ending::Expired(_)) => {}
        Some(ending) => return Ok(Begun::Before(ending)),
    }
    if let Some((_, ending)) = find(transaction, reservation.id, false)?
        && let Some(outcome) = outcome(ending)
    {
        return Ok(Begun::Ask(outcome));
    }
    insert(transaction, reservation, Some(settlement.outcome))?;
    Ok(Begun::Ask(settlement.outcome))
}

pub(super) fn begin_expiry(transaction: &Transaction<'_>, reservation: &Reservation) -> rusqlite::Result<()> {
    let is_new = find(transaction, reservation.id, true)?.is_none();
    if is_new && row::find(transaction, reservation.id)?.is_none() {
        insert(transaction, reservation, None)?;
    }
    Ok(())
}

pub(super) fn finish(
    transaction: &Transaction<'_>,
    id: ReservationId,
    settled_at: u64,
    counted: Counted,
) -> rusqlite::Result<()> {
    let Some((reservation, ending)) = find(transaction, id, false)? else { return Ok(()) };
    if let Counted::Here { is_late, replaced } = counted {
        let entry = Entry { reservation: &reservation, settled_at, ending, is_late, replaced };
        write(transaction, &entry)?;
    }
    remove(transaction, id, false)
}

pub(super) fn finish_expiry(
    transaction: &Transaction<'_>,
    id: ReservationId,
    settled_at: u64,
    used: Option<Amounts>,
) -> rusqlite::Result<()> {
    let Some((reservation, _)) = find(transaction, id, true)? else { return Ok(()) };
    if let Some(used) = used {
        let is_late = reservation.late_from().is_some_and(|late| late <= settled_at);
        let ending = Ending::Expired(used);
        write(transaction, &Entry { reservation: &reservation, settled_at, ending, is_late, replaced: None })?;
    }
    remove(transaction, id, true)
}

/// A settlement that was finished while an expiry of the same reservation was pending has it in already.
fn write(transaction: &Transaction<'_>, entry: &Entry<'_>) -> rusqlite::Result<()> {
    match record(transaction, entry)? {
        Recorded::Now { delta, .. } if !entry.is_late => shares::add(transaction, entry, delta),
        Recorded::Now { .. } | Recorded::Before => Ok(()),
    }
}

const COLUMNS: &str = "id, at, counters, held_tokens, held_micro_dollars, least_tokens, least_micro_dollars, outcome, \
                       used_tokens, used_micro_dollars";

pub(super) fn list(transaction: &Transaction<'_>, most: usize) -> rusqlite::Result<Vec<Pending>> {
    let sql = format!("SELECT {COLUMNS} FROM pending LIMIT ?1");
    let mut statement = transaction.prepare_cached(&sql)?;
    let pending = statement.query_map(params![int(most as u64)], |row| {
        let (reservation, ending) = from_columns(row)?;
        Ok(match outcome(ending) {
            Some(outcome) => Pending::Settlement(Settlement { reservation, outcome }),
            None => Pending::Expiry(reservation),
        })
    })?;
    pending.collect()
}

pub(super) fn count(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    transaction.prepare_cached("SELECT count(*) FROM pending")?.query_row([], |row| row.get(0)).map(whole)
}

fn find(
    transaction: &Transaction<'_>,
    id: ReservationId,
    is_expiry: bool,
) -> rusqlite::Result<Option<(Reservation, Ending)>> {
    let sql = format!("SELECT {COLUMNS} FROM pending WHERE id = ?1 AND is_expiry = ?2");
    transaction.prepare_cached(&sql)?.query_row(params![id, is_expiry], from_columns).optional()
}

/// Without an outcome, an expiry.
fn insert(transaction: &Transaction<'_>, reservation: &Reservation, outcome: Option<Outcome>) -> rusqlite::Result<()> {
    let ending = outcome.map_or(Ending::Expired(Amounts::NONE), Ending::from);
    let sql =
        format!("INSERT INTO pending ({COLUMNS}, is_expiry) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    transaction.prepare_cached(&sql)?.execute(params![
        reservation.id,
        int(reservation.at),
        reservation.counters,
        int(reservation.held.tokens()),
        int(reservation.held.micro_dollars()),
        int(reservation.least.tokens()),
        int(reservation.least.micro_dollars()),
        ending.as_str(),
        int(ending.used().tokens()),
        int(ending.used().micro_dollars()),
        outcome.is_none(),
    ])?;
    Ok(())
}

fn remove(transaction: &Transaction<'_>, id: ReservationId, is_expiry: bool) -> rusqlite::Result<()> {
    let sql = "DELETE FROM pending WHERE id = ?1 AND is_expiry = ?2";
    transaction.prepare_cached(sql)?.execute(params![id, is_expiry])?;
    Ok(())
}

fn from_columns(row: &SqlRow<'_>) -> rusqlite::Result<(Reservation, Ending)> {
    let reservation = Reservation {
        id: row.get(0)?,
        at: whole(row.get(1)?),
        counters: row.get(2)?,
        held: amounts(row, 3)?,
        least: amounts(row, 5)?,
    };
    Ok((reservation, Ending::from_columns(row.get_ref(7)?.as_str()?, amounts(row, 8)?)?))
}

/// None for an expiry.
fn outcome(ending: Ending) -> Option<Outcome> {
    match ending {
        Ending::Committed(used) => Some(Outcome::Committed { used, is_estimate: false }),
        Ending::Estimated(used) => Some(Outcome::Committed { used, is_estimate: true }),
        Ending::Released => Some(Outcome::Released),
        Ending::Expired(_) => None,
    }
}
