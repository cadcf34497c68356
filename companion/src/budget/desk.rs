#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tollgate_budget::{
    Amounts, Candidate, Held, Lease, Reservation, ReservationId, Reserve, Reserved, Store, StoreError,
};
use tollgate_policy::set::budget::{BudgetMode, Rules};

use crate::metrics::{Metrics, ReserveOutcome, StoreOperation};
use crate::proto::{self, ReserveReply, ReserveRequest, reserve_reply::Outcome};
use crate::sparingly::Sparingly;

use super::asker::Asker;
use super::attempt::Attempts;
use super::call::{Call, Room};
use super::events::Events;
use super::overrides::{Overrides, Overriding};
use super::payer::{Limits, Payer, Uncountable};
use super::receipt::Receipt;
use super::reply;
use super::rulebook::{InForce, NoRules, Rulebook, mode};
use super::till::Till;
use super::ways::{Asked, NoWay, Served, Ways, longest, model_of};

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
    asker: Asker,
    rulebook: Rulebook,
    overrides: Overrides,
    lease: Lease,
    attempts: Attempts,
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
    /// For the operator; only where budgets are advisory.
    #[error("a counter cannot count any further")]
    Beyond,
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
        proto::Invalid { code: code.to_owned(), reason: reply::cut(self.to_string()) }
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
        let (asker, attempts) = (Asker::new(&metrics, PATIENCE), Attempts::new(till));
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let overrides = Overrides::new(Arc::clone(&store), asker.clone());
        let (log, strangers) = (Arc::default(), Arc::default());
        Desk { store, asker, rulebook, overrides, lease, attempts, slots, events, metrics, log, strangers }
    }

    pub(super) fn overrides(&self) -> &Overrides {
        &self.overrides
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
        let overrides = self.overrides.known().await?;
        let ways = self.ways(mode, in_force, rules, &overrides, request)?;
        let (candidates, is_strict) = (ways.candidates.clone(), mode == BudgetMode::Strict);
        let reserved = match self.ask(Reserve { id, candidates, lease: self.lease, is_strict }).await {
            Err(obstacle @ (Obstacle::Store(_) | Obstacle::Busy)) if !is_strict => {
                return Ok(self.unheld(id, &ways, &obstacle));
            }
            reserved => reserved?,
        };
        match reserved {
            Reserved::Held(held) => {
                self.events.stands(&held.standings, &rules.warn_at);
                let served = match ways.served(&held) {
                    Some(served) => served,
                    None => &self.served_before(&held, in_force, request),
                };
                let outcome = match (held.passed.is_empty(), served.model == request.model) {
                    (false, _) => ReserveOutcome::Passed,
                    (true, true) => ReserveOutcome::Held,
                    (true, false) => ReserveOutcome::Downgraded,
                };
                self.metrics.budget.reserved(mode, outcome);
                self.metrics.budget.scopes_reserved(outcome, &held.reservation.counters);
                if !held.passed.is_empty() && self.log.is_due("passed", Instant::now()) {
                    let request = reply::cut(request.request_id.clone());
                    tracing::warn!(request, "a call passes a limit: budgets are advisory here");
                }
                Ok(reply(Outcome::Held(self.receipt(&held, served))))
            }
            // A counter would count beyond all numbers.
            Reserved::Refused(_) if !is_strict => Ok(self.unheld(id, &ways, &Obstacle::Beyond)),
            Reserved::Refused(refused) => {
                self.metrics.budget.reserved(mode, ReserveOutcome::Exceeded);
                self.metrics.budget.scope_refused(refused.standing.counter.scope.kind());
                self.events.refused(&refused.standing, refused.asked);
                let standing = Some(reply::standing(&refused.standing, refused.at));
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
        overrides: &Overriding,
        request: &ReserveRequest,
    ) -> Result<Ways, Obstacle> {
        if request.org_unknown && mode == BudgetMode::Strict {
            return Err(Obstacle::NoOrg);
        }
        let payer = match (Payer::new(&request.user, &request.org), mode) {
            (Err(why), BudgetMode::Advisory) => {
                if self.log.is_due("uncountable", Instant::now()) {
                    tracing::warn!(%why, "a call is counted as far as is possible");
                }
                Payer::as_far_as_is_possible(&request.user, &request.org)
            }
            (payer, _) => payer?,
        };
        let call = Call::of(request, mode);
        let below = |downgrade: proto::Downgrade| u8::try_from(downgrade.below.min(100)).unwrap_or(100);
        let asked = Asked {
            budgets: &in_force.budgets,
            limits: Limits { rules, overrides },
            payer: &payer,
            call: &call,
            model: &request.model,
            downgrade: request.downgrade.map(below),
        };
        match (asked.ways(request.prompt_tokens), mode) {
            (Err(why), BudgetMode::Advisory) => {
                // As clients name it, at any length.
                if self.strangers.is_due(&reply::cut(request.model.clone()), Instant::now()) {
                    tracing::warn!(why = reply::cut(why.to_string()), "a call is counted as far as is possible");
                }
                Ok(asked.regardless()?)
            }
            (ways, _) => Ok(ways?),
        }
    }

    async fn ask(&self, reserve: Reserve) -> Result<Reserved, Obstacle> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| Obstacle::Busy)?;
        let attempt = self.attempts.begin(&self.store, reserve, slot);
        Ok(self.asker.ask(StoreOperation::Reserve, attempt).await?)
    }

    /// What serves a call that was held for by other policies than those in force.
    fn served_before(&self, held: &Held, in_force: &InForce, request: &ReserveRequest) -> Served {
        let name = model_of(&held.reservation).unwrap_or(&request.model);
        // What is held is held already: of a prompt that is elsewhere no more is said than is known.
        let call = Call::of(request, BudgetMode::Advisory);
        let model = in_force.budgets.model(name);
        let longest = longest(&in_force.budgets);
        let room = model.map_or_else(|| call.of_unknown(longest), |model| call.regardless(model));
        let Room { prompt, output_cap, .. } = room;
        Served { model: name.to_owned(), price: model.and_then(|model| model.price), prompt, output_cap }
    }

    fn receipt(&self, held: &Held, served: &Served) -> proto::Held {
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

    /// A call is made although nothing is held for it: what it uses counts when it is settled, by our clock. Its name is
    /// another one, for what comes to be held under the one that was asked for is given back.
    fn unheld(&self, id: ReservationId, ways: &Ways, obstacle: &Obstacle) -> ReserveReply {
        self.tell(BudgetMode::Advisory, obstacle);
        self.metrics.budget.reserved(BudgetMode::Advisory, ReserveOutcome::Unheld);
        let (Candidate { lines, .. }, Some(served)) = ways.first() else {
            return reply(Outcome::Held(proto::Held::default()));
        };
        let (id, at) = (ReservationId(id.0.map(|byte| !byte)), reply::now());
        let counters = lines.at(at);
        let reservation = Reservation { id, at, counters, held: Amounts::NONE, least: Amounts::NONE };
        let held = Held { candidate: 0, reservation, standings: Vec::new(), passed: Vec::new() };
        reply(Outcome::Held(self.receipt(&held, served)))
    }

    fn tell(&self, mode: BudgetMode, obstacle: &Obstacle) {
        if self.log.is_due("obstructed", Instant::now()) {
            tracing::error!(mode = reply::mode(mode), error = %obstacle, "calls of models cannot be reserved");
        }
    }

    /// What becomes of a call that nothing can be held for: where budgets are advisory, it is made even so.
    fn obstructed(&self, mode: BudgetMode, request: &ReserveRequest, obstacle: Obstacle) -> ReserveReply {
        let is_ours = matches!(obstacle, Obstacle::NoRules(_) | Obstacle::Store(_) | Obstacle::Busy);
        if is_ours {
            self.tell(mode, &obstacle);
        }
        let (outcome, counted) = match (mode, is_ours) {
            (BudgetMode::Advisory, _) => (Outcome::Held(self.uncounted(request)), ReserveOutcome::Unheld),
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

    /// Nothing can be counted of the call, and it is made as the client asks for it.
    fn uncounted(&self, request: &ReserveRequest) -> proto::Held {
        let known = self.rulebook.in_force().ok();
        let model = known.as_ref().and_then(|in_force| in_force.budgets.model(&request.model));
        let call = Call::of(request, BudgetMode::Advisory);
        let room = model.map_or_else(|| call.of_unknown(0), |model| call.regardless(model));
        proto::Held { model: request.model.clone(), output_cap: room.output_cap, ..proto::Held::default() }
    }
}

fn reply(outcome: Outcome) -> ReserveReply {
    ReserveReply { outcome: Some(outcome) }
}
