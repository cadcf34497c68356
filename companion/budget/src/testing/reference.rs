//! What a store is, as plainly as it can be said: a list of all that ever happened.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::{Mutex, MutexGuard};

use futures::future::BoxFuture;

use crate::ledger::Ending;
use crate::*;

/// Counts by reading everything again each time.
#[derive(Debug, Default)]
pub(crate) struct Reference(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: u64,
    /// What the clock shows.
    clock: u64,
    calls: BTreeMap<ReservationId, Call>,
    /// In their order.
    entries: Vec<(Counter, Entry)>,
    adjusted: BTreeSet<AdjustmentId>,
    overrides: BTreeMap<Measure, Override>,
}

#[derive(Clone, Debug)]
struct Call {
    reservation: Reservation,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Held { candidate: usize, so_far: Amounts, lease_ends: u64 },
    Expired(Amounts),
    Final(Outcome),
}

/// What changes what is used.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Replace { before: u64, after: u64 },
    Adjust(Change),
}

impl Reference {
    /// That is the time, whatever the clock shows.
    pub(crate) fn set_time(&self, now: u64) {
        self.state().now = now;
    }

    pub(crate) fn wait_until(&self, clock: u64) {
        let mut state = self.state();
        let passed = clock - state.clock;
        state.now = clock.max(state.now + passed / 2);
        state.clock = clock;
    }

    pub(crate) fn step_clock(&self, clock: u64) {
        self.state().clock = clock;
    }

