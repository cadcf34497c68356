use serde::{Deserialize, Serialize};
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Names, Policy};

/// What a policy is about, as lists of results tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outline {
    pub(crate) effect: EffectName,
    pub(crate) resource: Vec<String>,
    pub(crate) actions: Vec<String>,
    /// Derived ones, too.
    pub(crate) roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
}

/// An effect, as files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EffectName {
    Allow,
    Deny,
}

impl Outline {
    pub(crate) fn of(policy: &Policy) -> Self {
        Outline {
            effect: policy.effect.into(),
            resource: listed(&policy.kinds),
            actions: listed(&policy.actions),
            roles: roles(policy),
            scope: policy.scope.clone(),
            description: policy.description.clone(),
        }
    }
}

/// The roles that a policy names, plain ones first.
pub(crate) fn roles(policy: &Policy) -> Vec<String> {
    listed(&policy.roles).into_iter().chain(policy.derived_roles.iter().map(|role| role.name.clone())).collect()
}

/// As files write them.
pub(crate) fn listed(names: &Names) -> Vec<String> {
    match names {
        Names::Any => vec!["*".to_owned()],
        Names::Of(names) => names.clone(),
    }
}

impl From<Effect> for EffectName {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Allow => EffectName::Allow,
            Effect::Deny => EffectName::Deny,
        }
    }
}

impl EffectName {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            EffectName::Allow => "allow",
            EffectName::Deny => "deny",
        }
    }
}
