use serde::{Deserialize, Serialize};

/// Pairs that are compared unless told, and at most.
const PAIRS: usize = 20_000;
const MAX_PAIRS: usize = 1_000_000;

/// Which policies are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Only this one, with all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    /// Most pairs that are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pairs: Option<usize>,
    /// Pairs that do not contradict each other are listed, too.
    #[serde(default)]
    pub(crate) all: bool,
}

impl Question {
    pub(super) fn most(&self) -> usize {
        self.pairs.unwrap_or(PAIRS).min(MAX_PAIRS)
    }
}
