use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use tollgate_policy::set::Policy;

use super::outline::{EffectName, listed, roles};
use super::standin::clean;

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
    pub(super) fn new(mut terms: Vec<String>, fields: Fields) -> Self {
        terms.truncate(MAX_TERMS);
        Why { terms, fields }
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

    /// What a text, as words without what says nothing, tells of a policy.
    pub(super) fn of_text(words: &HashSet<&str>, policy: &Policy) -> Self {
        let is_told = |name: &String| {
            let name = clean(name);
            !name.is_empty() && name.split_whitespace().all(|word| words.contains(word))
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
