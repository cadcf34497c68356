use std::sync::Arc;

use tokio::sync::mpsc;
use tollgate_budget::ledger::{Ledger, Outbox};
use tollgate_budget::redis::RedisStore;
use tollgate_budget::{OpenError, SqliteStore, Store, SystemClock};

use crate::daemon::Shutdown;
use crate::metrics::Metrics;
use crate::sparingly::Sparingly;

use super::accounts::Accounts;
use super::condition::Condition;
use super::config::{BudgetConfig, BudgetStore, RedisBudgets};
use super::desk::Desk;
use super::events::Events;
use super::lookout::Lookout;
use super::rulebook::Rulebook;
use super::settling::Settling;
use super::sweep::Sweeper;
use super::till::{Job, Till};

/// Budgets, with the store open: the parts that others talk to, and those that run by themselves.
pub(crate) struct Opened {
    pub(crate) desk: Desk,
    pub(crate) till: Till,
    pub(crate) accounts: Accounts,
    pub(crate) condition: Condition,
    pub(crate) sweeper: Sweeper,
    lookout: Lookout,
    settling: Settling,
    jobs: mpsc::Receiver<Job>,
}

impl Opened {
    /// Opens the store. To be called within a Tokio runtime: one in Redis is looked for on it from now on.
    pub(crate) fn open(config: &BudgetConfig, rulebook: Rulebook, metrics: &Arc<Metrics>) -> Result<Self, OpenError> {
        let BudgetConfig { store, durability, lease, ledger_days } = config;
        let Parts { store, ledger, shared } = match store {
            BudgetStore::Sqlite(path) => {
                let store = SqliteStore::open(path, *durability, SystemClock)?;
                let ledger = store.ledger().clone();
                Parts { store: Arc::new(store), ledger, shared: None }
            }
            BudgetStore::Redis(budgets) => {
                let RedisBudgets { settings, ledger } = budgets.as_ref();
                let store = Arc::new(RedisStore::open(settings.clone(), Outbox::open(ledger, *durability)?));
                let ledger = store.ledger().clone();
                Parts { store: Arc::clone(&store) as Arc<dyn Store>, ledger, shared: Some(store) }
            }
        };
        let condition = match &shared {
            None => Condition::alone(Arc::clone(metrics)),
            Some(store) => Condition::shared(Arc::clone(store)),
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
                shared: shared.clone(),
            },
            sweeper: Sweeper {
                store: Arc::clone(&store),
                ledger,
                ledger_days: *ledger_days,
                metrics: Arc::clone(metrics),
                log: Sparingly::default(),
                condition: condition.clone(),
            },
            condition,
            lookout: Lookout { store: shared, metrics: Arc::clone(metrics) },
            settling: Settling { store, lease: *lease, events, metrics: Arc::clone(metrics), log: Arc::default() },
            jobs,
        })
    }

    /// Those that run: the sweeper, what settles, and the lookout.
    pub(crate) fn into_tasks(
        self,
        shutdown: &Shutdown,
    ) -> (impl Future<Output = ()> + use<>, impl Future<Output = ()> + use<>, impl Future<Output = ()> + use<>) {
        let Opened { sweeper, settling, jobs, lookout, .. } = self;
        (sweeper.run(shutdown.clone()), settling.run(jobs, shutdown.clone()), lookout.run(shutdown.clone()))
    }
}

/// What a store consists of.
struct Parts {
    store: Arc<dyn Store>,
    ledger: Ledger,
    /// The same store, if companions share it.
    shared: Option<Arc<RedisStore>>,
}
