use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tollgate_policy::set::{Enforcement, Policy};

use crate::catalogue::Surroundings;
use crate::conflicts::{Cancelled, Effort, Prover, Statement, Study};
use crate::embedding::Generation;
use crate::find::Corpus;

use super::differences;
use super::meaning::Meaning;
use super::question::{NoThreshold, Question};
use super::report::{Group, Member, Report};

/// How many of the nearest are looked at for each policy.
const NEAREST: usize = 10;

/// Most policies whose nearest are looked for.
const MAX_SEARCHES: usize = 10_000;

/// Most policies of a group that are compared with its first.
const MAX_PROVED: usize = 100;

/// Values that are tried to tell whether two policies say the same.
const EFFORT: Effort = Effort { systematic: 5000, random: 0 };

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error(transparent)]
    Threshold(#[from] NoThreshold),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error("{0:#}")]
    Engine(#[from] anyhow::Error),
}

/// Looks for policies of a corpus that say the same, or nearly.
///
/// # Errors
/// If the threshold is none, or nobody waits any more.
pub(crate) fn find(corpus: &Corpus, question: Question, study: &Study) -> Result<Report, FindError> {
    let threshold = question.threshold()?;
    let set = corpus.set();
    let prover = Prover::new(Arc::new(Surroundings::of(&set)), EFFORT, study.clone())?;
    let policies = set.policies;
    let generation = corpus.generation();
    let mut report = Report {
        threshold,
        policies: policies.len(),
        model: generation.map(|generation| generation.model.version.to_string()),
        notes: corpus.notes(),
        ..Report::default()
    };

    let same = of_one_meaning(&policies, study)?;
    // Of those that say the same, the first stands for all.
    let firsts: Vec<usize> = same.iter().filter_map(|group| group.first().copied()).collect();
    let comparison = Comparison { policies: &policies, generation, prover };
    for group in same.iter().filter(|group| group.len() > 1) {
        report.groups.extend(comparison.group(group, true, study)?);
    }
    if let Some(generation) = generation {
        let mut near = Near::of(firsts.len());
        let by_name: HashMap<&str, usize> = firsts
            .iter()
            .enumerate()
            .filter_map(|(number, place)| Some((policies.get(*place)?.name.as_str(), number)))
            .collect();
        for (number, place) in firsts.iter().enumerate() {
            let Some(policy) = policies.get(*place) else { continue };
            study.goes_on()?;
            let vector = match generation.index.vector_of(&policy.name) {
                Ok(Some(vector)) if number < MAX_SEARCHES => vector,
                _ => {
                    report.left_out += 1;
                    continue;
                }
            };
            let is_like = |name: &str| {
                let other = by_name.get(name).and_then(|other| policies.get(*firsts.get(*other)?));
                other.is_some_and(|other| {
                    other.name != policy.name
                        && other.effect == policy.effect
                        && other.enforcement == policy.enforcement
                })
            };
            let hits = generation.index.search(&vector, NEAREST, Some(&is_like)).unwrap_or_default();
            for hit in hits.iter().filter(|hit| hit.score >= threshold) {
                if let Some(other) = by_name.get(&*hit.name) {
                    near.unite(number, *other);
                }
            }
        }
        for group in near.groups() {
            let places: Vec<usize> = group.iter().filter_map(|number| firsts.get(*number).copied()).collect();
            report.groups.extend(comparison.group(&places, false, study)?);
        }
    }
    Ok(report)
}

/// The places of policies that say the same, each with those that stand alone.
fn of_one_meaning(policies: &[Arc<Policy>], study: &Study) -> Result<Vec<Vec<usize>>, Cancelled> {
    let mut numbers: HashMap<Meaning, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, policy) in policies.iter().enumerate() {
        study.goes_on()?;
        let number = *numbers.entry(Meaning::of(policy)).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    Ok(groups)
}

struct Comparison<'p> {
    policies: &'p [Arc<Policy>],
    generation: Option<&'p Generation>,
    prover: Prover,
}

impl Comparison<'_> {
    fn group(&self, places: &[usize], exact: bool, study: &Study) -> Result<Option<Group>, Cancelled> {
        let of: Vec<&Arc<Policy>> = places.iter().filter_map(|place| self.policies.get(*place)).collect();
        let Some((first, others)) = of.split_first() else { return Ok(None) };
        let vector = |policy: &Policy| self.generation?.index.vector_of(&policy.name).ok()?;
        let (own, statement) = (vector(first), Statement::of(Arc::clone(first)));
        let mut members = vec![Member { name: first.name.clone(), similarity: None, same: true, differs: Vec::new() }];
        for (number, policy) in others.iter().enumerate() {
            study.goes_on()?;
            let same = || number < MAX_PROVED && self.is_same(&statement, &Statement::of(Arc::clone(policy)));
            members.push(Member {
                name: policy.name.clone(),
                similarity: own.as_ref().zip(vector(policy)).map(|(own, other)| own.cosine(&other)),
                same: exact || same(),
                differs: differences::of(first, policy),
            });
        }
        let exact = members.iter().all(|member| member.same);
        Ok(Some(Group { exact, members }))
    }

    /// Whether each applies wherever the other does.
    fn is_same(&self, one: &Statement, other: &Statement) -> bool {
        let is_enforced = |statement: &Statement| statement.policy().enforcement == Enforcement::Enforce;
        is_enforced(one) == is_enforced(other)
            && self.prover.is_redundant(one, other)
            && self.prover.is_redundant(other, one)
    }
}

/// Who belongs together because somebody between them is near to both.
struct Near(Vec<usize>);

impl Near {
    fn of(count: usize) -> Self {
        Near((0..count).collect())
    }

    fn root(&mut self, mut number: usize) -> usize {
        while let Some(above) = self.0.get(number).copied().filter(|above| *above != number) {
            let further = self.0.get(above).copied().unwrap_or(above);
            if let Some(place) = self.0.get_mut(number) {
                *place = further;
            }
            number = above;
        }
        number
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(place) = self.0.get_mut(one.max(other)) {
            *place = one.min(other);
        }
    }

    fn groups(&mut self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in 0..self.0.len() {
            groups.entry(self.root(number)).or_default().push(number);
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }
}
