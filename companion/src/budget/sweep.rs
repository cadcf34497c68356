use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};
use tollgate_budget::ledger::Ledger;
use tollgate_budget::{Expired, Lease, Scopes, Store, StoreError};

use crate::daemon::Shutdown;
use crate::metrics::{Metrics, StoreOperation};
use crate::sparingly::Sparingly;

use super::asker::Asker;
use super::condition::Condition;
use super::config::LedgerDays;
use super::grace::Grace;
use super::reply::now;

/// How often leases are looked at.
const ROUND: Duration = Duration::from_secs(1);

/// How often what is held is counted.
const ROUNDS_BETWEEN_COUNTS: u64 = 5;

/// How often the ledger is rid of what is old.
const ROUNDS_BETWEEN_FORGETTING: u64 = 60;

/// How many leases are ended in one step, so that reserves do not wait for them for long.
const TOGETHER: usize = 256;

/// How many steps a round has at most.
const STEPS: usize = 64;

/// How many rows of the ledger are forgotten in one step.
const FORGOTTEN_TOGETHER: usize = 1000;

/// How long the store is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far the store's time and this machine's may be apart, in seconds.
const MOST_APART: u64 = 60;

/// Ends leases, and rids the ledger of what is old.
pub(crate) struct Sweeper {
    store: Arc<dyn Store>,
    asker: Asker,
    grace: Grace,
    ledger: Ledger,
    ledger_days: LedgerDays,
    metrics: Arc<Metrics>,
    log: Sparingly,
    condition: Condition,
}

impl Sweeper {
    pub(super) fn new(
        store: Arc<dyn Store>,
        lease: Lease,
        (ledger, ledger_days): (Ledger, LedgerDays),
        metrics: Arc<Metrics>,
        condition: Condition,
    ) -> Self {
        let asker = Asker::new(&metrics, PATIENCE);
        // Calls that live say so every third of it.
        let grace = Grace::new(Duration::from_secs(lease.seconds() / 3));
        Sweeper { store, asker, grace, ledger, ledger_days, metrics, log: Sparingly::default(), condition }
    }

    pub(crate) async fn run(mut self, mut shutdown: Shutdown) {
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in 0_u64.. {
            tokio::select! {
                _ = rounds.tick() => {}
                () = shutdown.requested() => return,
            }
            let work = self.round(round);
            tokio::select! {
                done = work => {
                    self.condition.was_used(&done);
                    if let Err(error) = done
                        && self.log.is_due("sweep", Instant::now())
                    {
                        tracing::error!(%error, "leases are not ended: the budget store cannot be used");
                    }
                }
                () = shutdown.requested() => return,
            }
        }
    }

    async fn round(&mut self, number: u64) -> Result<(), StoreError> {
        let ended = self.expire().await;
        self.grace.note(ended.is_ok(), Instant::now());
        ended?;
        if number.is_multiple_of(ROUNDS_BETWEEN_COUNTS) {
            let holds = self.asker.ask(StoreOperation::Holds, self.store.holds(&Scopes::All, 0)).await?;
            self.metrics.budget.holds(holds.all);
            self.compare_clocks().await?;
        }
        if number.is_multiple_of(ROUNDS_BETWEEN_FORGETTING) {
            self.forget().await;
        }
        Ok(())
    }

    /// Whoever looks at budgets goes by the store's time: it should be that of this machine.
    async fn compare_clocks(&self) -> Result<(), StoreError> {
        let (store, here) = (self.asker.ask(StoreOperation::Look, self.store.now()).await?, now());
        let ahead = i64::try_from(store).unwrap_or(i64::MAX).saturating_sub_unsigned(here);
        self.metrics.budget.clock_is_ahead(ahead);
        if ahead.unsigned_abs() > MOST_APART && self.log.is_due("clock", Instant::now()) {
            tracing::error!(
                ahead,
                "the budget store's time is not this machine's, in seconds: one of the clocks is wrong, or was"
            );
        }
        Ok(())
    }

    /// While leases are not to be ended, only asks whether they could be.
    async fn expire(&self) -> Result<(), StoreError> {
        if !self.grace.is_over(Instant::now()) {
            return self.asker.ask(StoreOperation::Expire, self.store.expire(0)).await.map(drop);
        }
        for _ in 0..STEPS {
            let expired = self.asker.ask(StoreOperation::Expire, self.store.expire(TOGETHER)).await?;
            for Expired { reservation, used } in &expired {
                self.metrics.budget.expired();
                if self.log.is_due("expired", Instant::now()) {
                    let (id, used) = (reservation.id, used.tokens());
                    tracing::warn!(reservation = %id, used, "nothing was heard of a call: its lease has settled it");
                }
            }
            if expired.len() < TOGETHER {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn forget(&self) {
        loop {
            match self.ledger.forget(now(), self.ledger_days.seconds(), FORGOTTEN_TOGETHER).await {
                Ok(forgotten) if forgotten >= FORGOTTEN_TOGETHER => {}
                Ok(_) => return,
                Err(error) => {
                    if self.log.is_due("forget", Instant::now()) {
                        tracing::error!(%error, "the ledger cannot be rid of what is old");
                    }
                    return;
                }
            }
        }
    }
}
