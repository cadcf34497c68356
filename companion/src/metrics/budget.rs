use std::fmt::{self, Write};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tollgate_budget::{Counters, ScopeKind, Settled};
use tollgate_policy::set::budget::BudgetMode;

use super::gauge;

/// From a file that is in memory to a store that is given up on.
const STORE_BUCKETS: [f64; 12] = [0.0001, 0.0002, 0.0004, 0.0008, 0.0016, 0.003, 0.006, 0.0125, 0.025, 0.05, 0.1, 0.25];

/// From a word too many to a book.
const OVERSPEND_BUCKETS: [f64; 9] = [1.0, 10.0, 50.0, 100.0, 500.0, 1000.0, 5000.0, 20_000.0, 100_000.0];

/// What of scopes is counted where none has to do with it.
const NO_SCOPE: &str = "none";

/// What budgets count. Shared by reference.
#[derive(Debug)]
pub(crate) struct BudgetMetrics {
    reserves: Family<ReserveLabels, Counter>,
    calls: Family<CallLabels, Counter>,
    settled: Family<SettledLabels, Counter>,
    rejected: Counter,
    waiting: Gauge,
    overspend: Histogram,
    holds: Gauge,
    expiries: Counter,
    store_duration: Family<StoreLabels, Histogram>,
    store_errors: Family<StoreLabels, Counter>,
    events: Family<EventLabels, Counter>,
    store_state: Family<StateLabels, Gauge>,
    store_losses: Counter,
    outbox: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReserveLabels {
    scope_type: &'static str,
    outcome: ReserveOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    mode: &'static str,
    outcome: ReserveOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SettledLabels {
    outcome: Ended,
    result: Came,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    operation: StoreOperation,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: StoreState,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    kind: BudgetEvent,
}

/// What became of a reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ReserveOutcome {
    /// It is held, for the model that was asked for.
    Held,
    /// It is held, for another model.
    Downgraded,
    /// It is held, and passes a limit.
    Passed,
    /// Nothing is held, and the call is made even so.
    Unheld,
    /// It does not fit.
    Exceeded,
    /// The store does not answer, or nothing is in force.
    Unavailable,
    /// It cannot be held for as it is.
    Invalid,
    /// Budgets are disabled.
    Disabled,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ended {
    Committed,
    Estimated,
    Released,
    /// It goes on.
    Renewed,
}

/// What came of saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Came {
    Now,
    /// It had been settled already.
    Before,
    /// In the place of what its lease had settled it at.
    Corrected,
    /// Too late for the counters.
    Late,
    /// It will, when the store answers again.
    Waiting,
}

/// What the store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StoreOperation {
    Reserve,
    Settle,
    Renew,
    Expire,
    Holds,
}

/// What the store is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StoreState {
    /// It can be used.
    Open,
    /// It was not reached yet.
    Looking,
    /// It is given back what it had lost.
    Mending,
    /// It has lost something, and somebody who has it is missing.
    Closed,
    /// It does not answer.
    Away,
}

impl StoreState {
    const ALL: [StoreState; 5] =
        [StoreState::Open, StoreState::Looking, StoreState::Mending, StoreState::Closed, StoreState::Away];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            StoreState::Open => "open",
            StoreState::Looking => "looking",
            StoreState::Mending => "mending",
            StoreState::Closed => "closed",
            StoreState::Away => "away",
        }
    }
}

impl EncodeLabelValue for StoreState {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.as_str())
    }
}

/// What operators are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BudgetEvent {
    Reached,
    Refused,
    Overspent,
}

impl EncodeLabelValue for ReserveOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            ReserveOutcome::Held => "held",
            ReserveOutcome::Downgraded => "downgraded",
            ReserveOutcome::Passed => "passed",
            ReserveOutcome::Unheld => "unheld",
            ReserveOutcome::Exceeded => "exceeded",
            ReserveOutcome::Unavailable => "unavailable",
            ReserveOutcome::Invalid => "invalid",
            ReserveOutcome::Disabled => "disabled",
        })
    }
}