    /// How each settled call ended, whether or not it came too late for the counters.
    pub(crate) fn ledger(&self) -> Vec<(ReservationId, Ending)> {
        let ending = |call: &Call| match call.phase {
            Phase::Held { .. } => None,
            Phase::Expired(used) => Some(Ending::Expired(used)),
            Phase::Final(outcome) => Some(outcome.into()),
        };
        self.state().calls.iter().filter_map(|(id, call)| Some((*id, ending(call)?))).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn is_kept(&self, counter: &Counter) -> bool {
        self.now < counter.period.ends() + 48 * 3600
    }

    fn is_late(&self, reservation: &Reservation) -> bool {
        let ends = reservation.counters.iter().map(|counter| counter.period.ends()).max();
        ends.is_some_and(|ends| self.now >= ends + 48 * 3600)
    }

    fn used(&self, counter: &Counter) -> u64 {
        let entries = self.entries.iter().filter(|(of, _)| of == counter);
        entries.fold(0, |used: u64, (_, entry)| match *entry {
            Entry::Replace { before, after } => (used + after).saturating_sub(before).min(MOST_COUNTED),
            Entry::Adjust(Change::Reset) => 0,
            Entry::Adjust(Change::By(change)) => used.saturating_add_signed(change).min(MOST_COUNTED),
        })
    }

    fn held(&self, counter: &Counter) -> u64 {
        let held = self.calls.values().filter(|call| matches!(call.phase, Phase::Held { .. }));
        let held = held.filter(|call| call.reservation.counters.contains(counter));
        held.map(|call| call.reservation.held.of(counter.unit)).sum()
    }

    fn standing(&self, counter: &Counter, limit: Option<u64>) -> Standing {
        if !self.is_kept(counter) {
            return Standing { counter: counter.clone(), limit, used: 0, held: 0 };
        }
        Standing { counter: counter.clone(), limit, used: self.used(counter), held: self.held(counter) }
    }

    fn counts(&mut self, reservation: &Reservation, before: Amounts, after: Amounts) {
        for counter in reservation.counters.iter() {
            if self.is_kept(counter) {
                let (before, after) = (before.of(counter.unit), after.of(counter.unit));
                self.entries.push((counter.clone(), Entry::Replace { before, after }));
            }
        }
    }

    fn reserve(&mut self, reserve: &Reserve) -> Reserved {
        match self.calls.get(&reserve.id) {
            Some(Call { reservation, phase: Phase::Held { candidate, .. } }) => {
                return self.held_answer(reserve, *candidate, reservation.clone());
            }
            Some(_) => return Reserved::Settled,
            None => {}
        }
        let fits = |candidate: &Candidate| candidate.lines.iter().all(|line| self.fits(candidate, line));
        let can_be_counted = |candidate: &Candidate| {
            let total = |line: &Line| self.standing(&line.at(self.now), None);
            let asked = |line: &Line| candidate.amounts.of(line.unit);
            candidate.lines.iter().all(|line| total(line).used + total(line).held + asked(line) <= MOST_COUNTED)
        };
        let first = reserve.candidates.iter().position(fits);
        let first = first.or((!reserve.is_strict && can_be_counted(reserve.candidates.first())).then_some(0));
        let Some(candidate) = first else { return self.refused_answer(reserve) };
        let Candidate { lines, amounts, least } = reserve.candidates.iter().nth(candidate).unwrap();
        let (held, least) = (*amounts, *least);
        let reservation = Reservation { id: reserve.id, at: self.now, counters: lines.at(self.now), held, least };
        let lease_ends = self.now + reserve.lease.seconds();
        let phase = Phase::Held { candidate, so_far: Amounts::NONE, lease_ends };
        self.calls.insert(reserve.id, Call { reservation: reservation.clone(), phase });
        self.held_answer(reserve, candidate, reservation)
    }

    fn fits(&self, candidate: &Candidate, line: &Line) -> bool {
        let standing = self.standing(&line.at(self.now), None);
        let asked = candidate.amounts.of(line.unit);
        let spare = if asked == 0 { 0 } else { line.spare };
        let ceiling = line.limit.map_or(MOST_COUNTED, |limit| limit.saturating_sub(spare).min(MOST_COUNTED));
        standing.used + standing.held + asked <= ceiling
    }

    fn held_answer(&self, reserve: &Reserve, candidate: usize, reservation: Reservation) -> Reserved {
        let lines = reserve.candidates.iter().nth(candidate).unwrap().lines.iter();
        let standings: Vec<_> = std::iter::zip(reservation.counters.iter(), lines)
            .map(|(counter, line)| self.standing(counter, line.limit))
            .collect();
        let is_passed = |standing: &Standing| standing.limit.is_some_and(|limit| standing.used + standing.held > limit);
        let passed = standings.iter().enumerate().filter(|(_, standing)| !reserve.is_strict && is_passed(standing));
        let passed = passed.map(|(place, _)| place).collect();
        Reserved::Held(Held { candidate, reservation, standings, passed })
    }

    fn refused_answer(&self, reserve: &Reserve) -> Reserved {
        let candidate = match reserve.is_strict {
            true => reserve.candidates.iter().last().unwrap(),
            false => reserve.candidates.first(),
        };
        let failing = candidate.lines.iter().filter(|line| match reserve.is_strict {
            true => !self.fits(candidate, line),
            false => !self.fits(candidate, &Line { limit: None, ..(*line).clone() }),
        });
        let standings = failing.map(|line| (self.standing(&line.at(self.now), line.limit), line));
        let (standing, line) =
            standings.min_by_key(|(standing, _)| standing.left().unwrap_or(u64::MAX)).expect("one that does not fit");
        Reserved::Refused(Refused { at: self.now, standing, asked: candidate.amounts.of(line.unit) })
    }

    fn settle(&mut self, settlement: &Settlement) -> Settled {
        let Settlement { reservation, outcome } = settlement;
        let known = self.calls.get(&reservation.id).cloned();
        let reservation = known.as_ref().map_or(reservation, |known| &known.reservation).clone();
        let is_late = self.is_late(&reservation);
        let before = match known.map(|known| known.phase) {
            Some(Phase::Final(_)) => return if is_late { Settled::Late { is_new: false } } else { Settled::Before },
            Some(Phase::Expired(estimate)) => Some(estimate),
            Some(Phase::Held { .. }) | None => None,
        };
        self.counts(&reservation, before.unwrap_or_default(), outcome.used());
        self.calls.insert(reservation.id, Call { reservation, phase: Phase::Final(*outcome) });
        match (is_late, before) {
            (true, _) => Settled::Late { is_new: true },
            (false, Some(estimate)) => Settled::Corrected { estimate },
            (false, None) => Settled::Now,
        }
    }

    fn renew(&mut self, id: ReservationId, said: Amounts, lease: Lease) -> bool {
        let now = self.now;
        let Some(Call { phase: Phase::Held { so_far, lease_ends, .. }, .. }) = self.calls.get_mut(&id) else {
            return false;
        };
        *so_far = so_far.max(said);
        *lease_ends = (*lease_ends).max(now + lease.seconds());
        true
    }

    fn expire(&mut self, most: usize) -> Vec<Expired> {
        let mut due: Vec<_> = self
            .calls
            .values()
            .filter_map(|call| match call.phase {
                Phase::Held { so_far, lease_ends, .. } if lease_ends <= self.now => {
                    Some((lease_ends, call.reservation.id, so_far, call.reservation.clone()))
                }
                _ => None,
            })
            .collect();
        due.sort_by_key(|(lease_ends, id, ..)| (*lease_ends, *id));
        due.truncate(most);
        let settled = due.into_iter().map(|(_, id, so_far, reservation)| {
            let used = so_far.max(reservation.least);
            self.counts(&reservation, Amounts::NONE, used);
            self.calls.insert(id, Call { reservation: reservation.clone(), phase: Phase::Expired(used) });
            Expired { reservation, used }
        });
        settled.collect()
    }

    fn usage(&self, filter: &UsageFilter) -> Vec<Standing> {
        let held = self.calls.values().flat_map(|call| call.reservation.counters.iter());
        let counters: BTreeSet<_> = self.entries.iter().map(|(counter, _)| counter).chain(held).collect();
        let looked_at = |counter: &Counter| {
            let Counter { scope, unit, period } = counter;
            filter.scopes.contains(scope)
                && filter.unit.is_none_or(|wanted| wanted == *unit)
                && filter.window.is_none_or(|wanted| wanted == period.window())
                && filter.after.as_ref().is_none_or(|after| after < counter)
                && filter.at.is_none_or(|at| period.begins() <= at && at < period.ends())
        };
        let counters = counters.into_iter().filter(|counter| self.is_kept(counter) && looked_at(counter));
        let standings = counters.map(|counter| self.standing(counter, None));
        standings.filter(|standing| standing.used + standing.held > 0).take(filter.most).collect()
    }

    fn holds(&self, scopes: &Scopes, most: usize) -> Holds {
        let hold = |call: &Call| match call.phase {
            Phase::Held { so_far, lease_ends, .. } => {
                Some(Hold { reservation: call.reservation.clone(), so_far, lease_ends })
            }
            _ => None,
        };
        let mut listed: Vec<_> = self.calls.values().filter_map(hold).collect();
        let all = listed.len() as u64;
        let counts = |hold: &Hold| hold.reservation.counters.iter().any(|counter| scopes.contains(&counter.scope));
        listed.retain(|hold| *scopes == Scopes::All || counts(hold));
        listed.sort_by_key(|hold| (hold.reservation.at, hold.reservation.id));
        listed.truncate(most);
        Holds { listed, all }
    }

    fn adjust(&mut self, adjustment: &Adjustment) -> Option<Standing> {
        if !self.is_kept(&adjustment.counter) {
            return None;
        }
        if self.adjusted.insert(adjustment.id) {
            self.entries.push((adjustment.counter.clone(), Entry::Adjust(adjustment.change)));
        }
        Some(self.standing(&adjustment.counter, None))
    }
}

impl State {
    fn overrides(&self) -> Vec<Override> {
        self.overrides.values().filter(|set| self.now < set.until).cloned().collect()
    }

