use crate::snapshot::Snapshot;

use super::part::neighbour;
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
        let (parts, number) = part.place();
        if self.0.iter().flatten().next().is_none_or(|kept| !kept.is_beside(&part)) {
            self.0 = std::iter::repeat_with(|| None).take(parts).collect();
        }
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
        let neighbours = part.map_or(&[][..], |part| part.neighbours(key)).iter().filter_map(neighbour);
        neighbours.filter_map(|(key, similarity)| Some(Related { policy: snapshot.policy_of(key)?, similarity }))
    }
}
