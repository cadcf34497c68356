use crate::condition::Fault;
use crate::snapshot::Snapshot;

use super::gather::Level;
use super::run::{Policies, Run};
use super::{CandidateRef, Effect, PolicyError, Query, Scratch};

/// Whether a candidate policy applies.
#[derive(Clone, Copy, Debug)]
pub enum Applies<'s> {
    /// It has no condition, or the condition holds.
    Yes,
    /// Its condition does not hold.
    No,
    /// Its condition failed to evaluate: a deny applies, an allow does not.
    Error(PolicyError<'s>),
}

/// A policy that names the query's kind, action and one of its roles.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'s> {
    /// The policy's name.
    pub policy: &'s str,
    /// What it does when it applies.
    pub effect: Effect,
    /// Whether it only tells what it would have decided.
    pub shadow: bool,
    /// The scope it belongs to; absent: the root.
    pub scope: Option<&'s str>,
    /// Whether it does.
    pub applies: Applies<'s>,
}

impl Snapshot {
    /// Evaluates every policy that names the query's kind, action and one of its roles, level by level of its scope, in the
    /// order in which [`Snapshot::decide`] looks at them.
    pub fn trace<'s>(&'s self, query: &Query<'_>, scratch: &mut Scratch) -> Vec<Candidate<'s>> {
        let question = self.resolve(query);
        let (arena, candidates, _) = scratch.parts();
        let mut traced = Vec::new();
        let mut run = Run::new(self, &question.inputs, arena);
        self.gather(&question, candidates);
        for level in candidates.levels() {
            let mut policies = Policies::of(candidates.of(&level).iter().copied());
            while let Some((policy, outcome)) = policies.next(&mut run) {
                traced.push(candidate(policy, outcome, &level, &run));
            }
        }
        traced
    }
}

fn candidate<'s>(
    policy: CandidateRef,
    outcome: Result<bool, Fault>,
    level: &Level,
    run: &Run<'s, '_>,
) -> Candidate<'s> {
    Candidate {
        policy: run.policy(policy).name(),
        effect: policy.class().effect(),
        shadow: policy.class().is_shadow(),
        scope: run.scope_name(level),
        applies: match outcome {
            Ok(true) => Applies::Yes,
            Ok(false) => Applies::No,
            Err(fault) => Applies::Error(run.error(policy, fault)),
        },
    }
}
