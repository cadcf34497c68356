use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tollgate_policy::set::Policy;

use crate::find::outline::{listed, roles};

/// How many of each are told.
const TOLD: usize = 8;

/// What policies name most, the most usual first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Usual {
    /// How many policies these are.
    pub(crate) policies: usize,
    pub(crate) actions: Vec<Share>,
    pub(crate) roles: Vec<Share>,
    pub(crate) conditions: Vec<Share>,
}

/// How many policies name something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) name: String,
    pub(crate) policies: usize,
    /// A condition, said in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) words: Option<String>,
}

impl Usual {
    pub(super) fn of(policies: &[&Arc<Policy>]) -> Self {
        let conditions = policies.iter().filter_map(|policy| policy.condition.as_ref());
        let words: BTreeMap<&str, &str> =
            conditions.clone().map(|condition| (condition.text.as_str(), &*condition.words)).collect();
        let mut shares = most(conditions.map(|condition| condition.text.clone()));
        shares
            .iter_mut()
            .for_each(|share| share.words = words.get(share.name.as_str()).map(|words| (*words).to_owned()));
        Usual {
            policies: policies.len(),
            actions: most(policies.iter().flat_map(|policy| listed(&policy.actions))),
            roles: most(policies.iter().flat_map(|policy| roles(policy))),
            conditions: shares,
        }
    }
}

fn most(names: impl Iterator<Item = String>) -> Vec<Share> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut shares: Vec<Share> =
        counts.into_iter().map(|(name, policies)| Share { name, policies, words: None }).collect();
    shares.sort_by(|a, b| b.policies.cmp(&a.policies).then_with(|| a.name.cmp(&b.name)));
    shares.truncate(TOLD);
    shares
}
