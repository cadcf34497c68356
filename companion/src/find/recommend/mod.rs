//! What to write for a kind of resource that is new: which kinds are like it, what is usual for these, and policies of
//! theirs, made over for it. They are proposals: nothing is published, and each was read as the loader reads policies.

mod kinds;
mod made_over;
mod proposals;
#[cfg(test)]
mod tests;
mod usual;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tollgate_policy::set::{Names, Policy, PolicySet};

use super::corpus::Corpus;
use super::draft::Draft;
use super::question::QuestionError;
use super::search::SearchError;
use super::standing::Standing;

pub(crate) use kinds::LikeKind;
pub(crate) use proposals::{LeftOut, Proposal};
pub(crate) use usual::{Share, Usual};

/// Most kinds that a question names.
const MAX_LIKE: usize = 20;

/// A kind of resource that is new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKind {
    pub(crate) kind: String,
    /// Kinds that it is like; without any, they are looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) like: Vec<String>,
}

/// What is recommended for a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recommendation {
    pub(crate) kind: String,
    /// The nearest first.
    pub(crate) like: Vec<LikeKind>,
    /// Policies that are about the kind already: they name it, or are about any kind.
    pub(crate) present: Vec<String>,
    /// What the policies of like kinds name most.
    pub(crate) usual: Usual,
    /// Policies to begin with, the most usual first.
    pub(crate) proposals: Vec<Proposal>,
    /// Policies of like kinds that cannot be made over.
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) index: Standing,
    /// What is not as it usually is, in sentences.
    pub(crate) notes: Vec<String>,
}

/// Recommends policies for a kind. Blocks, as a search does.
///
/// # Errors
/// If the question makes no sense: the kind cannot be one, or is to be like one that no policy is about.
pub(crate) fn recommend(corpus: &Corpus, new: &NewKind) -> Result<Recommendation, SearchError> {
    let NewKind { kind, like } = new;
    let set = corpus.set();
    check(kind, &set)?;
    if like.len() > MAX_LIKE {
        return Err(QuestionError::LikeMany(MAX_LIKE).into());
    }
    let mut notes = corpus.notes();
    let known = kinds::Known::of(&set.policies);
    let like = match like.as_slice() {
        [] => known.nearest(kind, &set.schemas, corpus, &mut notes),
        named => known.named(kind, named)?,
    };
    if like.is_empty() && !set.policies.is_empty() {
        notes.push(format!("no kind is like `{kind}`: say which are with `like`, such as {}", known.most().join(", ")));
    }
    let is_about = |policy: &Policy, kind: &String| matches!(&policy.kinds, Names::Of(kinds) if kinds.contains(kind));
    let is_present = |policy: &Policy| policy.kinds == Names::Any || is_about(policy, kind);
    let present = set.policies.iter().filter(|policy| is_present(policy)).map(|policy| policy.name.clone()).collect();
    let examples: Vec<&Arc<Policy>> = set
        .policies
        .iter()
        .filter(|policy| !is_present(policy) && like.iter().any(|like| is_about(policy, &like.kind)))
        .collect();
    let usual = Usual::of(&examples);
    let (proposals, left_out) = proposals::propose(kind, &like, &examples, &set);
    let index = corpus.standing().clone();
    Ok(Recommendation { kind: kind.clone(), like, present, usual, proposals, left_out, index, notes })
}

/// Whether the loader knows this as a kind.
fn check(kind: &str, set: &PolicySet) -> Result<(), SearchError> {
    let probe = serde_json::json!({"resource": [kind], "actions": ["view"], "roles": ["*"]}).to_string();
    match Draft::read("kind", &probe, set) {
        Ok(Draft { policy }) if policy.kinds == Names::Any => Err(QuestionError::Kinds.into()),
        Ok(_) => Ok(()),
        Err(problems) => {
            let message = problems.iter().next().map(|problem| problem.message.clone()).unwrap_or_default();
            Err(QuestionError::Kind(message).into())
        }
    }
}
