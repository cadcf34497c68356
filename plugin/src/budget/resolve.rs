use std::time::Duration;

use tollgate_policy::http::BudgetMode;

use crate::counters::{Counter, Counters};
use crate::request::Reply;

use super::{Departure, Intent, Standing, Verdict, refusal};

/// When to ask again where the companion did not answer, in seconds.
const RETRY_AFTER: u64 = 1;

/// What becomes of a call.
#[derive(Debug)]
pub enum Resolved {
    /// It goes upstream.
    Go(Departure),
    /// It is answered here.
    Refuse(Reply),
}

/// Why there is no verdict; for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The configuration names no companion.
    #[error("there is no companion to reserve calls with")]
    NoCompanion,
    /// The call could not be made.
    #[error("the companion cannot be asked: {0}")]
    NotAsked(String),
    /// It ended without a reply.
    #[error("the companion did not answer: gRPC status {0}")]
    NoAnswer(u32),
    /// The reply is none.
    #[error("the companion's answer cannot be read")]
    Unreadable,
}

/// What becomes of a call with this body, by what the companion says.
///
/// Without a verdict a call goes only where its route says that budgets are advisory; nothing follows it.
#[must_use]
pub fn resolve(
    intent: &Intent,
    body: &[u8],
    verdict: Result<Verdict, Failure>,
    counters: &Counters,
    now: Duration,
) -> Resolved {
    let (counter, resolved) = match verdict {
        Ok(Verdict::Disabled) => (Counter::BudgetUncounted, Resolved::Go(Departure::uncounted())),
        // The store did not answer the companion, and budgets are advisory there.
        Ok(Verdict::Held(held)) if held.reservation.is_empty() => {
            (Counter::BudgetUncounted, Resolved::Go(Departure::uncounted()))
        }
        Ok(Verdict::Held(held)) => {
            let counter = if held.passed { Counter::BudgetPassed } else { Counter::BudgetHeld };
            (counter, Resolved::Go(Departure::counted(intent, body, held, now)))
        }
        Ok(Verdict::Exceeded { standing, asked }) => {
            (Counter::BudgetExceeded, Resolved::Refuse(refusal::exceeded(intent, &standing, Some(asked))))
        }
        Ok(Verdict::Invalid(why)) => (Counter::BudgetInvalid, Resolved::Refuse(refusal::invalid(intent, &why))),
        Ok(Verdict::Unavailable { retry_after, .. }) => {
            (Counter::BudgetUnavailable, Resolved::Refuse(refusal::unavailable(intent, retry_after)))
        }
        Err(_) if intent.mode() == Some(BudgetMode::Advisory) => {
            (Counter::BudgetUncounted, Resolved::Go(Departure::uncounted()))
        }
        Err(_) => (Counter::BudgetUnavailable, Resolved::Refuse(refusal::unavailable(intent, RETRY_AFTER))),
    };
    counters.add(counter, 1);
    resolved
}

/// What becomes of a call that a limit refuses which is known to be spent.
#[must_use]
pub fn refuse_spent(intent: &Intent, standing: &Standing, counters: &Counters) -> Reply {
    counters.add(Counter::BudgetExceeded, 1);
    refusal::exceeded(intent, standing, None)
}
