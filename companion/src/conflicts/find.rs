use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use tollgate_policy::set::{Enforcement, Policy};

use crate::catalogue::Surroundings;
use crate::find::Corpus;

use super::pairs::{Candidate, Candidates, candidates};
use super::prover::{Effort, Prover, Statement, Verdict};
use super::question::Question;
use super::report::{Compared, Found, LeftOut, Pair, Redundant, Report, Tried, Uncompared};
use super::study::{Cancelled, Study};

/// Most values that are tried for all pairs together.
const MAX_TRIES: u64 = 5_000_000;

/// Most policies that are named of those with pairs that were not compared.
const MAX_NAMED: usize = 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error("there is no policy `{0}`, or it is a shadow policy, which decides nothing")]
    NoPolicy(String),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error("{0:#}")]
    Engine(#[from] anyhow::Error),
}

/// Compares the policies of a corpus.
///
/// # Errors
/// If the policy that is asked for is not there, or nobody waits any more.
pub(crate) fn find(corpus: &Corpus, question: &Question, study: &Study) -> Result<Report, FindError> {
    let set = corpus.set();
    let surroundings = Arc::new(Surroundings::of(&set));
    let all = set.policies;
    let count = all.len();
    let policies: Vec<Arc<Policy>> =
        all.into_iter().filter(|policy| policy.enforcement == Enforcement::Enforce).collect();
    let only = match &question.policy {
        Some(name) => {
            let place = policies.iter().position(|policy| policy.name == *name);
            Some(place.ok_or_else(|| FindError::NoPolicy(name.clone()))?)
        }
        None => None,
    };
    let generation = corpus.generation();
    let candidates = candidates(&policies, only, generation, study)?;
    let mut comparison = Comparison {
        prover: Prover::new(surroundings, Effort::default(), study.clone())?,
        statements: policies.iter().map(|_| OnceCell::new()).collect(),
        policies: &policies,
        report: Report {
            left_out: LeftOut {
                shadow: count - policies.len(),
                policies: candidates.policies_left_out,
                vectors: candidates.vectors_left_out,
                ..LeftOut::default()
            },
            model: generation.map(|generation| generation.model.version.to_string()),
            notes: corpus.notes(),
            ..Report::default()
        },
    };
    comparison.run(&candidates, question, study)?;
    Ok(comparison.report)
}

struct Comparison<'p> {
    prover: Prover,
    policies: &'p [Arc<Policy>],
    /// Taken apart when they are first compared.
    statements: Vec<OnceCell<Statement>>,
    report: Report,
}

impl Comparison<'_> {
    fn run(&mut self, candidates: &Candidates, question: &Question, study: &Study) -> Result<(), FindError> {
        let most = question.most();
        for (number, candidate) in candidates.opposite.iter().enumerate() {
            if number >= most || self.prover.tried() > MAX_TRIES {
                self.leave_out(candidates.opposite.get(number..).unwrap_or_default());
                break;
            }
            study.goes_on()?;
            self.compare(candidate, question.all);
        }
        let mut needless: HashMap<usize, usize> = HashMap::new();
        for (number, candidate) in candidates.same.iter().enumerate() {
            if number >= most || self.prover.tried() > 2 * MAX_TRIES {
                self.report.left_out.same_effect = candidates.same.len() - number;
                break;
            }
            study.goes_on()?;
            self.compare_same(candidate, &mut needless);
        }
        let by_names = |a: &Pair, b: &Pair| (&a.deny, &a.allow).cmp(&(&b.deny, &b.allow));
        self.report.conflicts.sort_by(|a, b| by_names(&a.pair, &b.pair));
        self.report.unknown.sort_by(|a, b| by_names(&a.pair, &b.pair));
        self.report.disjoint.sort_by(|a, b| by_names(&a.pair, &b.pair));
        Ok(())
    }

    fn compare(&mut self, candidate: &Candidate, all: bool) {
        let Some((allow, deny)) = self.statements(candidate) else { return };
        let pair =
            Pair { allow: allow.policy().name.clone(), deny: deny.policy().name.clone(), proposed: candidate.proposed };
        let verdict = self.prover.conflict(allow, deny);
        let Report { conflicts, unknown, disjoint, compared, .. } = &mut self.report;
        let Compared { pairs, conflicts: in_conflict, disjoint: apart, unknown: open } = compared;
        *pairs += 1;
        match verdict {
            Verdict::Conflict(conflict) => {
                *in_conflict += 1;
                conflicts.push(Found { pair, what: *conflict });
            }
            Verdict::Disjoint(why) => {
                *apart += 1;
                if all {
                    disjoint.push(Found { pair, what: why });
                }
            }
            Verdict::Unknown { tried } => {
                *open += 1;
                unknown.push(Found { pair, what: Tried { tried } });
            }
        }
    }

    fn compare_same(&mut self, candidate: &Candidate, needless: &mut HashMap<usize, usize>) {
        let Candidate { first, second, .. } = *candidate;
        // One reason is enough, and of two that are the same one stays.
        if needless.contains_key(&first) || needless.get(&second) == Some(&first) {
            return;
        }
        let Some((policy, beside)) = self.statements(candidate) else { return };
        if !self.prover.is_redundant(policy, beside) {
            return;
        }
        let mutual = self.prover.is_redundant(beside, policy);
        if mutual && first < second {
            // It is told of the later one.
            return;
        }
        let redundant =
            Redundant { policy: policy.policy().name.clone(), beside: beside.policy().name.clone(), mutual };
        needless.insert(first, second);
        self.report.redundant.push(redundant);
    }

    fn statements(&self, candidate: &Candidate) -> Option<(&Statement, &Statement)> {
        let statement = |place: usize| {
            let policy = self.policies.get(place)?;
            Some(self.statements.get(place)?.get_or_init(|| Statement::of(Arc::clone(policy))))
        };
        Some((statement(candidate.first)?, statement(candidate.second)?))
    }

    fn leave_out(&mut self, rest: &[Candidate]) {
        let mut of: HashMap<usize, usize> = HashMap::new();
        rest.iter().for_each(|candidate| *of.entry(candidate.second).or_default() += 1);
        let mut of: Vec<(usize, usize)> = of.into_iter().collect();
        of.sort_by_key(|(place, pairs)| (std::cmp::Reverse(*pairs), *place));
        let name = |place: usize| self.policies.get(place).map(|policy| policy.name.clone()).unwrap_or_default();
        let named = of.into_iter().take(MAX_NAMED).map(|(place, pairs)| Uncompared { policy: name(place), pairs });
        self.report.left_out.of = named.collect();
        self.report.left_out.pairs = rest.len();
    }
}
