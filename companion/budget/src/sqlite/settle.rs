use rusqlite::Transaction;

use super::counters;
use super::holds::{self, KnownHold};
use crate::amounts::Amounts;
use crate::ledger::{self, Ending, Entry, Recorded};
use crate::reservation::Reservation;
use crate::settle::{Settled, Settlement};

pub(super) fn settle(transaction: &Transaction<'_>, settlement: &Settlement, now: u64) -> rusqlite::Result<Settled> {
    let id = settlement.reservation.id;
    let held = holds::find(transaction, id)?.map(|KnownHold { hold, .. }| hold.reservation);
    let before = ledger::find(transaction, id)?;
    let reservation = held.as_ref().unwrap_or(&settlement.reservation);
    let freed = if held.is_some() { reservation.held } else { Amounts::NONE };
    let is_late = end(transaction, reservation, freed, settlement.outcome.into(), now)?;
    Ok(match before {
        _ if is_late => Settled::Late,
        None => Settled::Now,
        Some(Ending::Expired(estimate)) => Settled::Corrected { estimate },
        Some(Ending::Committed(_) | Ending::Estimated(_) | Ending::Released) => Settled::Before,
    })
}

/// Frees what is held for a reservation, and counts how it ended; true if it is too late for its counters.
pub(super) fn end(
    transaction: &Transaction<'_>,
    reservation: &Reservation,
    freed: Amounts,
    ending: Ending,
    now: u64,
) -> rusqlite::Result<bool> {
    let is_late = reservation.late_from().is_some_and(|late| late <= now);
    let entry = Entry { reservation, settled_at: now, ending, is_late, replaced: None };
    if let Recorded::Now(delta) = ledger::record(transaction, &entry)? {
        for counter in reservation.counters.iter().filter(|counter| counter.period.is_kept_at(now)) {
            counters::settle(transaction, counter, freed.of(counter.unit), delta.of(counter.unit))?;
        }
        holds::remove(transaction, reservation.id)?;
    }
    Ok(is_late)
}
