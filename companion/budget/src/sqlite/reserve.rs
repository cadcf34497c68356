use rusqlite::Transaction;

use super::choose::{Counts, choose};
use super::counters::{self, Count};
use super::holds::{self, KnownHold};
use crate::amounts::Amounts;
use crate::candidate::Line;
use crate::ledger;
use crate::look::Hold;
use crate::reservation::Reservation;
use crate::reserve::{Held, Reserve, Reserved};
use crate::standing::Standing;

pub(super) fn reserve(transaction: &Transaction<'_>, reserve: &Reserve, now: u64) -> rusqlite::Result<Reserved> {
    if ledger::find(transaction, reserve.id)?.is_some() {
        return Ok(Reserved::Settled);
    }
    if let Some(KnownHold { candidate, hold }) = holds::find(transaction, reserve.id)? {
        return held_before(transaction, reserve, candidate, hold.reservation, now);
    }
    let mut counts = Counts::new(transaction);
    let (place, candidate) = match choose(&mut counts, reserve, now)? {
        Ok(choice) => choice,
        Err(refused) => return Ok(Reserved::Refused(refused)),
    };
    let counters = candidate.lines.at(now);
    let mut standings = Vec::with_capacity(counters.len());
    for (counter, line) in counters.iter().zip(candidate.lines.iter()) {
        let Count { used, held } = counts.count(counter)?;
        let count = Count { used, held: held.saturating_add(candidate.amounts.of(counter.unit)) };
        counters::write(transaction, counter, count)?;
        standings.push(count.standing(counter, line.limit));
    }
    let (held, least) = (candidate.amounts, candidate.least);
    let reservation = Reservation { id: reserve.id, at: now, counters, held, least };
    let lease_ends = now.saturating_add(reserve.lease.seconds());
    let hold = Hold { reservation, so_far: Amounts::NONE, lease_ends };
    let known = KnownHold { candidate: place, hold };
    holds::insert(transaction, &known)?;
    Ok(held_answer(reserve, place, known.hold.reservation, standings))
}

/// The answer to who asks again: limits are those that are given now, and counters that are no longer kept say nothing.
fn held_before(
    transaction: &Transaction<'_>,
    reserve: &Reserve,
    candidate: usize,
    reservation: Reservation,
    now: u64,
) -> rusqlite::Result<Reserved> {
    let lines: &[Line] = reserve.candidates.iter().nth(candidate).map_or(&[], |candidate| &candidate.lines);
    let mut standings = Vec::with_capacity(reservation.counters.len());
    for counter in reservation.counters.iter() {
        let line = lines.iter().find(|line| line.at(reservation.at) == *counter);
        let count = match counter.period.is_kept_at(now) {
            true => counters::read(transaction, counter)?,
            false => Count::default(),
        };
        standings.push(count.standing(counter, line.and_then(|line| line.limit)));
    }
    Ok(held_answer(reserve, candidate, reservation, standings))
}

fn held_answer(reserve: &Reserve, candidate: usize, reservation: Reservation, standings: Vec<Standing>) -> Reserved {
    let is_passed = |standing: &Standing| {
        let total = standing.used.saturating_add(standing.held);
        standing.limit.is_some_and(|limit| total > limit)
    };
    let places = standings.iter().enumerate().filter(|(_, standing)| !reserve.is_strict && is_passed(standing));
    let passed = places.map(|(place, _)| place).collect();
    Reserved::Held(Held { candidate, reservation, standings, passed })
}
