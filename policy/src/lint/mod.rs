//! What is probably not meant in a policy set that is valid: policies that decide nothing, names that nothing uses,
//! conditions that are decided beforehand.

mod budgets;
mod conditions;
mod names;
mod overlap;
mod routes;
mod rule;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::set::PolicySet;

pub use rule::Rule;

/// Something that is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// The rule that finds it.
    pub rule: Rule,
    /// What is found, and what to do about it.
    pub message: String,
}

/// An entry of a policy set, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A policy.
    Policy(String),
    /// A derived role.
    DerivedRole(String),
    /// A variable.
    Variable(String),
    /// A route.
    Route(String),
    /// The schema of a kind of resource.
    Schema(String),
    /// A model of the table of models.
    Model(String),
    /// An environment of budgets.
    Environment(String),
}

/// Everything that is probably not meant, in the order of what it is about.
#[must_use]
pub fn lint(set: &PolicySet) -> Vec<Finding> {
    let mut findings = Vec::new();
    conditions::check(set, &mut findings);
    overlap::check(set, &mut findings);
    names::check(set, &mut findings);
    routes::check(set, &mut findings);
    budgets::check(set, &mut findings);
    findings.sort();
    findings
}

impl Subject {
    /// What kind of entry it is, as a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Subject::Policy(_) => "policy",
            Subject::DerivedRole(_) => "derived role",
            Subject::Variable(_) => "variable",
            Subject::Route(_) => "route",
            Subject::Schema(_) => "schema",
            Subject::Model(_) => "model",
            Subject::Environment(_) => "environment",
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Subject::Policy(name)
            | Subject::DerivedRole(name)
            | Subject::Variable(name)
            | Subject::Route(name)
            | Subject::Schema(name)
            | Subject::Model(name)
            | Subject::Environment(name) => name,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind(), self.name())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.subject, self.message, self.rule)
    }
}
