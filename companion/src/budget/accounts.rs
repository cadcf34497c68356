use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tollgate_budget::ledger::{Audit, Ledger, LedgerId, Row, Spent};
use tollgate_budget::redis::{Member, RedisStore};
use tollgate_budget::{Adjustment, Holds, ReservationId, Scopes, Standing, Store, StoreError, UsageFilter};

use crate::metrics::{Metrics, StoreOperation};

use super::asker::Asker;
use super::events::{Event, Events};
use super::rulebook::Rulebook;

/// How long whoever looks waits for the store.
const PATIENCE: Duration = Duration::from_secs(5);

/// What administrators see and change. Clones are of the same accounts.
#[derive(Clone)]
pub(crate) struct Accounts {
    store: Arc<dyn Store>,
    asker: Asker,
    ledger: Ledger,
    rulebook: Rulebook,
    events: Arc<Events>,
    /// Absent: it is not shared.
    shared: Option<Arc<RedisStore>>,
}

/// The companions that count together.
#[derive(Debug)]
pub(crate) struct Fellows {
    /// Where they do.
    pub(crate) address: String,
    /// The one that is asked.
    pub(crate) own: LedgerId,
    pub(crate) members: Vec<Member>,
}

/// Why accounts cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountsError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody else counts there.
    #[error("this companion has its budgets for itself: `serve --budget-store redis://…` shares them")]
    Alone,
    /// It would say at once that it is there.
    #[error("this is the ledger of the companion that you ask")]
    Own,
}

impl Accounts {
    pub(super) fn new(
        (store, shared): (Arc<dyn Store>, Option<Arc<RedisStore>>),
        ledger: Ledger,
        rulebook: Rulebook,
        events: Arc<Events>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        Accounts { store, asker: Asker::new(metrics, PATIENCE), ledger, rulebook, events, shared }
    }

    /// What the time is where calls are counted, in seconds since 1970.
    pub(crate) async fn now(&self) -> Result<u64, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.store.now()).await?)
    }

    /// How counters stand, with the limits that count for them now.
    pub(crate) async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Standing>, AccountsError> {
        let mut standings = self.asker.ask(StoreOperation::Look, self.store.usage(filter)).await?;
        standings.iter_mut().for_each(|standing| self.limit(standing));
        Ok(standings)
    }

    /// Calls on their way.
    pub(crate) async fn holds(&self, scopes: &Scopes, most: usize) -> Result<Holds, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.store.holds(scopes, most)).await?)
    }

    /// Changes what is used; nothing if the counter is not kept any more.
    pub(crate) async fn adjust(&self, adjustment: &Adjustment) -> Result<Option<Standing>, AccountsError> {
        let mut adjusted = self.asker.ask(StoreOperation::Adjust, self.store.adjust(adjustment)).await?;
        adjusted.iter_mut().for_each(|standing| self.limit(standing));
        Ok(adjusted)
    }

    /// What was spent by scope and day in the days that begin within these times, in seconds since 1970.
    pub(crate) async fn spent(
        &self,
        scopes: &Scopes,
        from: u64,
        to: u64,
        most: usize,
    ) -> Result<Vec<Spent>, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.ledger.spent(scopes, from, to, most)).await?)
    }

    /// What was settled after the row with a number.
    pub(crate) async fn rows(&self, after: i64, most: usize) -> Result<Vec<(i64, Row)>, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.ledger.rows(after, most)).await?)
    }

    /// How a reservation was settled.
    pub(crate) async fn row(&self, id: ReservationId) -> Result<Option<Row>, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.ledger.row(id)).await?)
    }

    /// What administrators changed after the change with a number.
    pub(crate) async fn audits(&self, after: i64, most: usize) -> Result<Vec<(i64, Audit)>, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.ledger.audits(after, most)).await?)
    }

    /// What happened after the event with a number.
    pub(crate) fn events(&self, after: u64, most: usize) -> Vec<Event> {
        self.events.after(after, most)
    }

    /// Who counts together with this companion.
    pub(crate) async fn fellows(&self) -> Result<Fellows, AccountsError> {
        let shared = self.shared()?;
        let members = self.asker.ask(StoreOperation::Look, shared.members()).await?;
        Ok(Fellows { address: shared.address().to_string(), own: shared.id(), members })
    }

    /// Goes on without a companion whose ledger is gone for good. False if it is none of those that count here.
    pub(crate) async fn forget(&self, ledger: LedgerId) -> Result<bool, AccountsError> {
        let shared = self.shared()?;
        if ledger == shared.id() {
            return Err(AccountsError::Own);
        }
        Ok(self.asker.ask(StoreOperation::Look, shared.forget(ledger)).await?)
    }

    fn shared(&self) -> Result<&RedisStore, AccountsError> {
        self.shared.as_deref().ok_or(AccountsError::Alone)
    }

    fn limit(&self, standing: &mut Standing) {
        standing.limit = self.rulebook.in_force().ok().and_then(|in_force| in_force.limit_of(&standing.counter));
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Accounts").finish_non_exhaustive()
    }
}