impl EncodeLabelValue for Ended {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Ended::Committed => "committed",
            Ended::Estimated => "estimated",
            Ended::Released => "released",
            Ended::Renewed => "renewed",
        })
    }
}

impl EncodeLabelValue for Came {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Came::Now => "now",
            Came::Before => "before",
            Came::Corrected => "corrected",
            Came::Late => "late",
            Came::Waiting => "waiting",
        })
    }
}

impl EncodeLabelValue for StoreOperation {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            StoreOperation::Reserve => "reserve",
            StoreOperation::Settle => "settle",
            StoreOperation::Renew => "renew",
            StoreOperation::Expire => "expire",
            StoreOperation::Holds => "holds",
        })
    }
}

impl EncodeLabelValue for BudgetEvent {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            BudgetEvent::Reached => "reached",
            BudgetEvent::Refused => "refused",
            BudgetEvent::Overspent => "overspent",
        })
    }
}

impl From<Settled> for Came {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Now => Came::Now,
            Settled::Before => Came::Before,
            Settled::Corrected { .. } => Came::Corrected,
            Settled::Late => Came::Late,
            Settled::Waiting => Came::Waiting,
        }
    }
}

impl BudgetMetrics {
    /// In a registry whose names have no prefix.
    pub(super) fn registered(plain: &mut Registry) -> Self {
        let metrics = BudgetMetrics {
            reserves: Family::default(),
            calls: Family::default(),
            settled: Family::default(),
            rejected: Counter::default(),
            waiting: Gauge::default(),
            overspend: Histogram::new(OVERSPEND_BUCKETS),
            holds: Gauge::default(),
            expiries: Counter::default(),
            store_duration: Family::new_with_constructor(|| Histogram::new(STORE_BUCKETS)),
            store_errors: Family::default(),
            events: Family::default(),
            store_state: Family::default(),
            store_losses: Counter::default(),
            outbox: Gauge::default(),
        };
        metrics.register_calls(plain);
        metrics.register_store(plain);
        // What has not happened yet is zero, not absent: alerts compare with it.
        for kind in ScopeKind::ALL {
            drop(metrics.reserve(kind.as_str(), ReserveOutcome::Held));
            drop(metrics.reserve(kind.as_str(), ReserveOutcome::Exceeded));
        }
        for outcome in [ReserveOutcome::Unavailable, ReserveOutcome::Unheld] {
            drop(metrics.reserve(NO_SCOPE, outcome));
        }
        for kind in [BudgetEvent::Reached, BudgetEvent::Refused, BudgetEvent::Overspent] {
            drop(metrics.events.get_or_create(&EventLabels { kind }));
        }
        metrics.store_is(StoreState::Looking);
        metrics
    }

    fn register_calls(&self, registry: &mut Registry) {
        let reserves = "Reserves by each kind of scope that they count for, and what became of them there";
        registry.register("budget_reserve", reserves, self.reserves.clone());
        registry.register(
            "budget_calls",
            "Calls that were to be reserved, and what became of them",
            self.calls.clone(),
        );
        let settled = "Calls that ended, or said how far they were, and what came of that";
        registry.register("budget_settled", settled, self.settled.clone());
        let rejected = "Settlements that cannot be read";
        registry.register("budget_settlements_rejected", rejected, self.rejected.clone());
        let waiting = "Settlements that are on their way to the store";
        registry.register("budget_settlements_waiting", waiting, self.waiting.clone());
        let overspend = "Of calls that used more than was held for them, how much more";
        registry.register("budget_overspend_delta_tokens", overspend, self.overspend.clone());
        let events =
            "Limits that are nearly reached, calls refused, and calls that used far too much; each limit once a period";
        registry.register("budget_events", events, self.events.clone());
    }

