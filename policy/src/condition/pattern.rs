//! Patterns of `matches`: compiled where policies are, searched everywhere.

#[cfg(feature = "compiler")]
mod compile;
#[cfg(feature = "compiler")]
mod example;
#[cfg(feature = "compiler")]
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;

/// A regular expression in RE2's syntax, as an automaton that takes a step a byte: its states, one after the other, the
/// first of which a text begins in.
///
/// A state is the number of its ranges of bytes less one; whether a text that ends here matches, as 1 or 0; the last byte
/// of each range, in order, up to 255; and where each leads, in four bytes: to the state that starts at this position, or
/// to an end.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Box<[u8]>);

/// Where a step leads that decides: the text matches, whatever follows.
const MATCH: u32 = u32::MAX;
/// Nothing that follows can make the text match.
const DEAD: u32 = u32::MAX - 1;

/// Why a pattern is refused.
#[cfg(feature = "compiler")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternProblem {
    /// To follow "the pattern".
    pub(crate) message: String,
    /// Where in the pattern, in bytes.
    pub(crate) offset: usize,
}

struct State<'a> {
    /// Whether a text that ends here matches.
    matches: bool,
    ends: &'a [u8],
    targets: &'a [[u8; 4]],
}

/// States of up to this many ranges have them walked; in larger ones a byte's is searched for.
const WALKED: usize = 16;

impl Pattern {
    /// Reads [`Self::as_bytes`]. Bytes that are no such automaton are refused.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let pattern = Pattern(bytes.into());
        let (mut at, mut starts) = (0, Vec::new());
        while at < bytes.len() {
            let state = pattern.state(at)?;
            if state.ends.last() != Some(&u8::MAX) || !state.ends.is_sorted_by(|a, b| a < b) {
                return None;
            }
            starts.push(at);
            at += 2 + 5 * state.ends.len();
        }
        let leads_somewhere = |target: &[u8; 4]| match u32::from_le_bytes(*target) {
            MATCH | DEAD => true,
            target => starts.binary_search(&(target as usize)).is_ok(),
        };
        let are_closed = starts
            .iter()
            .all(|start| pattern.state(*start).is_some_and(|state| state.targets.iter().all(leads_somewhere)));
        (are_closed && !starts.is_empty()).then_some(pattern)
    }

    /// For snapshots: the same on every machine.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[inline]
    fn state(&self, at: usize) -> Option<State<'_>> {
        let [ranges, matches @ (0 | 1), rest @ ..] = self.0.get(at..)? else { return None };
        let (ends, rest) = rest.split_at_checked(usize::from(*ranges) + 1)?;
        let targets = rest.as_chunks().0.get(..ends.len())?;
        Some(State { matches: *matches == 1, ends, targets })
    }

    /// Whether it occurs anywhere in a text. There is always an answer: what has been read leads from state to state.
    pub(crate) fn is_match(&self, text: &str) -> Option<bool> {
        let mut at = 0;
        for byte in text.bytes() {
            let state = self.state(at)?;
            let range = match state.ends.len() {
                ..=WALKED => state.ends.iter().position(|end| byte <= *end)?,
                _ => state.ends.partition_point(|end| *end < byte),
            };
            match u32::from_le_bytes(*state.targets.get(range)?) {
                MATCH => return Some(true),
                DEAD => return Some(false),
                target => at = target as usize,
            }
        }
        self.state(at).map(|state| state.matches)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({} bytes)", self.0.len())
    }
}
