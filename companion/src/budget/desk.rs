#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::timeout;
use tollgate_budget::{Lease, Reservation, ReservationId, Reserve, Reserved, Store, StoreError};
use tollgate_policy::set::budget::{BudgetMode, Rules};

use crate::metrics::{Metrics, ReserveOutcome, StoreOperation};
use crate::proto::{self, ReserveReply, ReserveRequest, reserve_reply::Outcome};
use crate::sparingly::Sparingly;

use super::attempt::Attempt;
use super::call::Call;
use super::events::Events;
use super::payer::{Payer, Uncountable};
use super::receipt::Receipt;
use super::reply;
use super::rulebook::{InForce, NoRules, Rulebook, mode};
use super::till::Till;
use super::ways::{Asked, NoWay, Served, Ways};

/// How long the store is waited for, while somebody's request waits.
const PATIENCE: Duration = Duration::from_millis(250);

/// How many reserves are at the store at a time. More are turned away: they would only wait.
const AT_ONCE: usize = 4096;

/// When to ask again where the store does not answer.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Where calls of models are reserved. Clones are of the same desk.
#[derive(Clone)]
pub(crate) struct Desk {
    store: Arc<dyn Store>,
    rulebook: Rulebook,
    lease: Lease,
    till: Till,
    slots: Arc<Semaphore>,
    events: Arc<Events>,
    metrics: Arc<Metrics>,
    log: Arc<Sparingly>,
    /// Of models that nobody knows: clients name them as they like.
    strangers: Arc<Sparingly>,
}

