use rusqlite::{Transaction, params};

use super::row::{self, Ending};
use super::spent;
use crate::amounts::{Amounts, Unit};
use crate::file::int;
use crate::reservation::Reservation;

/// What is to be written of a reservation that is settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'e> {
    pub(crate) reservation: &'e Reservation,
    pub(crate) settled_at: u64,
    pub(crate) ending: Ending,
    pub(crate) is_late: bool,
    /// What the ledger of another companion has of it.
    pub(crate) replaced: Option<Amounts>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// The row is there.
    Now {
        /// By how much that changes what is used.
        delta: Delta,
        /// What this ledger had estimated it at until now.
        estimate: Option<Amounts>,
    },
    /// There was a row already, which stays.
    Before,
}

/// What an entry changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(super) calls: i64,
    tokens: i64,
    micro_dollars: i64,
}

impl Delta {
    fn new(before: Option<Amounts>, ending: Ending) -> Self {
        let (from, to) = (before.unwrap_or_default(), ending.used());
        // No amount is above what `int` takes.
        let between = |unit: Unit| int(to.of(unit)) - int(from.of(unit));
        let calls = i64::from(ending != Ending::Released) - i64::from(before.is_some());
        Delta { calls, tokens: between(Unit::Tokens), micro_dollars: between(Unit::MicroDollars) }
    }

    pub(crate) fn of(self, unit: Unit) -> i64 {
        match unit {
            Unit::Tokens => self.tokens,
            Unit::MicroDollars => self.micro_dollars,
        }
    }
}

/// Writes an entry, if there is none yet, or only an estimate of which more is known now.
pub(crate) fn record(transaction: &Transaction<'_>, entry: &Entry<'_>) -> rusqlite::Result<Recorded> {
    let estimate = match row::find(transaction, entry.reservation.id)? {
        None => {
            insert(transaction, entry)?;
            None
        }
        Some(Ending::Expired(estimate)) if !matches!(entry.ending, Ending::Expired(_)) => {
            replace(transaction, entry)?;
            Some(estimate)
        }
        Some(_) => return Ok(Recorded::Before),
    };
    let delta = Delta::new(estimate.or(entry.replaced), entry.ending);
    spent::add(transaction, entry.reservation, delta)?;
    Ok(Recorded::Now { delta, estimate })
}

fn insert(transaction: &Transaction<'_>, entry: &Entry<'_>) -> rusqlite::Result<()> {
    let (reservation, used) = (entry.reservation, entry.ending.used());
    let replaced = |unit| entry.replaced.map(|replaced| int(replaced.of(unit)));
    let sql = "INSERT INTO ledger (id, at, settled_at, counters, outcome, is_late, held_tokens, held_micro_dollars, \
               used_tokens, used_micro_dollars, replaced_tokens, replaced_micro_dollars) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    transaction.prepare_cached(sql)?.execute(params![
        reservation.id,
        int(reservation.at),
        int(entry.settled_at),
        reservation.counters,
        entry.ending.as_str(),
        entry.is_late,
        int(reservation.held.tokens()),
        int(reservation.held.micro_dollars()),
        int(used.tokens()),
        int(used.micro_dollars()),
        replaced(Unit::Tokens),
        replaced(Unit::MicroDollars),
    ])?;
    Ok(())
}

fn replace(transaction: &Transaction<'_>, entry: &Entry<'_>) -> rusqlite::Result<()> {
    let used = entry.ending.used();
    let sql = "UPDATE ledger SET settled_at = ?2, outcome = ?3, is_late = ?4, used_tokens = ?5, used_micro_dollars = ?6 \
               WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![
        entry.reservation.id,
        int(entry.settled_at),
        entry.ending.as_str(),
        entry.is_late,
        int(used.tokens()),
        int(used.micro_dollars()),
    ])?;
    Ok(())
}
