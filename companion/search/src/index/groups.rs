use std::hash::Hasher;
use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::points::Points;

/// Which rows are at which place of a graph. Rows with equal codes share one: a graph over many equal points finds nothing
/// but them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Groups {
    /// Where the rows of each place end; empty if each row is at the place of its own number.
    ends: Vec<u32>,
}

impl Groups {
    /// Of rows that are in the order of their places, given the place of each.
    pub(super) fn of(places: impl Iterator<Item = u32> + Clone) -> Self {
        if places.clone().zip(0..).all(|(place, row)| place == row) {
            return Groups::default();
        }
        let mut ends: Vec<u32> = Vec::new();
        for (place, row) in places.zip(0..) {
            if place as usize >= ends.len() {
                ends.resize(place as usize + 1, row);
            }
            if let Some(end) = ends.last_mut() {
                *end = row + 1;
            }
        }
        Groups { ends }
    }

    pub(super) fn rows(&self, place: u32) -> Range<u32> {
        if self.ends.is_empty() {
            return place..place + 1;
        }
        let place = place as usize;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        start..self.ends.get(place).copied().unwrap_or(start)
    }

    /// Whether they are of so many places and rows.
    pub(super) fn is_of(&self, places: usize, rows: usize) -> bool {
        match self.ends.last() {
            None => places == rows,
            Some(end) => self.ends.len() == places && *end as usize == rows && self.ends.is_sorted(),
        }
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.ends)
    }
}

/// Points of which no two are equal.
pub(super) struct Distinct {
    pub(super) points: Box<dyn Points>,
    len: u32,
    /// With the hash of each.
    table: HashTable<(u64, u32)>,
}

impl Distinct {
    pub(super) fn new(points: Box<dyn Points>) -> Self {
        Distinct { points, len: 0, table: HashTable::new() }
    }

    /// Adds a point unless there is one like it; returns which one it is.
    pub(super) fn push(&mut self, code: &Code) -> u32 {
        let hash = hash(code);
        let is_same = |(_, point): &(u64, u32)| self.points.is(*point as usize, code);
        if let Some((_, point)) = self.table.find(hash, is_same) {
            return *point;
        }
        let point = self.len;
        self.points.push(code);
        self.table.insert_unique(hash, (hash, point), |(hash, _)| *hash);
        self.len += 1;
        point
    }
}

fn hash(code: &Code) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u32(code.scale.to_bits());
    for steps in code.steps.as_chunks::<8>().0 {
        hasher.write_u64(u64::from_le_bytes(steps.map(|step| step as u8)));
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_at_its_place() {
        let groups = Groups::of([0, 0, 1, 2, 2, 2].into_iter());
        assert_eq!([0, 1, 2].map(|place| groups.rows(place)), [0..2, 2..3, 3..6]);
        assert!(groups.is_of(3, 6) && !groups.is_of(6, 6));
        let groups = Groups::of(0..4);
        assert_eq!(groups.rows(3), 3..4);
        assert!(groups.is_of(4, 4) && groups.bytes() == 0);
    }
}
