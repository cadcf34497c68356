//! One request: what goes upstream, or which refusal goes back. This is where a request is decided.

mod escape;
mod forward;
mod pairs;
mod problem;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;

use tollgate_llm::Api;
use tollgate_policy::engine::{Reason, Scratch};
use tollgate_policy::http::{
    BudgetMode, Headers, HttpOutcome, HttpProgress, HttpVerdict, Refusal, RouteBudget, Surroundings,
};
use tollgate_policy::related::Related;
use tollgate_policy::snapshot::Snapshot;

use crate::budget::{self, Intent};
use crate::config::Forward;
use crate::counters::Counter;
use crate::slot::Slot;
use crate::vm::{DecisionId, Vm};

pub use forward::HeaderEdit;
pub use pairs::{MalformedPairs, parse_pairs, serialise_pairs};
pub use problem::{Problem, Reply};

#[cfg(test)]
mod tests;

/// Most related policies that are named with a refusal.
const MAX_RELATED: usize = 3;

/// The filter under one configuration.
pub struct Filter {
    explain: bool,
    forward: Forward,
    slot: Rc<Slot>,
    vm: Rc<Vm>,
    stale: Cell<bool>,
}

/// What becomes of a request.
#[derive(Debug, PartialEq)]
pub struct Answer<'f> {
    /// Upstream, or back.
    pub disposition: Disposition<'f>,
    /// For the operator, if the log level shows single decisions.
    pub note: Option<String>,
}

