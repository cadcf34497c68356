use std::collections::HashSet;
use std::sync::Arc;

use tollgate_search::{Index, IndexError};

use super::MAX_POLICIES;
use super::extract::{Extract, Part, parts};
use super::neighbours::Neighbours;

/// Makes index snapshots of one index after the other.
#[derive(Debug, Default)]
pub(crate) struct Maker {
    /// Of this generation.
    neighbours: Neighbours,
    generation: Option<u64>,
    last: Option<Arc<Extract>>,
}

/// Why there is no index snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoExtract {
    /// The index cannot be searched.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// It has more policies than a VM should keep neighbours of.
    #[error("{0} policies are more than the {MAX_POLICIES} of which VMs are told what is like them")]
    TooMany(usize),
    /// There was something else to do.
    #[error("it is not complete")]
    Interrupted,
}

impl Maker {
    /// The index snapshot of what an index holds now. Goes on from the last where it is of the same generation.
    ///
    /// # Errors
    /// If the index cannot be searched or holds too much, or `go_on` has said no. What was found until then is kept.
    pub(crate) fn make(
        &mut self,
        generation: u64,
        revision: u64,
        index: &Index,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Arc<Extract>, NoExtract> {
        if self.generation != Some(generation) {
            *self = Maker { generation: Some(generation), ..Maker::default() };
        }
        if index.len() > MAX_POLICIES {
            *self = Maker::default();
            return Err(NoExtract::TooMany(index.len()));
        }
        self.neighbours.update(index, go_on)?;
        if !go_on() {
            return Err(NoExtract::Interrupted);
        }
        let model = &index.model().version;
        let before = self.last.as_ref().map(|last| last.parts.len());
        let count = parts(self.neighbours.len(), before);
        let mut kept = self.last.take().filter(|_| before == Some(count)).map(|last| last.parts.clone());
        let changed: HashSet<usize> = self.neighbours.take_touched().iter().map(|key| key.part(count)).collect();
        let mut by_part = vec![Vec::new(); count];
        let is_new = kept.is_none();
        for policy in self.neighbours.policies(|key| is_new || changed.contains(&key.part(count))) {
            if let Some(part) = by_part.get_mut(policy.key.part(count)) {
                part.push(policy);
            }
        }
        let mut all = Vec::with_capacity(count);
        for (number, policies) in by_part.into_iter().enumerate() {
            let same = kept.as_mut().and_then(|kept| kept.get(number)).filter(|_| !changed.contains(&number));
            all.push(match same {
                Some(same) => Arc::clone(same),
                None => Arc::new(Part::new(model.as_str(), generation, revision, [count, number], policies)),
            });
        }
        let extract = Arc::new(Extract { generation, revision, policies: self.neighbours.len(), parts: all });
        self.last = Some(Arc::clone(&extract));
        Ok(extract)
    }
}

#[cfg(test)]
mod tests;
