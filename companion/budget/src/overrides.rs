use crate::adjust::AdjustmentId;
use crate::amounts::{MOST_COUNTED, Unit};
use crate::counter::Counter;
use crate::label::Label;
use crate::period::{Period, Window};
use crate::scope::Scope;

/// How many limits can be overridden at a time: whatever is more belongs into policies.
pub const MOST_OVERRIDES: usize = 256;

/// What a limit is for, whatever the period.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Measure {
    /// Of whom or of what.
    pub scope: Scope,
    /// For how long.
    pub window: Window,
    /// What is counted.
    pub unit: Unit,
}

/// A limit that an administrator has set for a while. It counts instead of what policies say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Names the change that set it.
    pub id: AdjustmentId,
    /// For what.
    pub measure: Measure,
    /// What may be used and held together, at most [`MOST_COUNTED`]; absent: whatever is asked for.
    pub limit: Option<u64>,
    /// When it was set, in seconds since 1970.
    pub at: u64,
    /// The first second in which it counts no more.
    pub until: u64,
    /// By whom.
    pub who: Label,
    /// For the ledger.
    pub why: Label,
}

/// What an administrator does to a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideChange {
    /// Its name, chosen at random, so that asking again changes nothing again.
    pub id: AdjustmentId,
    /// For what.
    pub measure: Measure,
    /// What.
    pub overriding: Overriding,
    /// By whom.
    pub who: Label,
    /// For the ledger.
    pub why: Label,
}

/// How a limit is overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overriding {
    /// It is set, whether or not it was set before.
    Set {
        /// To so much; absent: there is none.
        limit: Option<u64>,
        /// The first second in which it counts no more; absent: that after the period that the store is in.
        until: Option<u64>,
    },
    /// What policies say counts again.
    Unset,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overridden {
    /// What counts now instead of what policies say, if anything does.
    Now(Option<Override>),
    /// Nothing was done: it would be over already.
    Over,
    /// Nothing was done: [`MOST_OVERRIDES`] are set.
    Full,
}

impl Measure {
    /// What a counter counts.
    #[must_use]
    pub fn of(counter: &Counter) -> Self {
        Measure { scope: counter.scope.clone(), window: counter.period.window(), unit: counter.unit }
    }

    /// The counter that counts it at a time, in seconds since 1970.
    #[must_use]
    pub fn at(&self, now: u64) -> Counter {
        let period = Period::containing(self.window, now);
        Counter { scope: self.scope.clone(), unit: self.unit, period }
    }
}

impl Override {
    /// Whether it counts at a time, in seconds since 1970.
    #[must_use]
    pub fn counts_at(&self, now: u64) -> bool {
        now < self.until
    }
}

impl OverrideChange {
    /// What it sets if it is made at a time; nothing if it takes something away.
    pub(crate) fn sets_at(&self, now: u64) -> Option<Override> {
        let Overriding::Set { limit, until } = self.overriding else { return None };
        let OverrideChange { id, measure, who, why, .. } = self.clone();
        let until = until.unwrap_or_else(|| measure.at(now).period.ends());
        Some(Override { id, measure, limit: limit.map(|limit| limit.min(MOST_COUNTED)), at: now, until, who, why })
    }
}
