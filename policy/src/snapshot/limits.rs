//! What a snapshot may hold. Every reader checks, so that no bytes, however crafted, can ask for more time or memory than
//! a multiple of what they are.

use crate::engine::Slot;

use super::codec::DecodeError;

/// A bound on the number of something.
pub(crate) struct Limit {
    what: &'static str,
    most: usize,
}

/// Bytes of a snapshot, and of what a delta makes of one.
pub(super) const CONTENT: Limit = Limit::new("bytes", 64 << 20);
/// Chunks of a snapshot.
pub(super) const CHUNKS: Limit = Limit::new("chunks", 1 << 19);
/// Chunks of policies.
pub(super) const BUCKETS: Limit = Limit::new("chunks of policies", Slot::BUCKETS);
/// Policies of a chunk.
pub(super) const RECORDS: Limit = Limit::new("policies in a chunk", Slot::PLACES);
/// Strings of a chunk.
pub(super) const STRINGS: Limit = Limit::new("strings in a chunk", 1 << 20);
/// Policies of a snapshot.
pub(super) const POLICIES: Limit = Limit::new("policies", 1 << 21);
/// (kind, action, role) triples over all policies.
pub(super) const ENTRIES: Limit = Limit::new("combinations of kind, action and role", 1 << 23);
/// Kinds, actions or roles of one policy, methods or hosts of one route, and the like.
pub(super) const NAMES: Limit = Limit::new("names in a list", 1 << 10);
/// Ways in which one policy is reached: by plain roles, and by each of its derived roles.
pub(super) const WAYS: Limit = Limit::new("derived roles in a policy", 1 << 9);
/// Distinct globs of actions.
pub(super) const GLOBS: Limit = Limit::new("globs of actions", 1 << 10);
/// Bytes of a glob.
pub(super) const GLOB_LEN: Limit = Limit::new("bytes in a glob", 256);
/// Bytes of actions that globs are matched with, counted for each glob.
pub(super) const GLOB_WORK: Limit = Limit::new("bytes of actions to match with globs", 1 << 26);
/// Scopes.
pub(super) const SCOPES: Limit = Limit::new("scopes", 1 << 16);
/// Operations over all conditions.
pub(super) const NODES: Limit = Limit::new("operations in conditions", 1 << 22);
/// Distinct header names that conditions read.
pub(super) const HEADERS: Limit = Limit::new("headers read by conditions", 256);
/// Distinct names of query parameters that conditions read.
pub(super) const QUERY_PARAMETERS: Limit = Limit::new("query parameters read by conditions", 256);
/// Bytes that a decoded snapshot takes beyond its own size, where little input can ask for much memory.
const COPIED: Limit = Limit::new("bytes once it is decoded", 64 << 20);
/// Identity sources.
pub(super) const IDENTITY_SOURCES: Limit = Limit::new("identity sources", 64);
/// Segments of a route's path.
pub(super) const SEGMENTS: Limit = Limit::new("path segments in a route", 64);

impl Limit {
    pub(crate) const fn new(what: &'static str, most: usize) -> Self {
        Limit { what, most }
    }

    /// The bound.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// The number, if it is within the bound.
    pub(crate) fn check(&self, number: usize) -> Result<usize, DecodeError> {
        match number <= self.most {
            true => Ok(number),
            false => Err(self.exceeded()),
        }
    }

    /// What there is to say about more.
    pub(crate) fn exceeded(&self) -> DecodeError {
        DecodeError::TooMany { what: self.what, limit: self.most }
    }
}

/// What reading may still copy. Strings are referred to by position, so that few bytes can name a long one often.
#[derive(Debug, Default)]
pub(super) struct Budget {
    copied: usize,
}

impl Budget {
    /// With this many bytes copied.
    pub(super) fn of(copied: usize) -> Self {
        Budget { copied }
    }

    /// How many bytes were taken account of.
    pub(super) fn copied(&self) -> usize {
        self.copied
    }

    /// Takes account of this many bytes.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.copied = COPIED.check(self.copied.saturating_add(bytes))?;
        Ok(())
    }

    /// Takes account of a string that is about to be copied.
    pub(super) fn text<'a>(&mut self, text: &'a str) -> Result<&'a str, DecodeError> {
        self.charge(size_of::<Box<str>>() + text.len())?;
        Ok(text)
    }
}