    fn register_store(&self, registry: &mut Registry) {
        registry.register("budget_holds", "Calls that something is held for", self.holds.clone());
        let expiries = "Calls of which nothing was heard until their leases ended";
        registry.register("budget_lease_expiries", expiries, self.expiries.clone());
        let duration = "Time until the budget store has answered, or is given up on";
        registry.register_with_unit("budget_store_duration", duration, Unit::Seconds, self.store_duration.clone());
        let errors = "Questions that the budget store did not answer";
        registry.register("budget_store_errors", errors, self.store_errors.clone());
        let state = "What the budget store is doing: 1 for that, 0 for all else";
        registry.register("budget_store_state", state, self.store_state.clone());
        let losses = "How often the budget store had lost counters, which companions have given back";
        registry.register("budget_store_losses", losses, self.store_losses.clone());
        let outbox = "Settlements that are in this companion's file and wait for a store elsewhere to count them";
        registry.register("budget_outbox_settlements", outbox, self.outbox.clone());
    }

    /// A call was to be reserved in this mode.
    pub(crate) fn reserved(&self, mode: BudgetMode, outcome: ReserveOutcome) {
        let mode = match mode {
            BudgetMode::Strict => "strict",
            BudgetMode::Advisory => "advisory",
            BudgetMode::Disabled => "disabled",
        };
        self.calls.get_or_create(&CallLabels { mode, outcome }).inc();
        // Those of scopes are counted by them.
        if let ReserveOutcome::Unheld
        | ReserveOutcome::Unavailable
        | ReserveOutcome::Invalid
        | ReserveOutcome::Disabled = outcome
        {
            self.reserve(NO_SCOPE, outcome).inc();
        }
    }

    /// It is held against these.
    pub(crate) fn scopes_reserved(&self, outcome: ReserveOutcome, counters: &Counters) {
        for kind in ScopeKind::ALL {
            if counters.iter().any(|counter| counter.scope.kind() == kind) {
                self.reserve(kind.as_str(), outcome).inc();
            }
        }
    }

    /// A limit of this kind of scope has refused it.
    pub(crate) fn scope_refused(&self, kind: ScopeKind) {
        self.reserve(kind.as_str(), ReserveOutcome::Exceeded).inc();
    }

    fn reserve(&self, scope_type: &'static str, outcome: ReserveOutcome) -> impl std::ops::Deref<Target = Counter> {
        self.reserves.get_or_create(&ReserveLabels { scope_type, outcome })
    }

    pub(crate) fn settled(&self, outcome: Ended, result: Came) {
        self.settled.get_or_create(&SettledLabels { outcome, result }).inc();
    }

    pub(crate) fn rejected(&self) {
        self.rejected.inc();
    }

    pub(crate) fn settlements_wait(&self, count: usize) {
        self.waiting.set(gauge(count as u64));
    }

    /// A call used so many tokens more than were held.
    pub(crate) fn overspent(&self, tokens: u64) {
        self.overspend.observe(tokens as f64);
    }

    pub(crate) fn holds(&self, count: u64) {
        self.holds.set(gauge(count));
    }

    pub(crate) fn expired(&self) {
        self.expiries.inc();
    }

    pub(crate) fn store_asked(&self, operation: StoreOperation, took: Duration, has_failed: bool) {
        self.store_duration.get_or_create(&StoreLabels { operation }).observe(took.as_secs_f64());
        if has_failed {
            self.store_errors.get_or_create(&StoreLabels { operation }).inc();
        }
    }

    pub(crate) fn store_is(&self, now: StoreState) {
        for state in StoreState::ALL {
            self.store_state.get_or_create(&StateLabels { state }).set((state == now).into());
        }
    }

    pub(crate) fn store_lost(&self) {
        self.store_losses.inc();
    }

    pub(crate) fn outbox_waits(&self, count: u64) {
        self.outbox.set(gauge(count));
    }

    pub(crate) fn event(&self, kind: BudgetEvent) {
        self.events.get_or_create(&EventLabels { kind }).inc();
    }
}
