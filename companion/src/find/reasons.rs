use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tollgate_policy::set::Policy;
use tollgate_search::{Keywords, clean};

use super::outline::{EffectName, listed, roles};

/// Most terms that are told.
const MAX_TERMS: usize = 8;

/// Why a policy was found: what it shares with what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Why {
    /// Words of both texts, the most telling first.
    pub(crate) terms: Vec<String>,
    pub(crate) fields: Fields,
}

/// What both name in the same field; of a text, what it speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fields {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) kinds: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) actions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) effect: Option<EffectName>,
}

impl Why {
    pub(super) fn new(terms: Vec<&str>, fields: Fields) -> Self {
        Why { terms: terms.into_iter().take(MAX_TERMS).map(str::to_owned).collect(), fields }
    }
}

impl Fields {
    /// What two policies have in common.
    pub(super) fn of_both(one: &Policy, other: &Policy) -> Self {
        let shared =
            |one: Vec<String>, other: Vec<String>| one.into_iter().filter(|name| other.contains(name)).collect();
        Fields {
            kinds: shared(listed(&one.kinds), listed(&other.kinds)),
            actions: shared(listed(&one.actions), listed(&other.actions)),
            roles: shared(roles(one), roles(other)),
            scope: one.scope.clone().filter(|scope| other.scope.as_ref() == Some(scope)),
            effect: (one.effect == other.effect).then(|| one.effect.into()),
        }
    }

    /// What a cleaned text tells of a policy: names of which it has every word, however inflected.
    pub(super) fn of_text(text: &str, policy: &Policy, keywords: &Keywords) -> Self {
        let is_told = |name: &String| {
            let name = clean(name);
            let words: BTreeSet<&str> = name.split_whitespace().collect();
            !words.is_empty() && words.iter().all(|word| !keywords.shared_terms(text, word).is_empty())
        };
        let told = |names: Vec<String>| names.into_iter().filter(is_told).collect();
        let effect = EffectName::from(policy.effect);
        Fields {
            kinds: told(listed(&policy.kinds)),
            actions: told(listed(&policy.actions)),
            roles: told(roles(policy)),
            scope: policy.scope.clone().filter(is_told),
            effect: is_told(&effect.as_str().to_owned()).then_some(effect),
        }
    }
}
