use serde::{Deserialize, Serialize};

use super::prover::{Apart, Conflict};

/// What comparing policies came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Pairs of which one allows what the other denies, each with a question that shows it.
    pub(crate) conflicts: Vec<Found<Conflict>>,
    /// Policies that make no difference beside another.
    pub(crate) redundant: Vec<Redundant>,
    /// Pairs of which it is not known whether they contradict each other.
    pub(crate) unknown: Vec<Found<Tried>>,
    /// Pairs that do not, if those were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) disjoint: Vec<Found<Apart>>,
    pub(crate) compared: Compared,
    pub(crate) left_out: LeftOut,
    /// What vectors are of, that proposed pairs; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// What is not as it usually is.
    pub(crate) notes: Vec<String>,
}

/// Something about a pair of opposite effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found<T> {
    #[serde(flatten)]
    pub(crate) pair: Pair,
    #[serde(flatten)]
    pub(crate) what: T,
}

/// Two policies of opposite effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pair {
    pub(crate) allow: String,
    pub(crate) deny: String,
    pub(crate) proposed: Proposed,
}

/// What has proposed a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposed {
    /// They have a kind, an action and a role in common.
    pub(crate) index: bool,
    /// Their vectors are among the nearest: the cosine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) similarity: Option<f32>,
}

/// How many values and questions were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) tried: u64,
}

/// A policy that makes no difference beside another of its effect, which applies wherever it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Redundant {
    pub(crate) policy: String,
    pub(crate) beside: String,
    /// The other makes none beside it, either.
    pub(crate) mutual: bool,
}

/// How many pairs of opposite effect were compared, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub(crate) pairs: usize,
    pub(crate) conflicts: usize,
    pub(crate) disjoint: usize,
    pub(crate) unknown: usize,
}

/// What was not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftOut {
    /// Pairs that were proposed and not compared.
    pub(crate) pairs: usize,
    /// Of which policies most of them are.
    pub(crate) of: Vec<Uncompared>,
    /// Pairs of one effect that might be redundant and were not compared.
    pub(crate) same_effect: usize,
    /// Policies for which no pairs were looked for.
    pub(crate) policies: usize,
    /// Policies whose nearest were not looked for.
    pub(crate) vectors: usize,
    /// Shadow policies, which decide nothing.
    pub(crate) shadow: usize,
}

/// A policy, and how many pairs with it were not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Uncompared {
    pub(crate) policy: String,
    pub(crate) pairs: usize,
}

impl LeftOut {
    pub(crate) fn is_nothing(&self) -> bool {
        *self == LeftOut { shadow: self.shadow, ..LeftOut::default() }
    }
}
