use crate::condition::Program;

pub use crate::engine::Effect;

/// One policy: an effect on actions over a kind of resource, for roles, under an optional condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Unique in the set.
    pub name: String,
    /// For people and for policy search; never decides anything.
    pub description: String,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The kinds of resource it is about.
    pub kinds: Names,
    /// The actions it is about.
    pub actions: Names,
    /// The roles it is about; [`Names::Any`] is any authenticated principal, with or without roles.
    pub roles: Names,
    /// Must hold for the policy to apply.
    pub condition: Option<Condition>,
}

/// A list of names, or the wildcard `"*"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// `"*"`.
    Any,
    /// Not empty, without duplicates, in file order.
    Of(Vec<String>),
}

/// A condition: its CEL text and what it was lowered to.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// As written.
    pub text: String,
    /// What is evaluated.
    pub program: Program,
}
