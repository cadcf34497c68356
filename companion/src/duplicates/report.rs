use serde::{Deserialize, Serialize};

/// Policies that say the same, and policies that say nearly the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) groups: Vec<Group>,
    /// How near members are at least to another of their group.
    pub(crate) threshold: f32,
    /// Policies that were compared.
    pub(crate) policies: usize,
    /// Policies whose nearest were not looked for.
    pub(crate) left_out: usize,
    /// What the vectors are of; absent where there are none: then only the same is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// What is not as it usually is.
    pub(crate) notes: Vec<String>,
}

/// Policies that belong together. The first is the one that the others are compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    /// All of them say the same.
    pub(crate) exact: bool,
    pub(crate) members: Vec<Member>,
}

/// A policy of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The cosine between its vector and the first one's; absent where one has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) similarity: Option<f32>,
    /// It says the same as the first.
    pub(crate) same: bool,
    /// What is written otherwise than in the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) differs: Vec<Difference>,
}

/// A field that two policies have different values for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Difference {
    pub(crate) field: String,
    pub(crate) first: String,
    pub(crate) here: String,
}
