use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::amounts::Amounts;
use crate::file::{int, whole};
use crate::ledger::amounts;
use crate::look::Hold;
use crate::reservation::{Reservation, ReservationId};

/// A call on its way, and in which of the ways that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct KnownHold {
    pub(crate) candidate: usize,
    pub(crate) hold: Hold,
}

/// In the order of [`hold`].
pub(super) const COLUMNS: &str = "id, at, counters, held_tokens, held_micro_dollars, least_tokens, \
                                  least_micro_dollars, so_far_tokens, so_far_micro_dollars, lease_ends";

/// From [`COLUMNS`].
pub(super) fn hold(row: &Row<'_>) -> rusqlite::Result<Hold> {
    let reservation = Reservation {
        id: row.get(0)?,
        at: whole(row.get(1)?),
        counters: row.get(2)?,
        held: amounts(row, 3)?,
        least: amounts(row, 5)?,
    };
    Ok(Hold { reservation, so_far: amounts(row, 7)?, lease_ends: whole(row.get(9)?) })
}

fn known(row: &Row<'_>) -> rusqlite::Result<KnownHold> {
    let candidate: i64 = row.get(10)?;
    Ok(KnownHold { candidate: usize::try_from(candidate).unwrap_or(usize::MAX), hold: hold(row)? })
}

pub(super) fn find(transaction: &Transaction<'_>, id: ReservationId) -> rusqlite::Result<Option<KnownHold>> {
    let sql = select(" WHERE id = ?1");
    transaction.prepare_cached(&sql)?.query_row(params![id], known).optional()
}

/// Those whose leases have ended, the longest ended first.
pub(super) fn due(transaction: &Transaction<'_>, most: usize, now: u64) -> rusqlite::Result<Vec<Hold>> {
    let sql = select(" WHERE lease_ends <= ?1 ORDER BY lease_ends, id LIMIT ?2");
    transaction.prepare_cached(&sql)?.query_map(params![int(now), int(most as u64)], hold)?.collect()
}

pub(crate) fn all(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<KnownHold>> {
    transaction.prepare_cached(&select(""))?.query_map([], known)?.collect()
}

fn select(rest: &str) -> String {
    format!("SELECT {COLUMNS}, candidate FROM holds{rest}")
}

pub(crate) fn insert(transaction: &Transaction<'_>, known: &KnownHold) -> rusqlite::Result<()> {
    let KnownHold { candidate, hold: Hold { reservation, so_far, lease_ends } } = known;
    let Reservation { id, at, counters, held, least } = reservation;
    let sql = "INSERT INTO holds (id, at, candidate, counters, held_tokens, held_micro_dollars, least_tokens, \
               least_micro_dollars, so_far_tokens, so_far_micro_dollars, lease_ends) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    transaction.prepare_cached(sql)?.execute(params![
        id,
        int(*at),
        int(*candidate as u64),
        counters,
        int(held.tokens()),
        int(held.micro_dollars()),
        int(least.tokens()),
        int(least.micro_dollars()),
        int(so_far.tokens()),
        int(so_far.micro_dollars()),
        int(*lease_ends),
    ])?;
    Ok(())
}

pub(super) fn renew(
    transaction: &Transaction<'_>,
    id: ReservationId,
    so_far: Amounts,
    lease_ends: u64,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE holds SET so_far_tokens = max(so_far_tokens, ?2), \
               so_far_micro_dollars = max(so_far_micro_dollars, ?3), lease_ends = max(lease_ends, ?4) WHERE id = ?1";
    let (tokens, micro_dollars) = (int(so_far.tokens()), int(so_far.micro_dollars()));
    let renewed = transaction.prepare_cached(sql)?.execute(params![id, tokens, micro_dollars, int(lease_ends)])?;
    Ok(renewed > 0)
}

pub(crate) fn remove(transaction: &Transaction<'_>, id: ReservationId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM holds WHERE id = ?1")?.execute(params![id])?;
    Ok(())
}
