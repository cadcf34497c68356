use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use tollgate_policy::source::{Shape, SourceFile};

use crate::store::Edit;

use super::documents::policy_of;

/// The policies in force as they were written, for readers that wait for no publication.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Arc<RwLock<BTreeMap<String, Arc<str>>>>);

impl Shelf {
    /// The text of a policy.
    pub(crate) fn get(&self, policy: &str) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(policy).cloned()
    }

    /// Policies by name, from after this one on.
    pub(crate) fn list(&self, after: Option<&str>, most: usize) -> Vec<(String, Arc<str>)> {
        let policies = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = policies.range::<str, _>((start, Bound::Unbounded));
        range.take(most).map(|(name, text)| (name.clone(), Arc::clone(text))).collect()
    }

    pub(super) fn fill(&self, documents: &[SourceFile]) {
        let policies = documents.iter().filter_map(|document| match &document.shape {
            Shape::Policy(name) => Some((name.clone(), Arc::clone(&document.text))),
            Shape::Sections => None,
        });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = policies.collect();
    }

    pub(super) fn make(&self, edit: &Edit) {
        let mut policies = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match edit {
            Edit::Write(SourceFile { text, shape: Shape::Policy(name), .. }) => {
                policies.insert(name.clone(), Arc::clone(text));
            }
            Edit::Write(_) => {}
            Edit::Remove(document) => {
                if let Some(name) = policy_of(document) {
                    policies.remove(name);
                }
            }
        }
    }
}
