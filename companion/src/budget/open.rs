use std::sync::Arc;

use tokio::sync::mpsc;
use tollgate_budget::ledger::{Ledger, Outbox};
use tollgate_budget::redis::RedisStore;
use tollgate_budget::{OpenError, SqliteStore, Store, SystemClock};

use crate::daemon::Shutdown;
use crate::metrics::Metrics;
use crate::sparingly::Sparingly;

use super::accounts::Accounts;
use super::config::{BudgetConfig, BudgetStore, RedisBudgets};
use super::desk::Desk;
use super::events::Events;
use super::rulebook::Rulebook;
use super::settling::Settling;
use super::sweep::Sweeper;
use super::till::{Job, Till};

/// Budgets, with the store open: the parts that others talk to, and those that run by themselves.
pub(crate) struct Opened {
    pub(crate) desk: Desk,
    pub(crate) till: Till,
    pub(crate) accounts: Accounts,
    pub(crate) sweeper: Sweeper,
    settling: Settling,
    jobs: mpsc::Receiver<Job>,
}

impl Opened {
    /// Opens the store. To be called within a Tokio runtime: one in Redis is looked for on it from now on.
    pub(crate) fn open(config: &BudgetConfig, rulebook: Rulebook, metrics: &Arc<Metrics>) -> Result<Self, OpenError> {
        let BudgetConfig { store, durability, lease, ledger_days } = config;
        let (store, ledger): (Arc<dyn Store>, Ledger) = match store {
            BudgetStore::Sqlite(path) => {
                let store = SqliteStore::open(path, *durability, SystemClock)?;
                let ledger = store.ledger().clone();
                (Arc::new(store), ledger)
            }
            BudgetStore::Redis(budgets) => {
                let RedisBudgets { settings, ledger } = budgets.as_ref();
                let store = RedisStore::open(settings.clone(), Outbox::open(ledger, *durability)?);
                let ledger = store.ledger().clone();
                (Arc::new(store), ledger)
            }
        };
        let events = Arc::new(Events::new(Arc::clone(metrics)));
        let (till, jobs) = Till::new(Arc::clone(metrics));
        Ok(Opened {
            desk: Desk::new(
                Arc::clone(&store),
                rulebook.clone(),
                *lease,
                till.clone(),
                Arc::clone(&events),
                Arc::clone(metrics),
            ),
            till,
            accounts: Accounts {
                store: Arc::clone(&store),
                ledger: ledger.clone(),
                rulebook,
                events: Arc::clone(&events),
            },
            sweeper: Sweeper {
                store: Arc::clone(&store),
                ledger,
                ledger_days: *ledger_days,
                metrics: Arc::clone(metrics),
                log: Sparingly::default(),
            },
            settling: Settling { store, lease: *lease, events, metrics: Arc::clone(metrics), log: Arc::default() },
            jobs,
        })
    }

    /// The two that run: the sweeper, and what settles.
    pub(crate) fn into_tasks(
        self,
        shutdown: &Shutdown,
    ) -> (impl Future<Output = ()> + use<>, impl Future<Output = ()> + use<>) {
        let Opened { sweeper, settling, jobs, .. } = self;
        (sweeper.run(shutdown.clone()), settling.run(jobs, shutdown.clone()))
    }
}
