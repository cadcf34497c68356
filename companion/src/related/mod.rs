//! The index snapshot: which policies are most like each policy, an extract of the vector index for the plugin's log lines.
//!
//! It is made anew, as far as something changed, when the index has settled, by a thread that gives way to all others, and
//! handed to the feed in parts. Nothing waits for it, and nothing depends on it.

mod extract;
mod follow;
mod maker;
mod neighbours;

pub(crate) use extract::{Extract, Extracts, Part};
pub(crate) use follow::follow;

/// Most policies of an extract. For more there is none: every VM would keep some 30 bytes for each.
const MAX_POLICIES: usize = 1 << 18;
