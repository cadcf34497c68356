use crate::snapshot::Snapshot;

use super::{Part, PolicyKey, Similarity};

/// What a VM has of an index snapshot: all parts are of one model, one generation and one division into parts.
#[derive(Debug, Default)]
pub struct IndexSnapshot(Vec<Option<Part>>);

/// A policy that is like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Related<'s> {
    /// Its name.
    pub policy: &'s str,
    /// How like.
    pub similarity: Similarity,
}

impl IndexSnapshot {
    /// Takes a part in the place of the one before. What belongs to another model, generation or division goes.
    pub fn take(&mut self, part: Part) {
        let id = part.id();
        let is_other = self.0.iter().flatten().next().is_none_or(|kept| {
            let kept = kept.id();
            (kept.generation, kept.parts) != (id.generation, id.parts) || kept.model != id.model
        });
        if is_other {
            self.0.clear();
            self.0.resize(id.parts, None);
        }
        let number = id.number;
        if let Some(place) = self.0.get_mut(number) {
            *place = Some(part);
        }
    }

    /// The policies most like one of this name, the most similar first, as far as the snapshot has them. Allocates nothing.
    pub fn related<'s>(&self, policy: &str, snapshot: &'s Snapshot) -> impl Iterator<Item = Related<'s>> {
        let key = PolicyKey::of(policy);
        // Where two policies share a key, nobody knows whose neighbours these are.
        let is_it = snapshot.policy_of(key) == Some(policy);
        let part = self.0.get(key.part(self.0.len())).and_then(Option::as_ref).filter(|_| is_it);
        let neighbours = part.into_iter().flat_map(move |part| part.neighbours(key));
        neighbours.filter_map(|(key, similarity)| Some(Related { policy: snapshot.policy_of(key)?, similarity }))
    }
}
