use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use crate::set::{DirectoryEntry, Policy, PolicySet, Route};

use super::chunk::{ChunkKind, PerKind};
use super::codec::DecodeError;
use super::content::{Content, Replacement};
use super::totals::Totals;
use super::{Snapshot, SnapshotId, bucket, encode as write, limits};

/// A policy set that cannot become a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy set does not fit into a snapshot: {0}")]
pub struct EncodeError(#[from] DecodeError);

/// Compiles one version of a policy set after another: only chunks whose records changed are written anew. Policies are
/// told to be the same by where they are kept, so that a set that shares most of them with the one before costs little.
#[derive(Debug, Default)]
pub struct Compiler {
    policies: Vec<Arc<Policy>>,
    buckets: Vec<Bucket>,
    routes: Vec<Route>,
    principals: Vec<DirectoryEntry>,
    content: Content,
}

/// The policies of one chunk.
#[derive(Debug, Default)]
struct Bucket {
    policies: Vec<Arc<Policy>>,
    totals: Totals,
}

impl Compiler {
    /// Compiles a validated set. Equal sets give equal contents, whatever the order of their policies, and whatever was
    /// compiled before.
    ///
    /// # Errors
    /// If more policies fall into one chunk than it can hold. What a worker would refuse for other reasons is found out
    /// by whoever decodes the content.
    pub fn compile(&mut self, set: &PolicySet) -> Result<Content, EncodeError> {
        // An error leaves nothing behind that could be half of something.
        let mut next = mem::take(self);
        let content = next.next(set)?;
        *self = next;
        Ok(content)
    }

    fn next(&mut self, set: &PolicySet) -> Result<Content, EncodeError> {
        let mut replacements: Vec<Replacement> = Vec::new();
        let mut counts = PerKind::default();
        let changed = self.sort_policies(&set.policies)?;
        *counts.of_mut(ChunkKind::Settings) = 1;
        let totals = self.buckets.iter().fold(Totals::default(), |sum, bucket| sum.plus(bucket.totals));
        self.replace(ChunkKind::Settings, [(0, write::settings(set, totals))], &mut replacements);

        *counts.of_mut(ChunkKind::Routes) = bucket::count(set.routes.len());
        if self.routes != set.routes || self.content.chunks(ChunkKind::Routes).is_empty() {
            let chunks = in_buckets(&set.routes, |route| vec![&route.name]).map(write::routes).enumerate();
            self.replace(ChunkKind::Routes, chunks, &mut replacements);
            self.routes.clone_from(&set.routes);
        }
        *counts.of_mut(ChunkKind::Principals) = bucket::count(set.principals.len());
        if self.principals != set.principals || self.content.chunks(ChunkKind::Principals).is_empty() {
            let entries = in_buckets(&set.principals, |entry| vec![&entry.source, &entry.id]);
            self.replace(ChunkKind::Principals, entries.map(write::principals).enumerate(), &mut replacements);
            self.principals.clone_from(&set.principals);
        }
        *counts.of_mut(ChunkKind::Policies) = self.buckets.len();
        let written = changed.into_iter().filter_map(|place| {
            let policies = self.buckets.get(place)?.policies.iter().map(|policy| &**policy).collect();
            Some((place, write::policies(policies)))
        });
        self.replace(ChunkKind::Policies, written, &mut replacements);
        self.content = self.content.with(&counts, &replacements);
        limits::CONTENT.check(self.content.size())?;
        Ok(self.content.clone())
    }

    /// Takes note of chunks of a kind, where they are not what they were.
    fn replace(
        &self,
        kind: ChunkKind,
        chunks: impl IntoIterator<Item = (usize, Vec<u8>)>,
        replacements: &mut Vec<Replacement>,
    ) {
        let differ = chunks.into_iter().filter(|(place, bytes)| self.content.chunk(kind, *place) != Some(bytes));
        replacements.extend(differ.map(|(place, bytes)| (kind, place, bytes.into())));
    }

    /// Puts the policies into their buckets and gives the buckets that are not what they were.
    fn sort_policies(&mut self, policies: &[Arc<Policy>]) -> Result<BTreeSet<usize>, DecodeError> {
        let mut changed = self.resize(bucket::count(policies.len()));
        let before = mem::replace(&mut self.policies, policies.to_vec());
        let (mut old, mut new) = (before.iter().peekable(), policies.iter().peekable());
        loop {
            match (old.peek(), new.peek()) {
                (Some(a), Some(b)) if Arc::ptr_eq(a, b) => {
                    old.next();
                    new.next();
                }
                (None, None) => break,
                (Some(a), b) if b.is_none_or(|b| a.name <= b.name) => {
                    let place = self.place(a);
                    if let Some(bucket) = self.buckets.get_mut(place)
                        && let Some(at) = bucket.policies.iter().position(|policy| Arc::ptr_eq(policy, a))
                    {
                        bucket.policies.swap_remove(at);
                    }
                    changed.insert(place);
                    old.next();
                }
                (_, Some(b)) => {
                    let place = self.place(b);
                    if let Some(bucket) = self.buckets.get_mut(place) {
                        bucket.policies.push(Arc::clone(b));
                    }
                    changed.insert(place);
                    new.next();
                }
                (Some(_), None) => break,
            }
        }
        for place in &changed {
            if let Some(bucket) = self.buckets.get_mut(*place) {
                limits::RECORDS.check(bucket.policies.len())?;
                let totals = bucket.policies.iter().map(|policy| write::totals(policy));
                bucket.totals = totals.fold(Totals::default(), Totals::plus);
            }
        }
        Ok(changed)
    }

    fn place(&self, policy: &Policy) -> usize {
        bucket::of(&[&policy.name], self.buckets.len())
    }

    /// Divides buckets, or unites them, until there are this many, and gives those that are not what they were.
    fn resize(&mut self, count: usize) -> BTreeSet<usize> {
        let mut changed = BTreeSet::new();
        if self.buckets.is_empty() {
            self.buckets.resize_with(count, Bucket::default);
            changed.extend(0..count);
        }
        while self.buckets.len() < count {
            let (own, last) = (bucket::divided(self.buckets.len()), self.buckets.len());
            self.buckets.push(Bucket::default());
            let all = self.buckets.get_mut(own).map(|bucket| mem::take(&mut bucket.policies)).unwrap_or_default();
            self.add_all(all);
            changed.extend([own, last]);
        }
        while self.buckets.len() > count
            && let Some(last) = self.buckets.pop()
        {
            self.add_all(last.policies);
            changed.insert(bucket::divided(self.buckets.len()));
        }
        changed.retain(|place| *place < count);
        changed
    }

    fn add_all(&mut self, policies: Vec<Arc<Policy>>) {
        for policy in policies {
            let place = self.place(&policy);
            if let Some(bucket) = self.buckets.get_mut(place) {
                bucket.policies.push(policy);
            }
        }
    }
}

fn in_buckets<'a, T>(records: &'a [T], name: impl Fn(&'a T) -> Vec<&'a str>) -> impl Iterator<Item = Vec<&'a T>> {
    let mut buckets = vec![Vec::new(); bucket::count(records.len())];
    for record in records {
        let place = bucket::of(&name(record), buckets.len());
        if let Some(bucket) = buckets.get_mut(place) {
            bucket.push(record);
        }
    }
    buckets.into_iter()
}

/// Compiles a validated set for itself, and reads the result as a worker would.
///
/// # Errors
/// If the set exceeds a limit of the format, or was not validated.
pub fn compile(set: &PolicySet, id: SnapshotId) -> Result<Compiled, EncodeError> {
    let bytes = Compiler::default().compile(set)?.encode(id, &[]);
    // What a worker would refuse must not be published: the decoder is the judge.
    let snapshot = Snapshot::decode(&bytes)?;
    Ok(Compiled { bytes, snapshot })
}

/// The bytes of [`compile`].
///
/// # Errors
/// As [`compile`].
pub fn encode(set: &PolicySet, id: SnapshotId) -> Result<Vec<u8>, EncodeError> {
    compile(set, id).map(|compiled| compiled.bytes)
}

/// A compiled policy set.
#[derive(Debug)]
pub struct Compiled {
    /// As it travels.
    pub bytes: Vec<u8>,
    /// As a worker reads it.
    pub snapshot: Snapshot,
}

#[cfg(test)]
mod tests;