/// Why a call is not held for.
#[derive(Debug, thiserror::Error)]
enum Obstacle {
    /// For the operator.
    #[error(transparent)]
    NoRules(#[from] NoRules),
    /// For the operator.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// For the operator.
    #[error("more calls are to be reserved than the budget store can keep up with")]
    Busy,
    /// For the client.
    #[error(transparent)]
    Payer(#[from] Uncountable),
    /// For the client.
    #[error("the caller's identity does not say for which organisation the call counts")]
    NoOrg,
    /// For the client.
    #[error(transparent)]
    Way(#[from] NoWay),
    /// For the client.
    #[error("the call was settled before it was reserved")]
    Settled,
}

impl Obstacle {
    fn invalid(&self) -> proto::Invalid {
        let code = match self {
            Obstacle::Way(NoWay::UnknownModel(_)) => "MODEL_UNKNOWN",
            Obstacle::Settled => "RESERVATION_SETTLED",
            _ => "INVALID_REQUEST",
        };
        proto::Invalid { code: code.to_owned(), reason: self.to_string() }
    }
}

impl Desk {
    pub(super) fn new(
        store: Arc<dyn Store>,
        rulebook: Rulebook,
        lease: Lease,
        till: Till,
        events: Arc<Events>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        Desk { store, rulebook, lease, till, slots, events, metrics, log: Arc::default(), strangers: Arc::default() }
    }

    /// Holds the most that a call may use against everything that it counts for, or says why not.
    pub(crate) async fn reserve(&self, id: ReservationId, request: ReserveRequest) -> ReserveReply {
        if request.mode() == proto::Mode::Disabled {
            return self.disabled();
        }
        let in_force = match self.rulebook.in_force() {
            Ok(in_force) => in_force,
            Err(error) => {
                // Nobody has said what becomes of calls then.
                let mode =
                    if request.mode() == proto::Mode::Advisory { BudgetMode::Advisory } else { BudgetMode::Strict };
                return self.obstructed(mode, &request, error.into());
            }
        };
        let rules = match in_force.rules() {
            Ok(rules) => rules,
            Err(error) => return self.obstructed(BudgetMode::Strict, &request, error.into()),
        };
        match mode(rules, request.mode()) {
            BudgetMode::Disabled => self.disabled(),
            mode => match self.hold(id, mode, &in_force, rules, &request).await {
                Ok(reply) => reply,
                Err(obstacle) => self.obstructed(mode, &request, obstacle),
            },
        }
    }

    fn disabled(&self) -> ReserveReply {
        self.metrics.budget.reserved(BudgetMode::Disabled, ReserveOutcome::Disabled);
        reply(Outcome::Disabled(proto::Disabled {}))
    }

    async fn hold(
        &self,
        id: ReservationId,
        mode: BudgetMode,
        in_force: &InForce,
        rules: &Rules,
        request: &ReserveRequest,
    ) -> Result<ReserveReply, Obstacle> {
        let ways = self.ways(mode, in_force, rules, request)?;
        let (candidates, is_strict) = (ways.candidates.clone(), mode == BudgetMode::Strict);
        let reserved = self.ask(Reserve { id, candidates, lease: self.lease, is_strict }).await?;
        match reserved {
            Reserved::Held(held) => {
                self.events.stands(&held.standings, &rules.warn_at);
                // INVARIANT: a store holds one of the candidates that it is given.
                let served = ways.served(held.candidate).ok_or(Obstacle::Settled)?;
                let outcome = match (held.passed.is_empty(), served.model == request.model) {
                    (false, _) => ReserveOutcome::Passed,
                    (true, true) => ReserveOutcome::Held,
                    (true, false) => ReserveOutcome::Downgraded,
                };
                self.metrics.budget.reserved(mode, outcome);
                self.metrics.budget.scopes_reserved(outcome, &held.reservation.counters);
                if !held.passed.is_empty() && self.log.is_due("passed", Instant::now()) {
                    tracing::warn!(request = request.request_id, "a call passes a limit: budgets are advisory here");
                }
                Ok(reply(Outcome::Held(self.receipt(&held, served))))
            }
            Reserved::Refused(refused) => {
                self.metrics.budget.reserved(mode, ReserveOutcome::Exceeded);
                self.metrics.budget.scope_refused(refused.standing.counter.scope.kind());
                self.events.refused(&refused.standing, refused.asked);
                let standing = Some(reply::standing(&refused.standing, reply::now()));
                Ok(reply(Outcome::Exceeded(proto::Exceeded { standing, asked: refused.asked })))
            }
            Reserved::Settled => Err(Obstacle::Settled),
        }
    }

    fn ways(
        &self,
        mode: BudgetMode,
        in_force: &InForce,
        rules: &Rules,
        request: &ReserveRequest,
    ) -> Result<Ways, Obstacle> {
        if request.org_unknown && mode == BudgetMode::Strict {
            return Err(Obstacle::NoOrg);
        }
        let payer = Payer::new(&request.user, &request.org)?;
        let call = Call::of(request, mode);
        let below = |downgrade: proto::Downgrade| u8::try_from(downgrade.below.min(100)).unwrap_or(100);
        let asked = Asked {
            budgets: &in_force.budgets,
            rules,
            payer: &payer,
            call: &call,
            model: &request.model,
            downgrade: request.downgrade.map(below),
        };
        match (asked.ways(request.prompt_tokens), mode) {
            (Err(why), BudgetMode::Advisory) => {
                if self.strangers.is_due(&request.model, Instant::now()) {
                    tracing::warn!(model = request.model, %why, "a call is counted as far as is possible");
                }
                Ok(asked.regardless()?)
            }
            (ways, _) => Ok(ways?),
        }
    }

    async fn ask(&self, reserve: Reserve) -> Result<Reserved, Obstacle> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| Obstacle::Busy)?;
        let started = Instant::now();
        let answer = timeout(PATIENCE, Attempt::new(&self.store, reserve, &self.till, slot)).await;
        let answer = answer.unwrap_or_else(|_| Err(StoreError::Unavailable(format!("no answer in {PATIENCE:?}"))));
        self.metrics.budget.store_asked(StoreOperation::Reserve, started.elapsed(), answer.is_err());
        Ok(answer?)
    }

    fn receipt(&self, held: &tollgate_budget::Held, served: &Served) -> proto::Held {
        let reservation: &Reservation = &held.reservation;
        let at = reservation.at;
        proto::Held {
            reservation: Receipt::new(reservation.clone(), served).encode(),
            model: served.model.clone(),
            output_cap: served.output_cap,
            lease_seconds: u32::try_from(self.lease.seconds()).unwrap_or(u32::MAX),
            standing: reply::tightest(&held.standings).map(|standing| reply::standing(standing, at)),
            passed: !held.passed.is_empty(),
            prompt_tokens: served.prompt,
        }
    }

    /// What becomes of a call that nothing is held for: where budgets are advisory, it is made even so.
    fn obstructed(&self, mode: BudgetMode, request: &ReserveRequest, obstacle: Obstacle) -> ReserveReply {
        let is_ours = matches!(obstacle, Obstacle::NoRules(_) | Obstacle::Store(_) | Obstacle::Busy);
        if is_ours && self.log.is_due("obstructed", Instant::now()) {
            tracing::error!(mode = reply::mode(mode), error = %obstacle, "calls of models cannot be reserved");
        }
        let (outcome, counted) = match (mode, is_ours) {
            (BudgetMode::Advisory, _) => (Outcome::Held(self.unheld(request)), ReserveOutcome::Unheld),
            (_, true) => {
                let retry_after = u32::try_from(RETRY_AFTER.as_secs()).unwrap_or(u32::MAX);
                let reason = reply::cut(obstacle.to_string());
                (Outcome::Unavailable(proto::Unavailable { reason, retry_after }), ReserveOutcome::Unavailable)
            }
            (_, false) => (Outcome::Invalid(obstacle.invalid()), ReserveOutcome::Invalid),
        };
        self.metrics.budget.reserved(mode, counted);
        reply(outcome)
    }

    /// Nothing is held for the call, and it is made as the client asks for it.
    fn unheld(&self, request: &ReserveRequest) -> proto::Held {
        let known = self.rulebook.in_force().ok();
        let model = known.as_ref().and_then(|in_force| in_force.budgets.model(&request.model));
        let call = Call::of(request, BudgetMode::Advisory);
        let room = model.map_or_else(|| call.of_unknown(), |model| call.regardless(model));
        proto::Held { model: request.model.clone(), output_cap: room.output_cap, ..proto::Held::default() }
    }
}

fn reply(outcome: Outcome) -> ReserveReply {
    ReserveReply { outcome: Some(outcome) }
}
