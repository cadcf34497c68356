use std::fmt;

use serde::{Deserialize, Serialize};

use super::witness::Witness;

/// What is known of two policies of opposite effect.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// There is a question that one allows and the other denies.
    Conflict(Box<Conflict>),
    /// There is none.
    Disjoint(Apart),
    /// None was found; how many values and questions were tried.
    Unknown { tried: u64 },
}

/// Why there is no question that both policies answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "part")]
pub(crate) enum Apart {
    /// They have no kind of resource in common.
    Kinds,
    /// No action.
    Actions,
    /// Nobody has a role of each.
    Roles,
    /// Neither's scope is within the other's.
    Scopes,
    /// There is no time at which both apply.
    Windows,
    /// Their conditions never hold together, or not where attributes are as the schemas have them.
    #[serde(rename_all = "camelCase")]
    Conditions { by_schemas: bool },
}

/// A question that one policy allows and the other denies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Conflict {
    pub(crate) witness: Witness,
    /// The deny's condition fails for it, which denies.
    pub(crate) by_fault: bool,
    /// The question needs a principal with a role of each: they have none in common.
    pub(crate) joined_roles: bool,
    /// The deny denies all that the allow allows.
    pub(crate) shadowed: bool,
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Apart::Kinds => "no kind of resource in common",
            Apart::Actions => "no action in common",
            Apart::Roles => "nobody has a role of each",
            Apart::Scopes => "neither scope is within the other",
            Apart::Windows => "there is no time at which both apply",
            Apart::Conditions { by_schemas: false } => "their conditions never hold together",
            Apart::Conditions { by_schemas: true } => {
                "their conditions never hold together where attributes are as the schemas have them"
            }
        })
    }
}
