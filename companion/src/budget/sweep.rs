use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval, timeout};
use tollgate_budget::ledger::Ledger;
use tollgate_budget::{Expired, Scopes, Store, StoreError};

use crate::daemon::Shutdown;
use crate::metrics::{Metrics, StoreOperation};
use crate::sparingly::Sparingly;

use super::condition::Condition;
use super::config::LedgerDays;
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

/// Ends leases, and rids the ledger of what is old.
pub(crate) struct Sweeper {
    pub(super) store: Arc<dyn Store>,
    pub(super) ledger: Ledger,
    pub(super) ledger_days: LedgerDays,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Sparingly,
    pub(super) condition: Condition,
}

impl Sweeper {
    pub(crate) async fn run(self, mut shutdown: Shutdown) {
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

    async fn round(&self, number: u64) -> Result<(), StoreError> {
        self.expire().await?;
        if number.is_multiple_of(ROUNDS_BETWEEN_COUNTS) {
            let holds = self.ask(StoreOperation::Holds, self.store.holds(&Scopes::All, 0)).await?;
            self.metrics.budget.holds(holds.all);
        }
        if number.is_multiple_of(ROUNDS_BETWEEN_FORGETTING) {
            self.forget().await;
        }
        Ok(())
    }

    async fn expire(&self) -> Result<(), StoreError> {
        for _ in 0..STEPS {
            let expired = self.ask(StoreOperation::Expire, self.store.expire(TOGETHER)).await?;
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
        let before = now().saturating_sub(self.ledger_days.seconds());
        loop {
            match self.ledger.forget(before, FORGOTTEN_TOGETHER).await {
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

    async fn ask<T>(
        &self,
        operation: StoreOperation,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let started = Instant::now();
        let answer = timeout(PATIENCE, question).await;
        let answer = answer.unwrap_or_else(|_| Err(StoreError::Unavailable(format!("no answer in {PATIENCE:?}"))));
        self.metrics.budget.store_asked(operation, started.elapsed(), answer.is_err());
        answer
    }
}