/// Upstream, or back.
#[derive(Debug, PartialEq)]
pub enum Disposition<'f> {
    /// The request goes upstream, once all of these edits have been made.
    Forward(Vec<HeaderEdit<'f>>),
    /// It goes upstream as soon as what it may use is reserved, once all of these edits have been made.
    Reserve(Vec<HeaderEdit<'f>>, Box<Intent>),
    /// The request is answered here.
    Refuse(Reply),
}

/// How far the headers of a request bring its answer.
#[derive(Debug, PartialEq)]
pub enum Progress<'f> {
    /// To its end, whatever the body.
    Answered(Answer<'f>),
    /// Not to an end: the request is to be held until its body is there, and answered then.
    NeedsBody {
        /// A longer body, in bytes, is refused.
        max_bytes: usize,
        /// The API of models that the request speaks, if it is a call of one.
        api: Option<Api>,
    },
}

impl Filter {
    /// A filter that decides with what is in the slot. `explain` has it tell clients why, `forward` tell upstreams what.
    #[must_use]
    pub fn new(explain: bool, forward: Forward, slot: Rc<Slot>, vm: Rc<Vm>) -> Self {
        Filter { explain, forward, slot, vm, stale: Cell::new(false) }
    }

    /// Whether the snapshot in force has gone unconfirmed for too long. Then it decides nothing.
    pub fn set_stale(&self, stale: bool) {
        self.stale.set(stale);
    }

    /// Whether it has.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale.get()
    }

    /// Decides a request that is there as a whole; `body` is missing if it has none.
    #[must_use]
    pub fn answer(&self, headers: Headers<'_>, body: Option<&[u8]>, surroundings: &dyn Surroundings) -> Answer<'_> {
        self.vm.serving.set(true);
        let snapshot = match self.snapshot() {
            Ok(snapshot) => snapshot,
            Err(answer) => return answer,
        };
        let outcome = self.with_scratch(|scratch| snapshot.check_http(headers, body, surroundings, scratch));
        self.settle(headers, body.unwrap_or_default(), &snapshot, &outcome)
    }

    /// Decides a request of which only the headers are there, if they suffice.
    #[must_use]
    pub fn answer_head(&self, headers: Headers<'_>, surroundings: &dyn Surroundings) -> Progress<'_> {
        self.vm.serving.set(true);
        let snapshot = match self.snapshot() {
            Ok(snapshot) => snapshot,
            Err(answer) => return Progress::Answered(answer),
        };
        match self.with_scratch(|scratch| snapshot.check_http_head(headers, surroundings, scratch)) {
            HttpProgress::NeedsBody { max_bytes, budget } => {
                Progress::NeedsBody { max_bytes, api: budget.and_then(|budget| api_of(budget, headers)) }
            }
            HttpProgress::Decided(outcome) => Progress::Answered(self.settle(headers, &[], &snapshot, &outcome)),
        }
    }

    /// Refuses a request whose body has grown longer than its route takes, in the words of the API that it speaks.
    #[must_use]
    pub fn body_too_large(&self, api: Option<Api>) -> Answer<'_> {
        self.vm.counters.add(Counter::BodyTooLarge, 1);
        let (id, why) = (self.vm.decisions.next(), Reason::BodyTooLarge.to_string());
        let explained = self.explain.then_some(&*why);
        let plain = || Problem::BodyTooLarge.reply(id, explained, None);
        Answer {
            disposition: Disposition::Refuse(api.map_or_else(plain, |api| budget::too_large(api, id))),
            note: self.vm.verbose.get().then(|| format!("decision {id}: body_too_large: {why}")),
        }
    }

    /// Whether the policies in force allow a request that is there as a whole. Nothing is counted.
    #[must_use]
    pub fn allows(&self, headers: Headers<'_>, body: &[u8], surroundings: &dyn Surroundings) -> bool {
        self.snapshot().is_ok_and(|snapshot| {
            let outcome = self.with_scratch(|scratch| snapshot.check_http(headers, Some(body), surroundings, scratch));
            outcome.verdict == HttpVerdict::Allow
        })
    }

    /// The VM that the filter is in.
    #[must_use]
    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    /// Refuses a request that cannot be decided.
    #[must_use]
    pub fn undecidable(&self, why: &str) -> Answer<'_> {
        self.unavailable(Counter::Unavailable, why)
    }

    /// The snapshot that decides, or the refusal where none may.
    fn snapshot(&self) -> Result<Rc<Snapshot>, Answer<'_>> {
        if self.stale.get() {
            return Err(self.unavailable(Counter::Stale, "the snapshot has gone unconfirmed for too long"));
        }
        self.slot.current().ok_or_else(|| self.unavailable(Counter::Unavailable, "there is no snapshot yet"))
    }

    fn with_scratch<R>(&self, work: impl FnOnce(&mut Scratch) -> R) -> R {
        match self.vm.scratch.try_borrow_mut() {
            Ok(mut scratch) => {
                let result = work(&mut scratch);
                let lookups = scratch.take_identity_lookups();
                self.vm.counters.add(Counter::IdentityHits, lookups.hits);
                self.vm.counters.add(Counter::IdentityMisses, lookups.misses);
                result
            }
            Err(_) => work(&mut Scratch::default()),
        }
    }

    fn settle(&self, headers: Headers<'_>, body: &[u8], snapshot: &Snapshot, outcome: &HttpOutcome<'_>) -> Answer<'_> {
        let id = self.vm.decisions.next();
        self.count(outcome);
        let disposition = match outcome.verdict {
            HttpVerdict::Allow => {
                let edits = forward::edits(&self.forward, headers, snapshot, outcome, id);
                let charge = outcome.charge(snapshot).filter(|charge| charge.budget.mode != Some(BudgetMode::Disabled));
                match charge.map(|charge| Intent::read(&charge, headers, body, id)) {
                    None => Disposition::Forward(edits),
                    Some(Ok(intent)) => Disposition::Reserve(edits, Box::new(intent)),
                    Some(Err(unfit)) => {
                        self.vm.counters.add(Counter::BudgetInvalid, 1);
                        Disposition::Refuse(budget::unfit(&unfit, id, self.explain))
                    }
                }
            }
            HttpVerdict::Refuse(refusal) => {
                let api = outcome.budget.filter(|_| refusal == Refusal::BodyTooLarge);
                Disposition::Refuse(match api.and_then(|budget| api_of(budget, headers)) {
                    Some(api) => budget::too_large(api, id),
                    None => self.refusal(refusal, outcome, id),
                })
            }
        };
        let note = self.vm.verbose.get().then(|| self.note(snapshot, outcome, id));
        Answer { disposition, note }
    }

    /// One line about a decision. What a client chose is escaped.
    fn note(&self, snapshot: &Snapshot, outcome: &HttpOutcome<'_>, id: DecisionId) -> String {
        let mut note = note(outcome, id);
        // What the operator may have meant instead of the policy that refused, or did not allow.
        if let (HttpVerdict::Refuse(_), Some(policy)) = (outcome.verdict, outcome.policy.or(outcome.nearest)) {
            let mut lead = Some(policy);
            for Related { policy, similarity } in self.slot.index().related(policy, snapshot).take(MAX_RELATED) {
                let _ = match lead.take() {
                    Some(policy) => write!(note, "; related to `{policy}`: "),
                    None => write!(note, ", "),
                };
                let _ = write!(note, "`{policy}` {similarity}");
            }
        }
        note
    }

    fn count(&self, outcome: &HttpOutcome<'_>) {
        let counters = &self.vm.counters;
        let verdict = match outcome.verdict {
            HttpVerdict::Allow => Counter::Allowed,
            HttpVerdict::Refuse(Refusal::Forbidden) => Counter::Denied,
            HttpVerdict::Refuse(Refusal::Unauthenticated) => Counter::Unauthenticated,
            HttpVerdict::Refuse(Refusal::InvalidRequest) => Counter::Invalid,
            HttpVerdict::Refuse(Refusal::BodyTooLarge) => Counter::BodyTooLarge,
        };
        counters.add(verdict, 1);
        counters.add(Counter::ConditionErrors, outcome.errors.into());
        if outcome.reason == Reason::PassedUnmatched {
            counters.add(Counter::UnmatchedAllowed, 1);
        }
    }

    fn refusal(&self, refusal: Refusal, outcome: &HttpOutcome<'_>, id: DecisionId) -> Reply {
        let problem = match refusal {
            Refusal::InvalidRequest => Problem::InvalidRequest,
            Refusal::Unauthenticated => Problem::Unauthenticated,
            Refusal::Forbidden => Problem::Forbidden,
            Refusal::BodyTooLarge => Problem::BodyTooLarge,
        };
        if self.explain {
            problem.reply(id, Some(&outcome.reason.to_string()), outcome.policy)
        } else {
            problem.reply(id, None, None)
        }
    }

    fn unavailable(&self, counter: Counter, why: &str) -> Answer<'_> {
        let id = self.vm.decisions.next();
        self.vm.counters.add(counter, 1);
        let explained = self.explain.then_some(why);
        Answer {
            disposition: Disposition::Refuse(Problem::PolicyUnavailable.reply(id, explained, None)),
            note: self.vm.verbose.get().then(|| format!("decision {id}: unavailable: {why}")),
        }
    }
}

