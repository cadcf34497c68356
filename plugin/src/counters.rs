//! What the filter counts. Counting costs an addition in VM memory; the proxy's metrics are told on the tick.

use std::cell::Cell;

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Requests allowed.
    Allowed,
    /// Requests refused with 403.
    Denied,
    /// Requests refused with 401.
    Unauthenticated,
    /// Requests refused with 400.
    Invalid,
    /// Requests refused with 413.
    BodyTooLarge,
    /// Requests refused with 503.
    Unavailable,
    /// Requests refused with 503 because the snapshot in force had gone unconfirmed for too long.
    Stale,
    /// Policy conditions that failed to evaluate.
    ConditionErrors,
    /// Requests allowed although no route matched, because the policy set lets those pass.
    UnmatchedAllowed,
    /// Principals that were known from an earlier request.
    IdentityHits,
    /// Principals that had to be read.
    IdentityMisses,
    /// Snapshots taken into use.
    SnapshotsApplied,
    /// Snapshots refused.
    SnapshotsRefused,
    /// Parts of the index snapshot taken into use.
    IndexPartsApplied,
    /// Parts of the index snapshot refused.
    IndexPartsRefused,
    /// Streams to the companion opened after the first.
    FeedReconnects,
    /// Calls of models for which tokens are held.
    BudgetHeld,
    /// Those among them that pass a limit, since budgets are advisory.
    BudgetPassed,
    /// Calls for which nothing is held, and which pass: budgets are disabled, or advisory and nobody could be asked.
    BudgetUncounted,
    /// Calls refused with 429.
    BudgetExceeded,
    /// Calls refused with 503.
    BudgetUnavailable,
    /// Requests refused because they are no calls that could be counted.
    BudgetInvalid,
    /// Calls of which the companion learns the end by their lease alone: there was no room to keep it.
    SettlementsDropped,
}

impl Counter {
    /// Every counter.
    pub const ALL: [Counter; 23] = [
        Counter::Allowed,
        Counter::Denied,
        Counter::Unauthenticated,
        Counter::Invalid,
        Counter::BodyTooLarge,
        Counter::Unavailable,
        Counter::Stale,
        Counter::ConditionErrors,
        Counter::UnmatchedAllowed,
        Counter::IdentityHits,
        Counter::IdentityMisses,
        Counter::SnapshotsApplied,
        Counter::SnapshotsRefused,
        Counter::IndexPartsApplied,
        Counter::IndexPartsRefused,
        Counter::FeedReconnects,
        Counter::BudgetHeld,
        Counter::BudgetPassed,
        Counter::BudgetUncounted,
        Counter::BudgetExceeded,
        Counter::BudgetUnavailable,
        Counter::BudgetInvalid,
        Counter::SettlementsDropped,
    ];

    /// Its metric. The parts after `verdict` and `result` are meant to become labels (`stats_tags`).
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Counter::Allowed => "tollgate.decisions.verdict.allow",
            Counter::Denied => "tollgate.decisions.verdict.deny",
            Counter::Unauthenticated => "tollgate.decisions.verdict.unauthenticated",
            Counter::Invalid => "tollgate.decisions.verdict.invalid",
            Counter::BodyTooLarge => "tollgate.decisions.verdict.body_too_large",
            Counter::Unavailable => "tollgate.decisions.verdict.unavailable",
            Counter::Stale => "tollgate.decisions.verdict.stale",
            Counter::ConditionErrors => "tollgate.condition_errors",
            Counter::UnmatchedAllowed => "tollgate.unmatched_allowed",
            Counter::IdentityHits => "tollgate.identity_cache.hits",
            Counter::IdentityMisses => "tollgate.identity_cache.misses",
            Counter::SnapshotsApplied => "tollgate.snapshots.result.applied",
            Counter::SnapshotsRefused => "tollgate.snapshots.result.refused",
            Counter::IndexPartsApplied => "tollgate.index_parts.result.applied",
            Counter::IndexPartsRefused => "tollgate.index_parts.result.refused",
            Counter::FeedReconnects => "tollgate.feed.reconnects",
            Counter::BudgetHeld => "tollgate.budget_calls.outcome.held",
            Counter::BudgetPassed => "tollgate.budget_calls.outcome.passed",
            Counter::BudgetUncounted => "tollgate.budget_calls.outcome.uncounted",
            Counter::BudgetExceeded => "tollgate.budget_calls.outcome.exceeded",
            Counter::BudgetUnavailable => "tollgate.budget_calls.outcome.unavailable",
            Counter::BudgetInvalid => "tollgate.budget_calls.outcome.invalid",
            Counter::SettlementsDropped => "tollgate.settlements.dropped",
        }
    }
}

/// The counts that the proxy has not been told yet.
#[derive(Debug, Default)]
pub struct Counters([Cell<u64>; Counter::ALL.len()]);

impl Counters {
    /// Counts `count` more.
    pub fn add(&self, counter: Counter, count: u64) {
        if let Some(cell) = self.0.get(counter as usize) {
            cell.set(cell.get().saturating_add(count));
        }
    }

    /// Takes what has been counted since the last time.
    pub fn take(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).map(Cell::take).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_not_taken_again() {
        let counters = Counters::default();
        counters.add(Counter::Denied, 1);
        counters.add(Counter::Denied, 2);
        counters.add(Counter::FeedReconnects, 1);
        assert_eq!(counters.take(Counter::Denied), 3);
        assert_eq!(counters.take(Counter::Denied), 0);
        assert_eq!(counters.take(Counter::FeedReconnects), 1);
        assert_eq!(counters.take(Counter::Allowed), 0);
    }

    #[test]
    fn every_counter_has_its_own_cell_and_metric() {
        let counters = Counters::default();
        for (amount, counter) in (1..).zip(Counter::ALL) {
            counters.add(counter, amount);
        }
        for (amount, counter) in (1..).zip(Counter::ALL) {
            assert_eq!(counters.take(counter), amount);
        }
        let names: std::collections::HashSet<_> = Counter::ALL.map(Counter::metric).into();
        assert_eq!(names.len(), Counter::ALL.len());
    }
}
