//! The validated policy set: every reference resolved, every condition lowered.
//!
//! Built by [`crate::source`] from policy files; compiled to bytes by [`crate::snapshot::encode`]. The fields are plain
//! data so that tests and generators can build sets without going through text, but only [`crate::source::load`]
//! proves a set valid.

pub mod budget;
mod derived_role;
mod policy;
mod principal;
mod route;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use crate::identity::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
pub use budget::Budgets;
pub use derived_role::DerivedRole;
pub use policy::{Condition, Effect, Enforcement, Names, Policy, Window, is_within_scope, names_action};
pub use principal::DirectoryEntry;
pub use route::{AttributeSource, Auth, PathTemplate, Route, RouteBody, TemplateSegment};
pub use schema::{Additional, Schema, SchemaType, Schemas};

/// What becomes of a request that no route matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmatched {
    /// Refuse it with 403.
    #[default]
    Deny,
    /// Let it pass undecided: a named opening, counted by the plugin.
    Allow,
}

/// Every policy, route, identity source and directory entry, validated as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicySet {
    /// Sorted by name; names are unique. Sets that follow one another share those that are the same in both.
    pub policies: Vec<Arc<Policy>>,
    /// Sorted by name; names are unique.
    pub derived_roles: Vec<Arc<DerivedRole>>,
    /// Named expressions as written; inlined into conditions, so not part of a snapshot.
    pub variables: BTreeMap<String, String>,
    /// Dotted names; the parent of each is there, too.
    pub scopes: BTreeSet<String>,
    /// In file order; no two are ambiguous.
    pub routes: Vec<Route>,
    /// What becomes of a request without a route.
    pub unmatched: Unmatched,
    /// In the order they are tried.
    pub identity: Vec<IdentitySource>,
    /// Unique by (source, id).
    pub principals: Vec<DirectoryEntry>,
    /// What attributes look like.
    pub schemas: Schemas,
    /// What calls of models may use; not part of a snapshot.
    pub budgets: Budgets,
}

impl PolicySet {
    /// How often routes and policies name a kind of resource that has no schema, where others have one.
    pub(crate) fn strangers(&self) -> usize {
        let of_routes = self.routes.iter().filter(|route| self.schemas.is_stranger(&route.kind)).count();
        let of_policies = self.policies.iter().map(|policy| self.schemas.strangers_among(&policy.kinds));
        of_routes + of_policies.sum::<usize>()
    }
}
