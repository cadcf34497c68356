#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::sleep;
use tollgate_budget::{Amounts, Lease, Outcome, Settled, Settlement, Store, StoreError, Unit};

use crate::daemon::Shutdown;
use crate::metrics::{Came, Metrics, StoreOperation};
use crate::sparingly::Sparingly;

use super::asker::Asker;
use super::events::Events;
use super::till::{Job, Jobs, Work};

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
    store: Arc<dyn Store>,
    asker: Asker,
    lease: Lease,
    events: Arc<Events>,
    metrics: Arc<Metrics>,
    log: Arc<Sparingly>,
}

impl Settling {
    pub(super) fn new(store: Arc<dyn Store>, lease: Lease, events: Arc<Events>, metrics: Arc<Metrics>) -> Self {
        let asker = Asker::new(&metrics, PATIENCE);
        Settling { store, asker, lease, events, metrics, log: Arc::default() }
    }

    /// Runs until shutdown is requested and everything has been done that can be.
    pub(super) async fn run(self, mut jobs: Jobs, mut shutdown: Shutdown) {
        let mut at_work = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(job) = jobs.recv(), if at_work.len() < AT_ONCE => at_work.push(self.finish(job, shutdown.clone())),
                Some(()) = at_work.next() => {}
                () = shutdown.requested() => break,
            }
            self.metrics.budget.settlements_wait(jobs.len());
        }
        // What is there is worth a last attempt; VMs still say what comes to nothing now, to whoever they find next.
        jobs.close();
        loop {
            while at_work.len() < AT_ONCE
                && let Some(job) = jobs.try_recv()
            {
                at_work.push(self.finish(job, shutdown.clone()));
            }
            if at_work.next().await.is_none() {
                return;
            }
        }
    }

    /// Tries until it is done, or until the daemon ends.
    async fn finish(&self, mut job: Job, mut shutdown: Shutdown) {
        let mut pause = FIRST_PAUSE;
        // Whether it may be done already, by an attempt that was not answered.
        let mut is_unsure = false;
        loop {
            match self.once(&job.work, is_unsure).await {
                Ok(()) if job.finish() => return,
                Ok(()) => (pause, is_unsure) = (FIRST_PAUSE, false),
                Err(error) => {
                    is_unsure |= matches!(error, StoreError::Unanswered(_));
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
    }

    async fn once(&self, work: &Work, is_unsure: bool) -> Result<(), StoreError> {
        let kind = work.kind();
        match work {
            Work::Settle { settlement, model } => {
                let settled = self.asker.ask(StoreOperation::Settle, self.store.settle(settlement)).await?;
                self.metrics.budget.settled(kind, settled.into());
                if is_news(settled, is_unsure) {
                    self.look_at(settlement, model);
                }
            }
            Work::Renew { id, so_far } => {
                let renewed = self.asker.ask(StoreOperation::Renew, self.store.renew(*id, *so_far, self.lease)).await?;
                self.metrics.budget.settled(kind, if renewed { Came::Now } else { Came::Before });
            }
        }
        Ok(())
    }

    /// Tells of calls that used more than was held for them.
    fn look_at(&self, Settlement { reservation, outcome }: &Settlement, model: &str) {
        let (Outcome::Committed { used, .. }, held) = (outcome, reservation.held) else { return };
        // Whatever is held is told of when it is held.
        if used.max(held) != held {
            self.events.look_again(&reservation.counters);
        }
        // Nothing was held for calls that were made while the store could not be asked.
        if held == Amounts::NONE {
            return;
        }
        let over = used.tokens().saturating_sub(held.tokens());
        if over > 0 {
            self.metrics.budget.overspent(over);
        }
        let is_far = |unit| held.of(unit) > 0 && used.of(unit) > held.of(unit).saturating_mul(FAR);
        if Unit::ALL.into_iter().any(is_far) {
            self.events.overspent(reservation.id, model, held, *used);
        }
    }
}

/// Whether nobody has looked at it yet: each settlement is looked at once.
fn is_news(settled: Settled, is_unsure: bool) -> bool {
    match settled {
        Settled::Now | Settled::Corrected { .. } | Settled::Waiting | Settled::Late { is_new: true } => true,
        Settled::Before | Settled::Late { is_new: false } => is_unsure,
    }
}
