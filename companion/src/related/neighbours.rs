use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tollgate_policy::related::{NEIGHBOURS, Policy, PolicyKey, Similarity};
use tollgate_search::{Index, IndexError, TextHash};

/// How many policies are looked at around one that has changed: those of them that it is nearer to than what they have get it
/// as a neighbour. One that is not among these does not, before it is searched for itself.
const AROUND: usize = 24;

/// Policies that are less alike are not said to be.
const LEAST: f32 = 0.3;

/// The nearest neighbours of every policy of an index, kept up with it.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    known: BTreeMap<PolicyKey, Known>,
    /// Still to be searched for: a neighbour of theirs has changed or gone.
    beside: HashSet<PolicyKey>,
    /// Whose neighbours are others than they were when this was last asked.
    touched: HashSet<PolicyKey>,
}

#[derive(Debug)]
struct Known {
    /// What the neighbours are of.
    text: TextHash,
    near: Vec<(PolicyKey, Similarity)>,
}

/// The policies of an index by their keys, without those that share one.
type Names = HashMap<PolicyKey, (Arc<str>, TextHash)>;

impl Neighbours {
    /// Goes on to what the index holds now. Only what has changed is searched for, and what it was a neighbour of. Stops where
    /// `go_on` says no; the next update goes on from there.
    pub(super) fn update(&mut self, index: &Index, go_on: &dyn Fn() -> bool) -> Result<(), IndexError> {
        let names = names(index);
        self.touched.extend(self.known.keys().filter(|key| !names.contains_key(key)));
        self.known.retain(|key, _| names.contains_key(key));
        let known = |key: &PolicyKey, text: &TextHash| self.known.get(key).is_some_and(|known| known.text == *text);
        let changed = names.iter().filter(|(key, (_, text))| !known(key, text));
        let changed: HashSet<PolicyKey> = changed.map(|(key, _)| *key).collect();
        let is_other = |(key, _): &(PolicyKey, Similarity)| changed.contains(key) || !names.contains_key(key);
        let beside = self.known.iter().filter(|(_, known)| known.near.iter().any(is_other));
        self.beside.extend(beside.map(|(key, _)| *key));
        for key in changed.iter().filter(|_| go_on()) {
            let Some((name, text)) = names.get(key) else { continue };
            let around = around(index, name, AROUND)?;
            for (near, similarity) in &around {
                self.offer(*near, *key, *similarity);
            }
            let near = around.into_iter().take(NEIGHBOURS).collect();
            self.known.insert(*key, Known { text: *text, near });
            self.beside.remove(key);
            self.touched.insert(*key);
        }
        while let Some(key) = self.beside.iter().next().copied().filter(|_| go_on()) {
            if let (Some((name, _)), Some(known)) = (names.get(&key), self.known.get_mut(&key)) {
                let near = around(index, name, NEIGHBOURS)?;
                if known.near != near {
                    known.near = near;
                    self.touched.insert(key);
                }
            }
            self.beside.remove(&key);
        }
        Ok(())
    }

    /// Whose neighbours are others than when this was last asked.
    pub(super) fn take_touched(&mut self) -> HashSet<PolicyKey> {
        std::mem::take(&mut self.touched)
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Those of which `wanted` says so.
    pub(super) fn policies(&self, wanted: impl Fn(PolicyKey) -> bool) -> impl Iterator<Item = Policy> {
        let wanted = self.known.iter().filter(move |(key, _)| wanted(**key));
        wanted.map(|(key, known)| Policy { key: *key, neighbours: known.near.clone() })
    }

    /// Makes one policy a neighbour of another if it is nearer than the last of those that it has.
    fn offer(&mut self, to: PolicyKey, offered: PolicyKey, similarity: Similarity) {
        let Some(Known { near, .. }) = self.known.get_mut(&to).filter(|_| !self.beside.contains(&to)) else { return };
        let place = near.partition_point(|(_, other)| *other >= similarity);
        if place < NEIGHBOURS && near.iter().all(|(other, _)| *other != offered) {
            near.insert(place, (offered, similarity));
            near.truncate(NEIGHBOURS);
            self.touched.insert(to);
        }
    }
}

fn names(index: &Index) -> Names {
    let mut names = Names::new();
    let mut shared = Vec::new();
    for name in index.names() {
        let Some(text) = index.text_of(&name) else { continue };
        let key = PolicyKey::of(&name);
        if names.insert(key, (name, text)).is_some() {
            shared.push(key);
        }
    }
    shared.iter().for_each(|key| drop(names.remove(key)));
    names
}

/// The policies nearest to one, itself left out.
fn around(index: &Index, name: &str, most: usize) -> Result<Vec<(PolicyKey, Similarity)>, IndexError> {
    let Some(vector) = index.vector_of(name)? else { return Ok(Vec::new()) };
    let hits = index.search(&vector, most + 1, None)?.into_iter();
    let others = hits.filter(|hit| &*hit.name != name && hit.score >= LEAST);
    let near = others.filter_map(|hit| Some((PolicyKey::of(&hit.name), Similarity::of_cosine(hit.score)?)));
    Ok(near.filter(|(key, _)| *key != PolicyKey::of(name)).take(most).collect())
}

#[cfg(test)]
mod tests;
