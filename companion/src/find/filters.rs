use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tollgate_policy::identity::ANONYMOUS;
use tollgate_policy::set::{Names, Policy, is_within_scope};

use super::corpus::Corpus;
use super::outline::EffectName;

/// Which policies may be found at all. Each filter that is there has to let a policy pass.
///
/// A policy passes that is *about* what is named, by a wildcard, too: a policy on any kind of resource is one on documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filters {
    /// Only policies about this kind of resource
    #[arg(long, value_name = "KIND")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    /// Only policies about this action
    #[arg(long, value_name = "ACTION")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<String>,
    /// Only policies about who holds this role, plain or derived
    #[arg(long, value_name = "ROLE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    /// Only policies of this scope and those beneath it
    #[arg(long, value_name = "SCOPE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    /// Only policies with this effect
    #[arg(long, value_name = "EFFECT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effect: Option<EffectName>,
}

impl Filters {
    pub(super) fn is_none(&self) -> bool {
        *self == Filters::default()
    }

    fn let_pass(&self, policy: &Policy) -> bool {
        let Filters { kind, action, role, scope, effect } = self;
        effect.is_none_or(|effect| effect == policy.effect.into())
            && kind.as_ref().is_none_or(|kind| names(&policy.kinds, kind))
            && action.as_ref().is_none_or(|action| policy.is_about_action(action))
            && role.as_ref().is_none_or(|role| is_about_role(policy, role))
            && scope.as_deref().is_none_or(|scope| is_within_scope(policy.scope.as_deref(), Some(scope)))
    }

    /// The policies that pass.
    pub(super) fn of<'c>(&self, corpus: &'c Corpus) -> Vec<&'c Arc<Policy>> {
        corpus.policies().iter().filter(|policy| self.let_pass(policy)).collect()
    }
}

fn names(names: &Names, name: &str) -> bool {
    match names {
        Names::Any => true,
        Names::Of(names) => names.iter().any(|own| own == name),
    }
}

/// A derived role is about those, too, through whose plain roles it is held. A caller without identity is not anybody.
fn is_about_role(policy: &Policy, role: &str) -> bool {
    let includes = |roles: &Names| names(roles, role) && (role != ANONYMOUS || *roles != Names::Any);
    includes(&policy.roles)
        || policy.derived_roles.iter().any(|derived| derived.name == role || includes(&derived.roles))
}

#[cfg(test)]
mod tests {
    use tollgate_policy::source::{SourceFile, load};

    use super::*;

    const SET: &str = "\
scopes: [acme, acme.eu, acmee]
derivedRoles:
  - {name: owner, roles: [editor], condition: resource.ownerId == principal.id}
policies:
  - {name: any, resource: \"*\", actions: [\"*\"], roles: [\"*\"], effect: deny}
  - {name: glob, resource: page, actions: [\"documents:*\"], roles: [viewer], scope: acme.eu}
  - {name: owned, resource: [document, page], actions: [edit], roles: [owner], scope: acme}
  - {name: other, resource: document, actions: [view], roles: [viewer], scope: acmee}
";

    fn passing(filters: &Filters) -> Vec<String> {
        let set = load(&[SourceFile::new("a.yaml", SET)]).unwrap();
        let corpus = Corpus::of_set(&set).unwrap();
        filters.of(&corpus).iter().map(|policy| policy.name.clone()).collect()
    }

    #[test]
    fn a_policy_passes_that_is_about_what_is_named() {
        let some = |text: &str| Some(text.to_owned());
        let none = Filters::default;
        assert_eq!(passing(&none()), ["any", "glob", "other", "owned"]);
        assert_eq!(passing(&Filters { kind: some("document"), ..none() }), ["any", "other", "owned"]);
        assert_eq!(passing(&Filters { action: some("documents:list"), ..none() }), ["any", "glob"]);
        assert_eq!(passing(&Filters { role: some("editor"), ..none() }), ["any", "owned"]);
        assert_eq!(passing(&Filters { role: some("owner"), ..none() }), ["any", "owned"]);
        assert!(passing(&Filters { role: some("anonymous"), ..none() }).is_empty());
        assert_eq!(passing(&Filters { scope: some("acme"), ..none() }), ["glob", "owned"]);
        assert_eq!(passing(&Filters { effect: Some(EffectName::Deny), ..none() }), ["any"]);
        assert_eq!(passing(&Filters { role: some("viewer"), kind: some("page"), ..none() }), ["any", "glob"]);
    }
}
