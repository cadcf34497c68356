use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tollgate_budget::ledger::{Audit, Ledger, LedgerId, Row, Spent};
use tollgate_budget::redis::{Member, RedisStore};
use tollgate_budget::{Adjustment, FileError, Holds, ReservationId, Scopes, Standing, Store, StoreError, UsageFilter};

use super::events::{Event, Events};
use super::rulebook::Rulebook;

/// How long whoever looks waits for the store.
const PATIENCE: Duration = Duration::from_secs(5);

/// What administrators see and change. Clones are of the same accounts.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(super) store: Arc<dyn Store>,
    pub(super) ledger: Ledger,
    pub(super) rulebook: Rulebook,
    pub(super) events: Arc<Events>,
    /// Absent: it is not shared.
    pub(super) shared: Option<Arc<RedisStore>>,
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
    #[error(transparent)]
    Ledger(#[from] FileError),
    #[error("the budget store does not answer in time")]
    Silent,
    /// Nobody else counts there.
    #[error("this companion has its budgets for itself: `serve --budget-store redis://…` shares them")]
    Alone,
    /// It would say at once that it is there.
    #[error("this is the ledger of the companion that you ask")]
    Own,
}

impl Accounts {
    /// How counters stand, with the limits that count for them now.
    pub(crate) async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Standing>, AccountsError> {
        let mut standings = answer(self.store.usage(filter)).await?;
        standings.iter_mut().for_each(|standing| self.limit(standing));
        Ok(standings)
    }

    /// Calls on their way.
    pub(crate) async fn holds(&self, scopes: &Scopes, most: usize) -> Result<Holds, AccountsError> {
        answer(self.store.holds(scopes, most)).await
    }

    /// Changes what is used; nothing if the counter is not kept any more.
    pub(crate) async fn adjust(&self, adjustment: &Adjustment) -> Result<Option<Standing>, AccountsError> {
        let mut adjusted = answer(self.store.adjust(adjustment)).await?;
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
        answer(self.ledger.spent(scopes, from, to, most)).await
    }

    /// What was settled after the row with a number.
    pub(crate) async fn rows(&self, after: i64, most: usize) -> Result<Vec<(i64, Row)>, AccountsError> {
        answer(self.ledger.rows(after, most)).await
    }

    /// How a reservation was settled.
    pub(crate) async fn row(&self, id: ReservationId) -> Result<Option<Row>, AccountsError> {
        answer(self.ledger.row(id)).await
    }

    /// What administrators changed after the change with a number.
    pub(crate) async fn audits(&self, after: i64, most: usize) -> Result<Vec<(i64, Audit)>, AccountsError> {
        answer(self.ledger.audits(after, most)).await
    }

    /// What happened after the event with a number.
    pub(crate) fn events(&self, after: u64, most: usize) -> Vec<Event> {
        self.events.after(after, most)
    }

    /// Who counts together with this companion.
    pub(crate) async fn fellows(&self) -> Result<Fellows, AccountsError> {
        let shared = self.shared()?;
        let members = answer(shared.members()).await?;
        Ok(Fellows { address: shared.address().to_string(), own: shared.id(), members })
    }

    /// Goes on without a companion whose ledger is gone for good. False if it is none of those that count here.
    pub(crate) async fn forget(&self, ledger: LedgerId) -> Result<bool, AccountsError> {
        let shared = self.shared()?;
        if ledger == shared.id() {
            return Err(AccountsError::Own);
        }
        answer(shared.forget(ledger)).await
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

async fn answer<T, E>(question: impl Future<Output = Result<T, E>>) -> Result<T, AccountsError>
where
    AccountsError: From<E>,
{
    match timeout(PATIENCE, question).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(AccountsError::Silent),
    }
}
