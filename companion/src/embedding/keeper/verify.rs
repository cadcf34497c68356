use std::sync::Arc;

use tollgate_search::{PolicyText, TextHash};

use crate::embedding::tended::Tended;

use super::Keeper;

/// So many policies are looked at before anything else has its turn.
const PIECE: usize = 200;

/// So many, evenly spread, are searched for with their own vectors.
const SEARCHED: usize = 1000;

/// Nearest that are looked at for the policy itself.
const NEAREST: usize = 10;

/// How far from its own vector those may be that stand before it: they say the same.
const SAME: f32 = 0.999;

/// A look at every policy of a generation before it serves.
#[derive(Debug)]
pub(super) struct Verification {
    names: Vec<Arc<str>>,
    at: usize,
    /// Policies that are not as they should be: they are embedded again.
    pub(super) wrong: Vec<Arc<str>>,
}

impl Verification {
    pub(super) fn is_over(&self) -> bool {
        self.at >= self.names.len()
    }
}

impl Keeper {
    pub(super) fn begin_verification(&self) -> Verification {
        Verification { names: self.known.keys().cloned().collect(), at: 0, wrong: Vec::new() }
    }

    /// Looks at some more policies. Those that have changed since are embedded again anyway.
    pub(super) fn verify_piece(&self, verification: &mut Verification, tended: &Tended) {
        let every = verification.names.len().div_ceil(SEARCHED).max(1);
        let end = (verification.at + PIECE).min(verification.names.len());
        for at in verification.at..end {
            let Some(name) = verification.names.get(at) else { break };
            if tended.book(|book| book.is_stale(name)) {
                continue;
            }
            if !self.is_right(name, tended, at % every == 0) {
                verification.wrong.push(Arc::clone(name));
            }
        }
        verification.at = end;
    }

    /// Whether a policy has a vector of its text that has the right size and finds the policy.
    fn is_right(&self, name: &Arc<str>, tended: &Tended, is_searched: bool) -> bool {
        let Some(policy) = self.known.get(name) else { return true };
        if tended.index.text_of(name) != Some(TextHash::of(PolicyText::of(policy).cleaned())) {
            return false;
        }
        let Ok(Some(vector)) = tended.index.vector_of(name) else { return false };
        if vector.dimensions() != usize::from(tended.model.dimensions) {
            return false;
        }
        if !is_searched {
            return true;
        }
        let Ok(hits) = tended.index.search(&vector, NEAREST, None) else { return false };
        hits.iter().any(|hit| hit.name == *name) || hits.last().is_some_and(|last| last.score >= SAME)
    }
}
