//! What clients are shown of limits, and of models that serve them.

use tollgate_llm::{Limit, Unit};

use super::Standing;

/// Longest wait that a client is told, in seconds: a month. Whatever the companion says.
pub(super) const MAX_WAIT: u64 = 31 * 24 * 3600;

/// Has something be done with a limit as clients are told of it.
pub(super) fn limit<R>(standing: &Standing, work: impl FnOnce(Limit<'_>) -> R) -> R {
    let window = match &*standing.window {
        "hour" => 3600,
        "month" => MAX_WAIT,
        _ => 24 * 3600,
    };
    let name = format!("{}-{}-{}", standing.scope, standing.unit, standing.window);
    work(Limit {
        name: &name,
        unit: if standing.unit == "tokens" { Unit::Tokens } else { Unit::MicroDollars },
        limit: standing.limit,
        remaining: standing.left(),
        window,
        reset: standing.resets_in.min(MAX_WAIT),
    })
}

/// Text as the value of a header.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii_graphic() { character } else { '?' }).collect()
}
