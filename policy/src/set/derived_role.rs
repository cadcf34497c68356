use super::{Condition, Names};

/// A role that a principal holds by another one, where a condition holds: an editor is the owner of what is theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedRole {
    /// Unique among the set's derived roles; no plain role has the name.
    pub name: String,
    /// For people.
    pub description: String,
    /// The plain roles that it is held by: any of them; [`Names::Any`] is any authenticated principal.
    pub roles: Names,
    /// Must hold for the role to be held.
    pub condition: Option<Condition>,
}
