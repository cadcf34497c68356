use futures::future::BoxFuture;

use crate::ledger::Ending;
use crate::*;

/// A store under test, with nothing in it.
pub(crate) trait Subject {
    fn store(&self) -> &dyn Store;

    /// Waits until the store's clock shows a time, in seconds since 1970. It stands still otherwise.
    fn set_time(&self, now: u64);

    /// Sets the store's clock, which takes no time.
    fn step_clock(&self, now: u64);

    /// How each settled reservation ended, by their names.
    fn ledger(&self) -> Vec<(ReservationId, Ending)>;

    /// Ends the store, and starts it with what it has kept. Nothing, where another process keeps it.
    fn restart(&mut self) {}

    /// Runs a future to its end.
    fn wait(&self, future: BoxFuture<'_, ()>) {
        futures::executor::block_on(future);
    }
}

/// Asks a store and waits for the answer.
pub(crate) struct Tested<'s>(pub(crate) &'s dyn Subject);

impl Tested<'_> {
    fn answer<'f, T: Send>(&self, future: BoxFuture<'f, Result<T, StoreError>>) -> T {
        let mut answer = None;
        self.0.wait(Box::pin(async { answer = Some(future.await) }));
        answer.unwrap().unwrap()
    }

    pub(crate) fn set_time(&self, now: u64) {
        self.0.set_time(now);
    }

    pub(crate) fn step_clock(&self, now: u64) {
        self.0.step_clock(now);
    }

    pub(crate) fn now(&self) -> u64 {
        self.answer(self.0.store().now())
    }

    pub(crate) fn reserve(&self, reserve: &Reserve) -> Reserved {
        self.answer(self.0.store().reserve(reserve))
    }

    /// All at once.
    pub(crate) fn reserve_all(&self, reserves: &[Reserve]) -> Vec<Reserved> {
        let store = self.0.store();
        let all = futures::future::try_join_all(reserves.iter().map(|reserve| store.reserve(reserve)));
        self.answer(Box::pin(all))
    }

    /// One that is expected to be held.
    pub(crate) fn hold(&self, reserve: &Reserve) -> Held {
        match self.reserve(reserve) {
            Reserved::Held(held) => held,
            other => panic!("not held: {other:?}"),
        }
    }

    /// One that is expected to be refused.
    pub(crate) fn refuse(&self, reserve: &Reserve) -> Refused {
        match self.reserve(reserve) {
            Reserved::Refused(refused) => refused,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) fn settle(&self, reservation: &Reservation, outcome: Outcome) -> Settled {
        let settlement = Settlement { reservation: reservation.clone(), outcome };
        self.answer(self.0.store().settle(&settlement))
    }

    pub(crate) fn commit(&self, reservation: &Reservation, used: Amounts) -> Settled {
        self.settle(reservation, Outcome::Committed { used, is_estimate: false })
    }

    pub(crate) fn release(&self, reservation: &Reservation) -> Settled {
        self.settle(reservation, Outcome::Released)
    }

    pub(crate) fn renew(&self, id: ReservationId, so_far: Amounts, lease: Lease) -> bool {
        self.answer(self.0.store().renew(id, so_far, lease))
    }

    pub(crate) fn expire(&self, most: usize) -> Vec<Expired> {
        self.answer(self.0.store().expire(most))
    }

    pub(crate) fn usage(&self, filter: &UsageFilter) -> Vec<Standing> {
        self.answer(self.0.store().usage(filter))
    }

    pub(crate) fn holds(&self, scopes: &Scopes, most: usize) -> Holds {
        self.answer(self.0.store().holds(scopes, most))
    }

    pub(crate) fn adjust(&self, adjustment: &Adjustment) -> Option<Standing> {
        self.answer(self.0.store().adjust(adjustment))
    }

    pub(crate) fn override_limit(&self, change: &OverrideChange) -> Overridden {
        self.answer(self.0.store().override_limit(change))
    }

    pub(crate) fn overrides(&self) -> Vec<Override> {
        self.answer(self.0.store().overrides())
    }

    /// What is used and held of all counters that are kept, by their texts.
    pub(crate) fn counts(&self) -> Vec<(String, u64, u64)> {
        let all =
            UsageFilter { scopes: Scopes::All, window: None, unit: None, at: None, after: None, most: usize::MAX };
        self.usage(&all).into_iter().map(|it| (it.counter.to_string(), it.used, it.held)).collect()
    }
}
