//! How the store's words are said to plugins.

use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_budget::{Standing, Unit};
use tollgate_policy::set::budget::BudgetMode;

use crate::proto;

/// Longest reason that travels, in bytes.
const MAX_REASON: usize = 256;

/// How a limit stands at a time, in seconds since 1970.
pub(super) fn standing(standing: &Standing, at: u64) -> proto::Standing {
    let Standing { counter, limit, used, held } = standing;
    proto::Standing {
        scope: counter.scope.kind().to_string(),
        name: counter.scope.name().map(ToString::to_string).unwrap_or_default(),
        unit: unit(counter.unit).to_owned(),
        window: counter.period.window().to_string(),
        limit: limit.unwrap_or(u64::MAX),
        used: *used,
        held: *held,
        // The period may end while this travels.
        resets_in: counter.period.ends().saturating_sub(at).max(1),
    }
}

/// The limit with the least left: in tokens, which is what clients are told of, or else in money.
pub(super) fn tightest(standings: &[Standing]) -> Option<&Standing> {
    let of = |unit| {
        let limits = standings.iter().filter(move |standing| standing.counter.unit == unit);
        limits.filter_map(|standing| Some((standing.left()?, standing))).min_by_key(|(left, _)| *left)
    };
    of(Unit::Tokens).or_else(|| of(Unit::MicroDollars)).map(|(_, standing)| standing)
}

pub(super) fn cut(mut reason: String) -> String {
    reason.truncate(reason.floor_char_boundary(MAX_REASON));
    reason
}

/// As policies write it.
pub(super) fn mode(mode: BudgetMode) -> &'static str {
    match mode {
        BudgetMode::Strict => "strict",
        BudgetMode::Advisory => "advisory",
        BudgetMode::Disabled => "disabled",
    }
}

/// In seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Tokens => "tokens",
        Unit::MicroDollars => "micro-dollars",
    }
}
