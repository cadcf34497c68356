#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tollgate_budget::{Lease, Outcome, Settled, Settlement, Store, StoreError};

use crate::daemon::Shutdown;
use crate::metrics::{Came, Metrics, StoreOperation};
use crate::sparingly::Sparingly;

use super::events::Events;
use super::till::{Job, Work};

/// How many settlements are at the store at a time: it commits together what comes together.
const AT_ONCE: usize = 512;

/// How long the store is waited for before it is asked again.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long after the first failure a settlement is tried again; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How much more than what was held is beyond all estimates.
const FAR: u64 = 5;

/// Does what is handed in at the till, each until the store has done it.
#[derive(Clone)]
pub(crate) struct Settling {
    pub(super) store: Arc<dyn Store>,
    pub(super) lease: Lease,
    pub(super) events: Arc<Events>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Arc<Sparingly>,
}

impl Settling {
    /// Runs until shutdown is requested and everything has been done that can be.
    pub(super) async fn run(self, mut jobs: mpsc::Receiver<Job>, mut shutdown: Shutdown) {
        let mut at_work = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(job) = jobs.recv(), if at_work.len() < AT_ONCE => at_work.push(self.finish(job, shutdown.clone())),
                Some(()) = at_work.next() => {}
                () = shutdown.requested() => break,
            }
            self.metrics.budget.settlements_wait(jobs.len() + at_work.len());
        }
        // What is there is worth a last attempt; VMs still say what comes to nothing now, to whoever they find next.
        jobs.close();
        loop {
            while at_work.len() < AT_ONCE
                && let Ok(job) = jobs.try_recv()
            {
                at_work.push(self.finish(job, shutdown.clone()));
            }
            if at_work.next().await.is_none() {
                return;
            }
        }
    }

    /// Tries until it is done, or until the daemon ends.
    async fn finish(&self, Job { work, waiting }: Job, mut shutdown: Shutdown) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.once(&work).await {
                Ok(()) => break,
                Err(error) => {
                    if self.log.is_due("settle", Instant::now()) {
                        tracing::error!(%error, "settlements wait: the budget store cannot be used");
                    }
                    tokio::select! {
                        () = sleep(pause) => {}
                        // Nobody is told that it is done.
                        () = shutdown.requested() => return,
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        if let Some(waiting) = waiting {
            waiting.tell();
        }
    }

    async fn once(&self, work: &Work) -> Result<(), StoreError> {
        let kind = work.kind();
        match work {
            Work::Settle { settlement, model } => {
                let settled = self.ask(StoreOperation::Settle, self.store.settle(settlement)).await?;
                self.metrics.budget.settled(kind, settled.into());
                self.look_at(settlement, model, settled);
            }
            Work::Renew { id, so_far } => {
                let renewed = self.ask(StoreOperation::Renew, self.store.renew(*id, *so_far, self.lease)).await?;
                self.metrics.budget.settled(kind, if renewed { Came::Now } else { Came::Before });
            }
        }
        Ok(())
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

    /// Tells of calls that used more than was held for them.
    fn look_at(&self, Settlement { reservation, outcome }: &Settlement, model: &str, settled: Settled) {
        let (Outcome::Committed { used, .. }, held) = (outcome, reservation.held) else { return };
        if settled == Settled::Before {
            return;
        }
        let over = used.tokens().saturating_sub(held.tokens());
        if over > 0 {
            self.metrics.budget.overspent(over);
        }
        // Whatever is held is told of when it is held.
        if over > 0 || used.micro_dollars() > held.micro_dollars() {
            self.events.look_again(&reservation.counters);
        }
        if used.tokens() > held.tokens().saturating_mul(FAR) {
            self.events.overspent(reservation.id, model, held, *used);
        }
    }
}
