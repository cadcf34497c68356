//! Patterns of `matches`: compiled where policies are, searched everywhere.

#[cfg(feature = "compiler")]
mod compile;
#[cfg(feature = "compiler")]
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;

use regex_automata::Input;
use regex_automata::dfa::Automaton as _;
use regex_automata::dfa::sparse::DFA;

/// A regular expression in RE2's syntax, as an automaton that takes a step a byte.
#[derive(Clone)]
pub(crate) struct Pattern(DFA<Vec<u8>>);

/// Why a pattern is refused.
#[cfg(feature = "compiler")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternProblem {
    /// To follow "the pattern".
    pub(crate) message: String,
    /// Where in the pattern, in bytes.
    pub(crate) offset: usize,
}

impl Pattern {
    /// Reads what [`Self::to_bytes`] wrote. Bytes that are no automaton of whole texts are refused.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (automaton, read) = DFA::from_bytes(bytes).ok()?;
        let searches = automaton.try_search_fwd(&Input::new("")).is_ok();
        (searches && read == bytes.len()).then(|| Pattern(automaton.to_owned()))
    }

    /// For snapshots: the same on every machine.
    #[cfg(feature = "compiler")]
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.size()];
        let written = self.0.write_to_little_endian(&mut bytes);
        // There is room for it; without, nothing is no pattern.
        bytes.truncate(written.unwrap_or_default());
        bytes
    }

    /// Whether it occurs anywhere in a text; `None` where the automaton gives up, as none of ours does.
    pub(crate) fn is_match(&self, text: &str) -> Option<bool> {
        self.0.try_search_fwd(&Input::new(text).earliest(true)).ok().map(|found| found.is_some())
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.0.write_to_len()
    }
}

#[cfg(feature = "compiler")]
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.size() == other.size() && self.to_bytes() == other.to_bytes()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({} bytes)", self.size())
    }
}
