//! Headers that say how much of a budget is left: OpenAI's, which its SDKs and many others show, and those of the IETF's
//! draft `draft-ietf-httpapi-ratelimit-headers-11`.

use std::fmt::Write as _;

/// What a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Tokens.
    Tokens,
    /// Millionths of a dollar.
    MicroDollars,
}

/// How a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit<'a> {
    /// Its name, which names the unit, too: the IETF's fields have no word for tokens.
    pub name: &'a str,
    /// What it counts.
    pub unit: Unit,
    /// How much may be used in a window.
    pub limit: u64,
    /// How much of it is left.
    pub remaining: u64,
    /// How long a window is, in seconds.
    pub window: u64,
    /// In how many seconds the next one begins.
    pub reset: u64,
}

/// The largest number in a structured field, by RFC 9651.
const MAX_INTEGER: u64 = 999_999_999_999_999;

/// The headers of an answer, whether allowed or refused. OpenAI's tell of the budget of tokens of which the least is left.
#[must_use]
pub fn rate_limit_headers(limits: &[Limit<'_>]) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    let tokens = limits.iter().filter(|limit| limit.unit == Unit::Tokens).min_by_key(|limit| limit.remaining);
    if let Some(least) = tokens {
        headers.push(("x-ratelimit-limit-tokens", least.limit.to_string()));
        headers.push(("x-ratelimit-remaining-tokens", least.remaining.to_string()));
        headers.push(("x-ratelimit-reset-tokens", duration(least.reset)));
    }
    if !limits.is_empty() {
        headers.push(("ratelimit-policy", list(limits, ("q", |limit| limit.limit), ("w", |limit| limit.window))));
        headers.push(("ratelimit", list(limits, ("r", |limit| limit.remaining), ("t", |limit| limit.reset))));
    }
    headers
}

/// The headers of a refusal: when to come again, and, if it `is_final` for those who come again at once, that SDKs are not to
/// do so on their own. OpenAI's and Anthropic's do as they are told.
#[must_use]
pub fn retry_headers(retry_after: Option<u64>, is_final: bool) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if is_final {
        headers.push(("x-should-retry", "false".to_owned()));
    }
    headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    headers
}

type Parameter = (&'static str, fn(&Limit<'_>) -> u64);

/// A list of strings with two parameters each.
fn list(limits: &[Limit<'_>], one: Parameter, other: Parameter) -> String {
    let mut list = String::new();
    for limit in limits {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push('"');
        for character in limit.name.chars() {
            match character {
                '"' | '\\' => list.extend(['\\', character]),
                ' '..='~' => list.push(character),
                _ => list.push('?'),
            }
        }
        list.push('"');
        for (name, value) in [one, other] {
            // Writing to a string cannot fail.
            let _ = write!(list, ";{name}={}", value(limit).min(MAX_INTEGER));
        }
    }
    list
}

/// A time as OpenAI writes it: hours, minutes and seconds, from the first that is not zero.
fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}
