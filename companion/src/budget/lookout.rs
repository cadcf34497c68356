use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tollgate_budget::redis::{RedisStore, Status};

use crate::daemon::Shutdown;
use crate::metrics::{Metrics, StoreState};

use super::condition::read;

/// How often the log is told, and what waits is counted.
const ROUND: Duration = Duration::from_secs(1);

/// Tells operators what a store that is shared is doing.
pub(crate) struct Lookout {
    /// Absent: it is not shared, and whoever uses it tells.
    pub(super) store: Option<Arc<RedisStore>>,
    pub(super) metrics: Arc<Metrics>,
}

impl Lookout {
    pub(super) async fn run(self, mut shutdown: Shutdown) {
        let Lookout { store, metrics } = self;
        let Some(store) = store else { return shutdown.requested().await };
        tracing::info!(address = %store.address(), ledger = %store.id(), "budgets are counted in redis");
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut known, mut told, mut counted) = (store.status(), StoreState::Looking, None);
        loop {
            metrics.budget.store_is(read(&known).0);
            if let Status::Open { generation } = &known
                && let Some(before) = counted.replace(generation.clone())
                && before != *generation
            {
                metrics.budget.store_lost();
                tracing::warn!("redis had lost counters: they are given back from the ledgers of all companions");
            }
            tokio::select! {
                status = store.status_after(&known) => known = status,
                _ = rounds.tick() => {
                    told = tell(told, &known);
                    if let Ok(waiting) = store.waiting().await {
                        metrics.budget.outbox_waits(waiting);
                    }
                }
                () = shutdown.requested() => break,
            }
        }
        // Should Redis lose everything before this companion is back.
        if let Err(error) = store.write_down().await {
            tracing::error!(%error, "what is held was not written down");
        }
    }
}

/// Says so, if it is something else than what was told.
fn tell(told: StoreState, known: &Status) -> StoreState {
    match read(known) {
        (state, _) if state == told => {}
        (StoreState::Open, _) => tracing::info!("the budget store can be used"),
        (state, why) => {
            tracing::error!(state = state.as_str(), why, "the budget store cannot be used");
        }
    }
    read(known).0
}
