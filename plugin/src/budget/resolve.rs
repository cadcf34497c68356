use std::time::Duration;

use tollgate_policy::http::BudgetMode;

use crate::counters::{Counter, Counters};
use crate::request::Reply;

use super::{Departure, Intent, Standing, Trouble, Verdict, refusal};

#[cfg(test)]
mod tests;

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
    /// More wait for it than can be waited for.
    #[error("too many calls wait for the companion")]
    Crowded,
    /// It has not answered the calls before.
    #[error("the companion has not answered for some time, and is asked once a second")]
    Suspended,
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

impl Failure {
    /// Whether the connection to the companion failed, rather than the companion or the time that there was.
    #[must_use]
    pub fn is_of_transport(&self) -> bool {
        // INTERNAL and UNAVAILABLE: what Envoy makes of streams that are reset, and of connections that cannot be made.
        matches!(self, Failure::NoAnswer(13 | 14))
    }

    /// Whether the companion was asked and nobody answered.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self, Failure::NotAsked(_) | Failure::NoAnswer(_))
    }
}

/// What becomes of a call with this body, by what the companion says.
///
/// Without a verdict a call goes only where its route, or else its environment, says that budgets are not strict. Then nobody
/// counts it.
#[must_use]
pub fn resolve(
    intent: &Intent,
    body: &[u8],
    verdict: Result<Verdict, Failure>,
    counters: &Counters,
    now: Duration,
) -> Resolved {
    let uncounted = || (Counter::BudgetUncounted, Resolved::Go(Departure::uncounted()));
    let unavailable = |after| (Counter::BudgetUnavailable, Resolved::Refuse(refusal::unavailable(intent, after)));
    let (counter, resolved) = match verdict {
        Ok(Verdict::Disabled) => uncounted(),
        // The store did not answer the companion, and budgets are advisory there.
        Ok(Verdict::Held(held)) if held.reservation.is_empty() => match intent.known_mode() {
            Some(BudgetMode::Strict) => unavailable(RETRY_AFTER),
            _ => uncounted(),
        },
        Ok(Verdict::Held(held)) => {
            let counter = if held.passed { Counter::BudgetPassed } else { Counter::BudgetHeld };
            (counter, Resolved::Go(Departure::counted(intent, body, held, now)))
        }
        Ok(Verdict::Exceeded { standing, asked }) => {
            (Counter::BudgetExceeded, Resolved::Refuse(refusal::exceeded(intent, &standing, Some(asked))))
        }
        Ok(Verdict::Invalid { code, reason }) => {
            (Counter::BudgetInvalid, Resolved::Refuse(refusal::invalid(intent, &code, &reason)))
        }
        Ok(Verdict::Unavailable { retry_after, .. }) => unavailable(retry_after),
        Err(_) if passes(intent) => uncounted(),
        Err(_) => unavailable(RETRY_AFTER),
    };
    counters.add(counter, 1);
    resolved
}

/// Whether a call goes that nobody can be asked about.
fn passes(intent: &Intent) -> bool {
    matches!(intent.known_mode(), Some(BudgetMode::Advisory | BudgetMode::Disabled))
}

/// What the operator may have to be told of a verdict, and why.
#[must_use]
pub fn trouble(intent: &Intent, verdict: &Result<Verdict, Failure>) -> Option<(Trouble, String)> {
    match verdict {
        Ok(Verdict::Unavailable { reason, .. }) => Some((Trouble::Refused, format!("the companion says: {reason}"))),
        Ok(Verdict::Held(held)) if held.reservation.is_empty() => {
            let is_strict = intent.known_mode() == Some(BudgetMode::Strict);
            let trouble = if is_strict { Trouble::Refused } else { Trouble::Uncounted };
            Some((trouble, "the companion holds nothing for them".to_owned()))
        }
        Ok(_) => None,
        Err(why) => Some((if passes(intent) { Trouble::Uncounted } else { Trouble::Refused }, why.to_string())),
    }
}

/// What becomes of a call that a limit refuses which is known to be spent.
#[must_use]
pub fn refuse_spent(intent: &Intent, standing: &Standing, counters: &Counters) -> Reply {
    counters.add(Counter::BudgetExceeded, 1);
    refusal::exceeded(intent, standing, None)
}
