use std::cell::RefCell;
use std::time::Duration;

use tollgate_policy::http::BudgetMode;

use super::Standing;
use super::intent::Intent;

#[cfg(test)]
mod tests;

/// For how long a refusal is remembered. The companion may free what is held, or an operator raise a limit, at any moment.
const MEMORY: Duration = Duration::from_secs(1);
/// Most limits that are remembered.
const MAX_REMEMBERED: usize = 256;

/// Limits that are spent, as the companion has said a moment ago: what else would be held against them is refused without
/// asking again. Only the companion's word admits a call.
#[derive(Debug, Default)]
pub struct Spent(RefCell<Vec<Remembered>>);

#[derive(Debug)]
struct Remembered {
    /// Of the call that was refused: others have other limits, or none.
    mode: Option<BudgetMode>,
    standing: Standing,
    at: Duration,
}

impl Remembered {
    fn is_forgotten(&self, now: Duration) -> bool {
        let resets_in = Duration::from_secs(self.standing.resets_in);
        now.saturating_sub(self.at) >= MEMORY.min(resets_in)
    }

    fn refuses(&self, intent: &Intent) -> bool {
        let Standing { scope, name, .. } = &self.standing;
        // Which providers and models would serve the call, the companion knows.
        let is_its = match &**scope {
            "global" => true,
            "org" => intent.org() == Some(name),
            "user" => intent.user() == &**name,
            _ => false,
        };
        is_its && self.mode == intent.mode()
    }
}

impl Spent {
    /// The companion has refused a call. Another may fit where anything is left of the limit, or only held for calls that
    /// may end at any moment; or where it costs nothing, if the limit is one of money.
    pub fn remember(&self, intent: &Intent, standing: &Standing, now: Duration) {
        if !standing.is_used_up() || !standing.counts_tokens() {
            return;
        }
        let mut spent = self.0.borrow_mut();
        let is_same = |other: &Remembered| other.mode == intent.mode() && other.standing.is_same_limit(standing);
        spent.retain(|other| !other.is_forgotten(now) && !is_same(other));
        if spent.len() < MAX_REMEMBERED {
            spent.push(Remembered { mode: intent.mode(), standing: standing.clone(), at: now });
        }
    }

    /// The limit that refuses a call, if one is known.
    #[must_use]
    pub fn refusing(&self, intent: &Intent, now: Duration) -> Option<Standing> {
        let spent = self.0.borrow();
        let found = spent.iter().find(|one| !one.is_forgotten(now) && one.refuses(intent))?;
        Some(found.standing.clone())
    }
}
