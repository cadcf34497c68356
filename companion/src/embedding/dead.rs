use std::sync::Arc;

use tollgate_search::TextHash;

/// Most that are kept. What fails beyond that is not given up: it is tried again, at the slowest pace.
pub(super) const MOST: usize = 1000;

/// Longest reason that is kept, in bytes.
const LONGEST_REASON: usize = 500;

/// A policy that could not be embedded. It leaves the list when it changes, when it is removed, or when it is tried again and that
/// goes well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeadLetter {
    pub(crate) name: Arc<str>,
    /// Of the text that could not be embedded.
    pub(crate) text: TextHash,
    pub(crate) reason: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// Whether it may go well another time: such are tried again by themselves, now and then.
    pub(crate) may_pass: bool,
}

/// A reason of others, short enough to be kept.
pub(super) fn shortened(reason: &str) -> String {
    if reason.len() <= LONGEST_REASON {
        return reason.to_owned();
    }
    let mut short: String = reason.char_indices().take_while(|(at, _)| *at < LONGEST_REASON).map(|(_, c)| c).collect();
    short.push('…');
    short
}
