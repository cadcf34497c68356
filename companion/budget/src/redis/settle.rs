use std::sync::atomic::Ordering;

use super::answer::{Answer, Malformed};
use super::link::{Answered, Link, not_understood};
use super::{expire, seed};
use crate::amounts::Amounts;
use crate::ledger::{Begun, Counted, Pending, Seen};
use crate::reservation::{Reservation, ReservationId};
use crate::settle::{Outcome, Settled, Settlement};
use crate::store::StoreError;

/// How much of what waits is settled at a time.
const TOGETHER: usize = 256;

/// What the script says of a settlement.
struct Verdict {
    /// Whether the counters have it for this ledger, by this or an earlier asking.
    is_ours: bool,
    is_late: bool,
    replaced: Option<Amounts>,
    /// Whether what is replaced is in this ledger.
    is_replaced_ours: bool,
}

impl Link {
    /// Into the outbox first: it counts sooner or later from there on.
    pub(super) async fn settle(&self, settlement: &Settlement) -> Result<Settled, StoreError> {
        let Settlement { reservation, .. } = settlement;
        let unanswered = self.unanswered();
        let outcome = match self.outbox.begin(settlement).await? {
            Begun::Ask(outcome) => outcome,
            Begun::Before(_) => {
                unanswered.answered();
                return self.before(reservation).await;
            }
        };
        let Ok(settled) = self.count(reservation, outcome).await else { return Ok(Settled::Waiting) };
        unanswered.answered();
        Ok(settled)
    }

    /// Counts what is in the outbox.
    async fn count(&self, reservation: &Reservation, outcome: Outcome) -> Result<Settled, StoreError> {
        let asked = self.ask(&self.scripts.settle, &arguments(reservation, outcome)).await?;
        let Answered { now, mut rest } = asked;
        let verdict = Verdict::read(&mut rest).map_err(not_understood)?;
        self.mirror.forget(reservation.id);
        let counted = if verdict.is_ours {
            let replaced = verdict.replaced.filter(|_| !verdict.is_replaced_ours);
            Counted::Here { is_late: verdict.is_late, replaced }
        } else {
            Counted::Elsewhere
        };
        self.finish(reservation.id, now, counted).await?;
        Ok(match verdict {
            Verdict { is_late: true, .. } => Settled::Late,
            Verdict { is_ours: false, .. } => Settled::Before,
            Verdict { replaced: Some(estimate), .. } => Settled::Corrected { estimate },
            Verdict { .. } => Settled::Now,
        })
    }

    /// The ledger never knows of counts that Redis may lose without its noticing.
    async fn finish(&self, id: ReservationId, now: u64, counted: Counted) -> Result<(), StoreError> {
        let finish = self.outbox.finish(id, now, counted);
        match self.seen() {
            Some(seen) => futures::try_join!(self.outbox.see(seen), finish).map(|_| ())?,
            None => finish.await?,
        }
        Ok(())
    }

    /// How far the session has seen Redis count.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.session_now().map(|session| Seen {
            generation: session.generation.clone(),
            revision: session.revision.load(Ordering::Relaxed),
        })
    }

    async fn before(&self, reservation: &Reservation) -> Result<Settled, StoreError> {
        let now = match self.ask(&self.scripts.time, &[]).await {
            Ok(answered) => answered.now,
            Err(_) => self.newest(),
        };
        let row = self.outbox.ledger().row(reservation.id).await?;
        let counters = row.as_ref().map_or(&reservation.counters, |row| &row.counters);
        let late_from = counters.iter().map(|counter| counter.period.kept_until()).max();
        let is_late = late_from.is_some_and(|late| late <= now);
        Ok(if is_late { Settled::Late } else { Settled::Before })
    }
}

pub(super) fn arguments(reservation: &Reservation, outcome: Outcome) -> Vec<String> {
    let used = outcome.used();
    let mut words = vec![reservation.id.to_string(), used.tokens().to_string(), used.micro_dollars().to_string()];
    words.extend(seed::counters(&reservation.counters));
    words
}

impl Verdict {
    fn read(answer: &mut Answer) -> Result<Self, Malformed> {
        let is_ours = answer.text()? != "before";
        let is_late = answer.number()? == 1;
        let whose = answer.text()?;
        let replaced = answer.amounts()?;
        Ok(Verdict {
            is_ours,
            is_late,
            replaced: (whose != "none").then_some(replaced),
            is_replaced_ours: whose == "here",
        })
    }
}

/// Settles what waits in the outbox: ends of leases first, since they may be replaced by what follows.
pub(super) async fn catch_up(link: &Link) -> Result<(), StoreError> {
    loop {
        let pending = link.outbox.pending(TOGETHER).await?;
        let is_last = pending.len() < TOGETHER;
        let mut ended = Vec::new();
        let mut settlements = Vec::new();
        for one in pending {
            match one {
                Pending::Expiry(reservation) => ended.push(reservation),
                Pending::Settlement(settlement) => settlements.push(settlement),
            }
        }
        expire::count(link, &ended).await?;
        for Settlement { reservation, outcome } in settlements {
            link.count(&reservation, outcome).await?;
        }
        if is_last {
            break;
        }
    }
    for adjustment in link.outbox.pending_adjustments(TOGETHER).await? {
        link.make(&adjustment).await?;
    }
    Ok(())
}
