use rusqlite::{OptionalExtension as _, Row as SqlRow, Transaction, params};

use crate::amounts::Amounts;
use crate::counter::Counters;
use crate::file::{int, unknown, whole};
use crate::period::KEPT_SECONDS;
use crate::reservation::ReservationId;
use crate::settle::Outcome;

/// What the ledger says of a reservation that is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which one.
    pub id: ReservationId,
    /// When it was made, in seconds since 1970.
    pub at: u64,
    /// When it was settled, or its estimate replaced.
    pub settled_at: u64,
    /// What it counts for.
    pub counters: Counters,
    /// What was held for it.
    pub held: Amounts,
    /// How it was settled.
    pub ending: Ending,
    /// Whether that came too late for the counters.
    pub is_late: bool,
    /// What the ledger of another companion says that it was estimated at, which this row replaces: over all ledgers, it is
    /// taken off.
    pub replaced: Option<Amounts>,
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was served, and used so much.
    Committed(Amounts),
    /// It was served, and nobody said how much it used.
    Estimated(Amounts),
    /// Its lease ended. What it used may still become known.
    Expired(Amounts),
    /// It was never served.
    Released,
}

impl Row {
    /// The first second in which nobody may settle it again, so that it can be forgotten.
    fn marked_until(&self) -> u64 {
        self.counters.kept_until().unwrap_or(self.settled_at.saturating_add(KEPT_SECONDS))
    }
}

impl Ending {
    /// What it counts as.
    #[must_use]
    pub fn used(self) -> Amounts {
        match self {
            Ending::Committed(used) | Ending::Estimated(used) | Ending::Expired(used) => used,
            Ending::Released => Amounts::NONE,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Committed(_) => "committed",
            Ending::Estimated(_) => "estimated",
            Ending::Expired(_) => "expired",
            Ending::Released => "released",
        }
    }

    pub(super) fn from_columns(word: &str, used: Amounts) -> rusqlite::Result<Self> {
        match word {
            "committed" => Ok(Ending::Committed(used)),
            "estimated" => Ok(Ending::Estimated(used)),
            "expired" => Ok(Ending::Expired(used)),
            "released" => Ok(Ending::Released),
            other => Err(unknown(other)),
        }
    }
}

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Committed { used, is_estimate: false } => Ending::Committed(used),
            Outcome::Committed { used, is_estimate: true } => Ending::Estimated(used),
            Outcome::Released => Ending::Released,
        }
    }
}

/// How a reservation ended, if it did.
pub(crate) fn find(transaction: &Transaction<'_>, id: ReservationId) -> rusqlite::Result<Option<Ending>> {
    transaction
        .prepare_cached("SELECT outcome, used_tokens, used_micro_dollars FROM ledger WHERE id = ?1")?
        .query_row(params![id], |row| Ending::from_columns(row.get_ref(0)?.as_str()?, amounts(row, 1)?))
        .optional()
}

const COLUMNS: &str = "id, at, settled_at, counters, outcome, is_late, held_tokens, held_micro_dollars, used_tokens, \
                       used_micro_dollars, replaced_tokens, replaced_micro_dollars";

pub(super) fn read(transaction: &Transaction<'_>, id: ReservationId) -> rusqlite::Result<Option<Row>> {
    let sql = format!("SELECT {COLUMNS}, number FROM ledger WHERE id = ?1");
    transaction.prepare_cached(&sql)?.query_row(params![id], from_columns).optional()
}

pub(super) fn list(transaction: &Transaction<'_>, after: i64, most: usize) -> rusqlite::Result<Vec<(i64, Row)>> {
    let sql = format!("SELECT {COLUMNS}, number FROM ledger WHERE number > ?1 ORDER BY number LIMIT ?2");
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement.query_map(params![after, int(most as u64)], |row| Ok((row.get(12)?, from_columns(row)?)))?;
    rows.collect()
}

/// The same, but only what was settled at a time or later.
pub(super) fn list_since(
    transaction: &Transaction<'_>,
    since: u64,
    after: i64,
    most: usize,
) -> rusqlite::Result<Vec<(i64, Row)>> {
    let sql =
        format!("SELECT {COLUMNS}, number FROM ledger WHERE number > ?1 AND settled_at >= ?2 ORDER BY number LIMIT ?3");
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement
        .query_map(params![after, int(since), int(most as u64)], |row| Ok((row.get(12)?, from_columns(row)?)))?;
    rows.collect()
}

pub(super) fn forget(transaction: &Transaction<'_>, before: u64, most: i64) -> rusqlite::Result<usize> {
    // Numbers rise with the time of settling, but for estimates that were replaced: looking at the lowest is enough.
    let oldest = list(transaction, 0, usize::try_from(most).unwrap_or(usize::MAX))?;
    let mut delete = transaction.prepare_cached("DELETE FROM ledger WHERE number = ?1")?;
    let mut forgotten = 0;
    for (number, row) in oldest {
        if row.settled_at < before && row.marked_until() <= before {
            forgotten += delete.execute(params![number])?;
        }
    }
    Ok(forgotten)
}

fn from_columns(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let replaced: Option<i64> = row.get(10)?;
    Ok(Row {
        id: row.get(0)?,
        at: whole(row.get(1)?),
        settled_at: whole(row.get(2)?),
        counters: row.get(3)?,
        held: amounts(row, 6)?,
        ending: Ending::from_columns(row.get_ref(4)?.as_str()?, amounts(row, 8)?)?,
        is_late: row.get(5)?,
        replaced: replaced.map(|_| amounts(row, 10)).transpose()?,
    })
}

/// Two columns from a place on.
pub(crate) fn amounts(row: &SqlRow<'_>, from: usize) -> rusqlite::Result<Amounts> {
    Ok(Amounts::new(whole(row.get(from)?), whole(row.get(from + 1)?)))
}
