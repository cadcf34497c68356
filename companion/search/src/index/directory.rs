use std::hash::BuildHasher;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::home::Home;

/// Where each policy is. Names are not kept here: they are looked up where the rows are, which makes a policy cost nine bytes.
#[derive(Debug, Default)]
pub(super) struct Directory {
    places: HashTable<Place>,
    homes: FxHashMap<u32, Home>,
}

/// A row of a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) home: u32,
    pub(super) row: u32,
}

impl Directory {
    pub(super) fn add_home(&mut self, home: Home) {
        self.homes.insert(home.number(), home);
    }

    /// Removes a home that no policy is in any more.
    pub(super) fn remove_home(&mut self, number: u32) {
        self.homes.remove(&number);
    }

    pub(super) fn home(&self, place: Place) -> Option<&Home> {
        self.homes.get(&place.home)
    }

    pub(super) fn get(&self, name: &str) -> Option<Place> {
        self.places.find(hash(name), |place| is_named(&self.homes, *place, name)).copied()
    }

    /// Says where a policy is; returns where it was.
    pub(super) fn put(&mut self, name: &str, place: Place) -> Option<Place> {
        let Directory { places, homes } = self;
        let rehash =
            |place: &Place| homes.get(&place.home).and_then(|home| home.with_name(place.row, hash)).unwrap_or_default();
        match places.entry(hash(name), |other| is_named(homes, *other, name), rehash) {
            Entry::Occupied(mut entry) => Some(std::mem::replace(entry.get_mut(), place)),
            Entry::Vacant(entry) => {
                entry.insert(place);
                None
            }
        }
    }

    /// Forgets a policy; returns where it was.
    pub(super) fn remove(&mut self, name: &str) -> Option<Place> {
        let Directory { places, homes } = self;
        let entry = places.find_entry(hash(name), |place| is_named(homes, *place, name)).ok()?;
        Some(entry.remove().0)
    }

    /// Forgets the policy in a place.
    pub(super) fn remove_at(&mut self, name: &str, place: Place) {
        if let Ok(entry) = self.places.find_entry(hash(name), |other| *other == place) {
            entry.remove();
        }
    }

    /// Says that the policy in a place is in another one now.
    pub(super) fn move_to(&mut self, name: &str, from: Place, to: Place) {
        if let Some(place) = self.places.find_mut(hash(name), |place| *place == from) {
            *place = to;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn places(&self) -> impl Iterator<Item = (Place, &Home)> {
        self.places.iter().filter_map(|place| Some((*place, self.homes.get(&place.home)?)))
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.places.allocation_size()
    }
}

fn hash(name: &str) -> u64 {
    FxBuildHasher.hash_one(name)
}

fn is_named(homes: &FxHashMap<u32, Home>, place: Place, name: &str) -> bool {
    homes.get(&place.home).and_then(|home| home.with_name(place.row, |other| other == name)).unwrap_or_default()
}
