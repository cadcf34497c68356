use std::fmt;

use super::arena::Arena;
use super::content::Content;
use super::decode::Sum;
use super::head::Attestation;
use super::names::Names;
use super::reads::Reads;
use crate::condition::Code;
use crate::digest::Digest;
use crate::engine::{Globs, Index, Scopes, Slot, Symbols};
use crate::http::{BudgetMode, BudgetTerms, RouteTable};
use crate::identity::{Directory, IdentitySource, Principal, PrincipalClaims, Stamp};
use crate::related::PolicyKey;

/// Identifies a published snapshot; ordered by epoch, then version. Displays as `epoch.version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId {
    /// Raised when version numbers start over, as after the loss of the companion's state.
    pub epoch: u64,
    /// Raised with every publication.
    pub version: u64,
}

impl SnapshotId {
    /// No epoch and no version gets here: it is what JSON and metrics carry without loss, and no companion counts so far.
    pub const MAX_NUMBER: u64 = 1 << 53;

    /// Whether a companion could give this id. Others are not taken into use: nothing could ever be newer.
    #[must_use]
    pub fn is_in_range(self) -> bool {
        self.epoch < Self::MAX_NUMBER && self.version < Self::MAX_NUMBER
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.version)
    }
}

/// A compiled policy set: immutable, complete, ready to decide.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) id: SnapshotId,
    pub(crate) digest: Digest,
    pub(super) attestations: Vec<Attestation>,
    /// What it was read from: what a delta is applied to.
    pub(super) content: Content,
    /// Conditions and names.
    pub(super) arena: Arena,
    /// Of policies, ordered as their chunks are: by a hash of the name, then by name.
    pub(super) names: Names,
    /// What the policies come to together.
    pub(super) sum: Sum,
    pub(super) index: Index,
    pub(super) globs: Globs,
    pub(super) routes: RouteTable,
    pub(super) passes_unmatched: bool,
    pub(super) identity: Vec<IdentitySource>,
    /// Of the environment in which the set serves.
    pub(super) budget_mode: Option<BudgetMode>,
    pub(super) directory: Directory,
    /// What of a request conditions or identity sources read.
    pub(super) reads: Reads,
    /// Principals of another stamp are not in its terms.
    pub(super) stamp: Stamp,
    /// What of the budget is spent: by all chunks, and by matching globs beforehand.
    pub(super) copied: usize,
    pub(super) copied_for_globs: usize,
    /// Where the totals begin in its settings.
    pub(super) totals_at: usize,
    /// What the arena took when the whole was read.
    pub(super) bytes_when_read: usize,
}

impl Snapshot {
    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> SnapshotId {
        self.id
    }

    /// Digest of its content, which does not depend on its id.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The bytes it can be read from again.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.content.encode(self.id, &self.attestations)
    }

    /// The signatures that came with it.
    #[must_use]
    pub fn attestations(&self) -> &[Attestation] {
        &self.attestations
    }

    /// What it says, as bytes.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// How many policies it holds.
    #[must_use]
    pub fn policy_count(&self) -> usize {
        self.names.len()
    }

    /// Names of its policies, in its order: candidates of one effect are looked at in this order, denies before allows.
    pub fn policy_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter(&self.arena.names)
    }

    /// The name of its one policy of this key; none if two have it.
    pub(crate) fn policy_of(&self, key: PolicyKey) -> Option<&str> {
        self.names.find(key, &self.arena.names)
    }

    /// How many routes it holds.
    #[must_use]
    pub fn route_count(&self) -> usize {
        self.routes.len()
    }

    /// Headers of trusted-header identity sources (lower-case): what an untrusted peer must not send upstream.
    pub fn identity_header_names(&self) -> impl Iterator<Item = &str> {
        self.identity.iter().flat_map(IdentitySource::identity_headers).flatten()
    }

    /// Headers that conditions or identity sources read, lower-case. A request that repeats one is refused.
    pub fn headers_read(&self) -> impl Iterator<Item = &str> {
        self.reads.headers.iter().map(|name| &**name)
    }

    /// Query parameters that conditions read, sorted. A request that repeats one is refused.
    #[must_use]
    pub fn query_parameters_read(&self) -> &[Box<str>] {
        &self.reads.query
    }

    /// Whether conditions read the time.
    #[must_use]
    pub fn reads_time(&self) -> bool {
        self.sum.uses.time > 0
    }

    /// Whether conditions read where requests come from.
    #[must_use]
    pub fn reads_source(&self) -> bool {
        self.sum.uses.source > 0
    }

    /// Whether conditions read bodies.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.sum.uses.body > 0
    }

    /// A principal in this snapshot's terms: evidence united with the directory.
    #[must_use]
    pub fn principal(&self, claims: PrincipalClaims) -> Principal {
        Principal::new(claims, &self.arena.symbols.roles, &self.directory)
    }

    /// The principal of a request without identity.
    #[must_use]
    pub fn anonymous(&self) -> Principal {
        Principal::anonymous(&self.arena.symbols.roles)
    }

    /// What it says of how calls of models count.
    #[must_use]
    pub fn budget_terms(&self) -> BudgetTerms {
        BudgetTerms { mode: self.budget_mode, has_sources: self.identity.len() > 1 }
    }

    /// What resolved principals are in the terms of.
    pub(crate) fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    pub(crate) fn symbols(&self) -> &Symbols {
        &self.arena.symbols
    }

    pub(crate) fn policy_name(&self, slot: Slot) -> &str {
        self.names.get(slot, &self.arena.names)
    }

    pub(crate) fn code(&self) -> &Code {
        &self.arena.code
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    pub(crate) fn globs(&self) -> &Globs {
        &self.globs
    }

    pub(crate) fn scopes(&self) -> &Scopes {
        &self.arena.scopes
    }

    pub(crate) fn has_shadow(&self) -> bool {
        self.sum.shadow > 0
    }

    pub(crate) fn routes(&self) -> &RouteTable {
        &self.routes
    }

    pub(crate) fn passes_unmatched(&self) -> bool {
        self.passes_unmatched
    }

    pub(crate) fn identity(&self) -> &[IdentitySource] {
        &self.identity
    }
}
