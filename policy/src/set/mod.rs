//! The validated policy set: every reference resolved, every condition lowered.
//!
//! Built by [`crate::source`] from policy files; compiled to bytes by [`crate::snapshot::encode`]. The fields are plain
//! data so that tests and generators can build sets without going through text, but only [`crate::source::load`]
//! proves a set valid.

mod policy;
mod principal;
mod route;

pub use crate::identity::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
pub use policy::{Condition, Effect, Names, Policy};
pub use principal::DirectoryEntry;
pub use route::{AttributeSource, Auth, PathTemplate, Route, TemplateSegment};

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
    /// Sorted by name; names are unique.
    pub policies: Vec<Policy>,
    /// In file order; no two are ambiguous.
    pub routes: Vec<Route>,
    /// What becomes of a request without a route.
    pub unmatched: Unmatched,
    /// In the order they are tried.
    pub identity: Vec<IdentitySource>,
    /// Unique by (source, id).
    pub principals: Vec<DirectoryEntry>,
}
