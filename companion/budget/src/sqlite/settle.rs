use rusqlite::Transaction;

use super::counters;
use super::holds::{self, KnownHold};
use crate::amounts::Amounts;
use crate::ledger::{self, Ending, Entry, Recorded};
use crate::reservation::Reservation;
use crate::settle::{Settled, Settlement};

pub(super) fn settle(transaction: &Transaction<'_>, settlement: &Settlement, now: u64) -> rusqlite::Result<Settled> {
    let held = holds::find(transaction, settlement.reservation.id)?.map(|KnownHold { hold, .. }| hold.reservation);
    let reservation = held.as_ref().unwrap_or(&settlement.reservation);
    let freed = if held.is_some() { reservation.held } else { Amounts::NONE };
    end(transaction, reservation, freed, settlement.outcome.into(), now)
}

/// Counts how a reservation ended, and frees what is held for it.
pub(super) fn end(
    transaction: &Transaction<'_>,
    reservation: &Reservation,
    freed: Amounts,
    ending: Ending,
    now: u64,
) -> rusqlite::Result<Settled> {
    let is_late = reservation.late_from().is_some_and(|late| late <= now);
    let entry = Entry { reservation, settled_at: now, ending, is_late, replaced: None };
    let recorded = ledger::record(transaction, &entry)?;
    if let Recorded::Now { delta, .. } = recorded {
        for counter in reservation.counters.iter().filter(|counter| counter.period.is_kept_at(now)) {
            counters::settle(transaction, counter, freed.of(counter.unit), delta.of(counter.unit))?;
        }
        holds::remove(transaction, reservation.id)?;
    }
    Ok(match recorded {
        recorded if is_late => Settled::Late { is_new: recorded != Recorded::Before },
        Recorded::Now { estimate: None, .. } => Settled::Now,
        Recorded::Now { estimate: Some(estimate), .. } => Settled::Corrected { estimate },
        Recorded::Before => Settled::Before,
    })
}
