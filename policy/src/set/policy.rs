use std::collections::BTreeMap;
use std::sync::Arc;

use crate::condition::{self, ConditionProblem, Environment, Program};
use crate::engine::Glob;
use crate::time::Timestamp;

pub use crate::engine::Effect;

use super::DerivedRole;

/// One policy: an effect on actions over a kind of resource, for roles, under an optional condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Unique in the set.
    pub name: String,
    /// For people and for policy search; never decides anything.
    pub description: String,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whether it decides.
    pub enforcement: Enforcement,
    /// The scope it belongs to, declared in the set; absent: the root.
    pub scope: Option<String>,
    /// The kinds of resource it is about.
    pub kinds: Names,
    /// The actions it is about; a name with `*` in it is a glob.
    pub actions: Names,
    /// The plain roles it is about; [`Names::Any`] is any authenticated principal, with or without roles. Empty if it is
    /// about derived roles alone.
    pub roles: Names,
    /// The derived roles it is about.
    pub derived_roles: Vec<Arc<DerivedRole>>,
    /// Must hold for the policy to apply.
    pub condition: Option<Condition>,
    /// When it applies.
    pub window: Window,
    /// For people and tools; not part of a snapshot.
    pub labels: BTreeMap<String, String>,
}

impl Policy {
    /// A policy that is about nothing yet: what tests and generators fill in.
    #[must_use]
    pub fn new(name: &str, effect: Effect) -> Self {
        Policy {
            name: name.to_owned(),
            description: String::new(),
            effect,
            enforcement: Enforcement::Enforce,
            scope: None,
            kinds: Names::Of(Vec::new()),
            actions: Names::Of(Vec::new()),
            roles: Names::Of(Vec::new()),
            derived_roles: Vec::new(),
            condition: None,
            window: Window::default(),
            labels: BTreeMap::new(),
        }
    }

    /// Whether it is about an action: names it, by a wildcard, too.
    #[must_use]
    pub fn is_about_action(&self, action: &str) -> bool {
        match &self.actions {
            Names::Any => true,
            Names::Of(names) => names.iter().any(|own| names_action(own, action)),
        }
    }
}

/// Whether a name of actions, which may be a glob, is this action's, too.
#[must_use]
pub fn names_action(name: &str, action: &str) -> bool {
    match Glob::parse(name) {
        Some(glob) => glob.matches(action),
        None => name == action,
    }
}

/// Whether a scope is another one or beneath it; `None` is the root.
#[must_use]
pub fn is_within_scope(scope: Option<&str>, outer: Option<&str>) -> bool {
    match (scope, outer) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(scope), Some(outer)) => {
            scope.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
    }
}

/// Whether a policy decides, or only tells what it would have decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enforcement {
    /// It decides.
    #[default]
    Enforce,
    /// It is evaluated and reported, and decides nothing.
    Shadow,
}

/// A span of time, open where an end is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first instant in it.
    pub not_before: Option<Timestamp>,
    /// The first instant after it.
    pub not_after: Option<Timestamp>,
}

/// A list of names, or the wildcard `"*"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// `"*"`.
    Any,
    /// Without duplicates, in file order.
    Of(Vec<String>),
}

impl Names {
    /// Whether it names nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Names::Of(names) if names.is_empty())
    }
}

/// A condition: its CEL text, what that says, and what it was lowered to.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// As written.
    pub text: String,
    /// In words, for people and for policy search; at most [`condition::MAX_WORDS`] bytes.
    pub words: Arc<str>,
    /// What is evaluated.
    pub program: Program,
}

impl Condition {
    /// Lowers a condition and says it in words: what tests and generators fill in.
    ///
    /// # Errors
    /// If it does not lower.
    pub fn lowered(text: &str, environment: &Environment) -> Result<Self, ConditionProblem> {
        let (program, words) = condition::lower_said(text, environment)?;
        Ok(Condition { text: text.to_owned(), words, program })
    }
}