    fn override_limit(&mut self, change: &OverrideChange) -> Overridden {
        let before = self.overrides();
        let known = before.iter().find(|set| set.measure == change.measure).cloned();
        if self.adjusted.contains(&change.id) {
            return Overridden::Now(known);
        }
        let OverrideChange { id, measure, overriding, who, why } = change.clone();
        match overriding {
            Overriding::Set { limit, until } => {
                let until = until.unwrap_or(measure.at(self.now).period.ends());
                if until <= self.now {
                    return Overridden::Over;
                }
                if known.is_none() && before.len() >= MOST_OVERRIDES {
                    return Overridden::Full;
                }
                let limit = limit.map(|limit| limit.min(MOST_COUNTED));
                let set = Override { id, measure, limit, at: self.now, until, who, why };
                self.overrides.insert(set.measure.clone(), set);
            }
            Overriding::Unset if known.is_none() => return Overridden::Now(None),
            Overriding::Unset => {
                self.overrides.remove(&measure);
            }
        }
        self.adjusted.insert(id);
        Overridden::Now(self.overrides.get(&change.measure).cloned())
    }
}

impl Store for Reference {
    fn now(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(ready(Ok(self.state().now)))
    }

    fn reserve<'s>(&'s self, reserve: &'s Reserve) -> BoxFuture<'s, Result<Reserved, StoreError>> {
        Box::pin(ready(Ok(self.state().reserve(reserve))))
    }

    fn settle<'s>(&'s self, settlement: &'s Settlement) -> BoxFuture<'s, Result<Settled, StoreError>> {
        Box::pin(ready(Ok(self.state().settle(settlement))))
    }

    fn renew<'s>(
        &'s self,
        id: ReservationId,
        so_far: Amounts,
        lease: Lease,
    ) -> BoxFuture<'s, Result<bool, StoreError>> {
        Box::pin(ready(Ok(self.state().renew(id, so_far, lease))))
    }

    fn expire(&self, most: usize) -> BoxFuture<'_, Result<Vec<Expired>, StoreError>> {
        Box::pin(ready(Ok(self.state().expire(most))))
    }

    fn usage<'s>(&'s self, filter: &'s UsageFilter) -> BoxFuture<'s, Result<Vec<Standing>, StoreError>> {
        Box::pin(ready(Ok(self.state().usage(filter))))
    }

    fn holds<'s>(&'s self, scopes: &'s Scopes, most: usize) -> BoxFuture<'s, Result<Holds, StoreError>> {
        Box::pin(ready(Ok(self.state().holds(scopes, most))))
    }

    fn adjust<'s>(&'s self, adjustment: &'s Adjustment) -> BoxFuture<'s, Result<Option<Standing>, StoreError>> {
        Box::pin(ready(Ok(self.state().adjust(adjustment))))
    }

    fn override_limit<'s>(&'s self, change: &'s OverrideChange) -> BoxFuture<'s, Result<Overridden, StoreError>> {
        Box::pin(ready(Ok(self.state().override_limit(change))))
    }

    fn overrides(&self) -> BoxFuture<'_, Result<Vec<Override>, StoreError>> {
        Box::pin(ready(Ok(self.state().overrides())))
    }
}
