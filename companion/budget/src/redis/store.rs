use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::address::RedisAddress;
use super::connect::{Connected, connect};
use super::hello::{self, Member};
use super::keeper;
use super::link::{Link, Phase, not_understood};
use super::script::Scripts;
use super::session::AskError;
use super::settings::RedisSettings;
use super::status::Status;
use crate::adjust::Adjustment;
use crate::amounts::Amounts;
use crate::file::FileError;
use crate::ledger::{Ledger, LedgerId, Outbox};
use crate::look::{Holds, Scopes, UsageFilter};
use crate::overrides::{Overridden, Override, OverrideChange};
use crate::reservation::ReservationId;
use crate::reserve::{Lease, Reserve, Reserved};
use crate::settle::{Expired, Settled, Settlement};
use crate::standing::Standing;
use crate::store::{Store, StoreError};

/// Budgets in Redis or Valkey, which many companions share, with a ledger each.
#[derive(Debug)]
pub struct RedisStore {
    pub(super) link: Arc<Link>,
    keeper: JoinHandle<()>,
}

impl RedisStore {
    /// Begins to look for Redis, and to settle what waits in the outbox. It need not be there: until it is, operations say so.
    /// To be called within a Tokio runtime, on which it lives.
    #[must_use]
    pub fn open(settings: RedisSettings, outbox: Outbox) -> Self {
        RedisStore::with_scripts(settings.bounded(), Scripts::default(), outbox)
    }

    pub(super) fn with_scripts(settings: RedisSettings, scripts: Scripts, outbox: Outbox) -> Self {
        let link = Arc::new(Link::new(settings, scripts, outbox));
        let keeper = tokio::spawn(keeper::keep(Arc::clone(&link)));
        RedisStore { link, keeper }
    }

    /// Ends it, and lets go of the outbox' file. Dropped, it does so a moment later.
    pub async fn close(mut self) {
        self.keeper.abort();
        // It has no other end.
        let _ = (&mut self.keeper).await;
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &RedisAddress {
        &self.link.settings.address
    }

    /// The name of this companion's ledger.
    #[must_use]
    pub fn id(&self) -> LedgerId {
        self.link.outbox.id()
    }

    /// What this companion has settled and changed.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        self.link.outbox.ledger()
    }

    /// What it is doing now.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::from(&self.link.phase())
    }

    /// What it is doing, as soon as that is something else than what is known.
    pub async fn status_after(&self, known: &Status) -> Status {
        let mut phase = self.link.follow();
        let other = phase.wait_for(|phase| Status::from(phase) != *known).await;
        // It changes as long as the store is there.
        other.map_or_else(|_| known.clone(), |phase| Status::from(&*phase))
    }

    /// How many settlements are in this companion's file and wait for Redis to count them.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn waiting(&self) -> Result<u64, FileError> {
        self.link.outbox.waiting().await
    }

    /// Whether it can be asked now, and if not, why.
    ///
    /// # Errors
    /// If it cannot.
    pub fn readiness(&self) -> Result<(), StoreError> {
        match self.link.phase() {
            Phase::Open(_) => Ok(()),
            Phase::Mending(why) | Phase::Closed(why) => Err(StoreError::Lost(why)),
            Phase::Away(why) => Err(StoreError::Unavailable(format!("redis: {why}"))),
            Phase::Starting => Err(StoreError::Unavailable("redis is being looked for".to_owned())),
        }
    }

    /// Writes into this companion's file what is held for its callers and how far it has seen Redis count, as is done every
    /// second: to be called before an end in good order.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn write_down(&self) -> Result<(), FileError> {
        if let Some(seen) = self.link.seen() {
            self.link.outbox.see(seen).await?;
        }
        self.link.mirror.write(&self.link.outbox).await
    }

    /// The companions that count there, and whether each is through with giving back what Redis lost.
    ///
    /// # Errors
    /// If Redis cannot be reached.
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        self.aside(|link, connected| Box::pin(hello::members(link, &connected.connection))).await
    }

    /// Goes on without a companion whose ledger is gone for good: what it had settled is not given back. It may come back
    /// later all the same. False if it is none of those that count there.
    ///
    /// # Errors
    /// If Redis cannot be reached.
    pub async fn forget(&self, ledger: LedgerId) -> Result<bool, StoreError> {
        self.aside(move |link, connected| Box::pin(hello::forget(link, connected, ledger))).await
    }

    /// By a connection of its own: whether counters are open does not matter.
    async fn aside<T>(
        &self,
        ask: impl for<'c> Fn(&'c Link, &'c Connected) -> BoxFuture<'c, Result<T, AskError>>,
    ) -> Result<T, StoreError> {
        let asked = timeout(self.link.settings.patience, async {
            let mut instead = None;
            loop {
                let connected = connect(&self.link.settings, instead.as_ref()).await.map_err(not_reached)?;
                match ask(&self.link, &connected).await {
                    Err(error) if instead.is_none() && error.instead().is_some() => instead = error.instead(),
                    answer => return answer.map_err(not_understood),
                }
            }
        });
        asked.await.unwrap_or_else(|_| Err(StoreError::Unanswered("redis does not answer".to_owned())))
    }
}

/// What it was asked for stays in the outbox.
impl Drop for RedisStore {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

fn not_reached(error: impl fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("redis: {error}"))
}

impl Store for RedisStore {
    fn now(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(self.link.now())
    }

    fn reserve<'s>(&'s self, reserve: &'s Reserve) -> BoxFuture<'s, Result<Reserved, StoreError>> {
        Box::pin(self.link.reserve(reserve))
    }

    fn settle<'s>(&'s self, settlement: &'s Settlement) -> BoxFuture<'s, Result<Settled, StoreError>> {
        Box::pin(self.link.settle(settlement))
    }

    fn renew<'s>(
        &'s self,
        id: ReservationId,
        so_far: Amounts,
        lease: Lease,
    ) -> BoxFuture<'s, Result<bool, StoreError>> {
        Box::pin(self.link.renew(id, so_far, lease))
    }

    fn expire(&self, most: usize) -> BoxFuture<'_, Result<Vec<Expired>, StoreError>> {
        Box::pin(self.link.expire(most))
    }

    fn usage<'s>(&'s self, filter: &'s UsageFilter) -> BoxFuture<'s, Result<Vec<Standing>, StoreError>> {
        Box::pin(self.link.usage(filter))
    }

    fn holds<'s>(&'s self, scopes: &'s Scopes, most: usize) -> BoxFuture<'s, Result<Holds, StoreError>> {
        Box::pin(self.link.holds(scopes, most))
    }

    fn adjust<'s>(&'s self, adjustment: &'s Adjustment) -> BoxFuture<'s, Result<Option<Standing>, StoreError>> {
        Box::pin(self.link.adjust(adjustment))
    }

    fn override_limit<'s>(&'s self, change: &'s OverrideChange) -> BoxFuture<'s, Result<Overridden, StoreError>> {
        Box::pin(self.link.override_limit(change))
    }

    fn overrides(&self) -> BoxFuture<'_, Result<Vec<Override>, StoreError>> {
        Box::pin(self.link.overrides())
    }
}
