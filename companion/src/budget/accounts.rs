use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tollgate_budget::ledger::{Audited, Ledger, LedgerId, Row, Spent, SpentAfter};
use tollgate_budget::redis::{Member, RedisStore};
use tollgate_budget::{
    Adjustment, AdjustmentId, Counter, Holds, MOST_OVERRIDES, Overridden, Override, OverrideChange, Overriding,
    ReservationId, Scopes, Standing, Store, StoreError, UsageFilter,
};

use crate::metrics::{Metrics, StoreOperation};

use super::asker::Asker;
use super::events::{Event, Events};
use super::overrides::Overrides;
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
    overrides: Overrides,
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
    #[error("`id` names another change, which was made before")]
    Otherwise,
    #[error("this period is over, and its counters are not kept any more")]
    Gone,
    #[error("`until` is over already")]
    Over,
    #[error("{MOST_OVERRIDES} limits are set already: take one away, or change the policies")]
    Full,
    #[error("no limit is set for this: policies count")]
    NothingSet,
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
        (rulebook, overrides): (Rulebook, Overrides),
        events: Arc<Events>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        Accounts { store, asker: Asker::new(metrics, PATIENCE), ledger, rulebook, overrides, events, shared }
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

    /// Changes what is used. Gives what the ledger of this companion has of it, too: nothing if another one made it.
    pub(crate) async fn adjust(&self, adjustment: &Adjustment) -> Result<(Standing, Option<Audited>), AccountsError> {
        let adjusted = self.asker.ask(StoreOperation::Adjust, self.store.adjust(adjustment)).await?;
        let mut standing = adjusted.ok_or(AccountsError::Gone)?;
        self.limit(&mut standing);
        let audit = self.audit(adjustment.id).await?;
        let is_it = |audit: &Audited| match audit {
            Audited::Used(made) => {
                (&made.adjustment.counter, made.adjustment.change) == (&adjustment.counter, adjustment.change)
            }
            Audited::Limit(_) => false,
        };
        if !audit.as_ref().is_none_or(is_it) {
            return Err(AccountsError::Otherwise);
        }
        self.events.forget(&standing.counter);
        self.tell(std::slice::from_ref(&standing));
        Ok((standing, audit))
    }

    /// Sets a limit instead of what policies say, or takes it away. Gives what counts now.
    pub(crate) async fn override_limit(&self, change: &OverrideChange) -> Result<Option<Override>, AccountsError> {
        let overridden = self.asker.ask(StoreOperation::Adjust, self.store.override_limit(change)).await?;
        // It counts for whoever reserves after this is answered.
        self.asker.ask(StoreOperation::Look, self.overrides.refresh()).await?;
        let known = match overridden {
            Overridden::Now(known) => known,
            Overridden::Over => return Err(AccountsError::Over),
            Overridden::Full => return Err(AccountsError::Full),
        };
        match self.audit(change.id).await? {
            Some(Audited::Limit(made)) if is_same(&made.change, change) => {}
            Some(_) => return Err(AccountsError::Otherwise),
            None if change.overriding == Overriding::Unset => return Err(AccountsError::NothingSet),
            None => {}
        }
        let counter = change.measure.at(self.now().await?);
        self.events.forget(&counter);
        self.events.look_again(&[counter]);
        Ok(known)
    }

    /// The limits that administrators have set and that count now.
    pub(crate) async fn overrides(&self) -> Result<Vec<Override>, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.store.overrides()).await?)
    }

    /// Takes over what administrators have set elsewhere, and tells of limits of which a call has taken more than was held.
    pub(super) async fn look(&self) -> Result<(), AccountsError> {
        self.asker.ask(StoreOperation::Look, self.overrides.refresh()).await?;
        for counter in self.events.unseen() {
            let limit = self.limit_of(&counter);
            let Counter { scope, unit, period } = counter;
            let (window, at) = (Some(period.window()), Some(period.begins()));
            let filter = UsageFilter { scopes: Scopes::One(scope), window, unit: Some(unit), at, after: None, most: 1 };
            if limit.is_some() {
                self.tell(&self.usage(&filter).await?);
            }
        }
        Ok(())
    }

    fn tell(&self, standings: &[Standing]) {
        if let Ok(in_force) = self.rulebook.in_force()
            && let Ok(rules) = in_force.rules()
        {
            self.events.stands(standings, &rules.warn_at);
        }
    }

    /// What was spent by scope and day in the days that begin within these times, in seconds since 1970.
    pub(crate) async fn spent(
        &self,
        scopes: &Scopes,
        from: u64,
        to: u64,
        after: Option<&SpentAfter>,
        most: usize,
    ) -> Result<Vec<Spent>, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.ledger.spent(scopes, from, to, after, most)).await?)
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
    pub(crate) async fn audits(&self, after: i64, most: usize) -> Result<Vec<(i64, Audited)>, AccountsError> {
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

    async fn audit(&self, id: AdjustmentId) -> Result<Option<Audited>, AccountsError> {
        Ok(self.asker.ask(StoreOperation::Look, self.ledger.audit(id)).await?)
    }

    fn limit(&self, standing: &mut Standing) {
        standing.limit = self.limit_of(&standing.counter);
    }

    /// The limit that counts now.
    fn limit_of(&self, counter: &Counter) -> Option<u64> {
        match self.overrides.last().of_counter(counter) {
            Some(set) => set.limit,
            None => self.rulebook.in_force().ok().and_then(|in_force| in_force.limit_of(counter)),
        }
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Accounts").finish_non_exhaustive()
    }
}

/// Whether both ask for the same. Until when is not said by who asks for the end of the period.
fn is_same(made: &OverrideChange, asked: &OverrideChange) -> bool {
    let is_same = match (made.overriding, asked.overriding) {
        (Overriding::Unset, Overriding::Unset) => true,
        (Overriding::Set { limit: made, until: ended }, Overriding::Set { limit: asked, until }) => {
            made == asked && (until.is_none() || until == ended)
        }
        (Overriding::Set { .. }, Overriding::Unset) | (Overriding::Unset, Overriding::Set { .. }) => false,
    };
    is_same && made.measure == asked.measure
}
