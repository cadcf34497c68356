use std::sync::Arc;

use super::slab::Number;

/// A term, the policies that have it, ascending, and how often each has it.
#[derive(Clone, Debug)]
pub(super) struct Postings {
    pub(super) term: Arc<str>,
    policies: Vec<(Number, u16)>,
}

impl Postings {
    pub(super) fn of(term: Arc<str>) -> Self {
        Postings { term, policies: Vec::new() }
    }

    pub(super) fn insert(&mut self, policy: Number, count: u16) {
        let at = match self.policies.last() {
            Some((last, _)) if *last >= policy => self.policies.partition_point(|(other, _)| *other < policy),
            _ => self.policies.len(),
        };
        self.policies.insert(at, (policy, count));
    }

    pub(super) fn remove(&mut self, policy: Number) {
        if let Ok(at) = self.policies.binary_search_by_key(&policy, |(other, _)| *other) {
            self.policies.remove(at);
        }
    }

    pub(super) fn policies(&self) -> &[(Number, u16)] {
        &self.policies
    }
}