/// The API of models that a request of a route with this budget speaks, if that can be told.
fn api_of(budget: &RouteBudget, headers: Headers<'_>) -> Option<Api> {
    budget::speaks(budget, str::from_utf8(headers.get(":path")?).ok()?).ok()
}

fn note(outcome: &HttpOutcome<'_>, id: DecisionId) -> String {
    let verdict = match outcome.verdict {
        HttpVerdict::Allow => Cow::Borrowed("allow"),
        HttpVerdict::Refuse(refusal) => Cow::Owned(refusal.code().to_ascii_lowercase()),
    };
    let mut note = format!("decision {id}: {verdict}: {}", outcome.reason);
    // Writing to a string cannot fail.
    let _ = outcome.detail.as_ref().map(|detail| write!(note, "; {}", detail.escape_debug()));
    let _ = outcome.policy.map(|policy| write!(note, "; policy `{policy}`"));
    let _ = outcome.route.map(|route| write!(note, "; route `{route}`"));
    let _ = outcome.principal.as_ref().map(|who| write!(note, "; principal `{}`", who.id().escape_debug()));
    let _ = outcome.scope.map(|scope| write!(note, "; in scope `{scope}`"));
    let _ = outcome.shadow.map(|shadow| write!(note, "; with shadow policies {shadow}"));
    let _ = outcome.first_error.map(|error| write!(note, "; {} condition errors, first {error}", outcome.errors));
    note
}
