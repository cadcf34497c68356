use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tollgate_policy::set::PolicySet;

use crate::ask::Answer;
use crate::explain::{Explained, Part, Seen, Subject, is_within};

/// Which policies of a set the answers of a run touched, and what the parts of their conditions came to.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    policies: BTreeMap<String, PolicyCoverage>,
    /// By policy or derived role, then by place: outer parts before their inner ones.
    branches: BTreeMap<(String, usize, Reverse<usize>), Branch>,
}

/// A part of a condition.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) text: String,
    pub(crate) seen: Seen,
    range: Range<usize>,
}

/// How often a policy was looked at, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyCoverage {
    pub(crate) has_condition: bool,
    pub(crate) applied: usize,
    /// Its condition did not hold.
    pub(crate) was_false: usize,
    /// Its condition failed to evaluate.
    pub(crate) failed: usize,
}

impl Coverage {
    /// Of a set that nothing has been asked of yet.
    pub(crate) fn of(set: &PolicySet) -> Self {
        let untouched = |policy: &Arc<tollgate_policy::set::Policy>| {
            let coverage = PolicyCoverage { has_condition: policy.condition.is_some(), ..PolicyCoverage::default() };
            (policy.name.clone(), coverage)
        };
        Coverage { policies: set.policies.iter().map(untouched).collect(), branches: BTreeMap::new() }
    }

    /// Adds what an answer touched.
    pub(crate) fn add(&mut self, answer: &Answer) {
        for candidate in &answer.candidates {
            let Some(policy) = self.policies.get_mut(&candidate.policy) else { continue };
            match candidate.applies {
                "yes" => policy.applied += 1,
                "no" => policy.was_false += 1,
                _ => policy.failed += 1,
            }
        }
    }

    /// Every policy, by name.
    pub(crate) fn policies(&self) -> impl ExactSizeIterator<Item = (&str, PolicyCoverage)> {
        self.policies.iter().map(|(name, coverage)| (name.as_str(), *coverage))
    }

    /// Adds what the parts of conditions came to.
    pub(crate) fn add_parts(&mut self, explained: &[Explained]) {
        for Explained { candidate, parts } in explained {
            for Part { subject, watched } in parts {
                let owner = match subject {
                    Subject::Condition => candidate.policy.clone(),
                    Subject::DerivedRole(role) => format!("derived role {role}"),
                    Subject::Window => continue,
                };
                for step in &watched.steps {
                    let key = (owner.clone(), step.range.start, Reverse(step.range.end));
                    let branch = self.branches.entry(key).or_insert_with(|| Branch {
                        text: step.text.clone(),
                        seen: Seen::default(),
                        range: step.range.clone(),
                    });
                    branch.seen = branch.seen.or(step.seen);
                }
            }
        }
    }

    /// Boolean parts, and the outermost of those that were never reached, with whose condition they are of.
    pub(crate) fn branches(&self) -> impl Iterator<Item = (&str, &Branch)> {
        let is_in_unreached = |owner: &str, branch: &Branch| {
            let of_owner = self.branches.iter().filter(move |((other, ..), _)| other == owner);
            let mut outer = of_owner.filter(|(_, outer)| is_within(&branch.range, &outer.range));
            outer.any(|(_, outer)| !outer.seen.is_reached())
        };
        let all = self.branches.iter().map(|((owner, ..), branch)| (owner.as_str(), branch));
        all.filter(move |(owner, branch)| {
            branch.seen.is_boolean() || (!branch.seen.is_reached() && !is_in_unreached(owner, branch))
        })
    }
}
