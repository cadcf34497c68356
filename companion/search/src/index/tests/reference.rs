//! What an index should have, said in the simplest way.

use std::collections::{BTreeMap, BTreeSet};

use super::{put, text, vector};
use crate::{Index, IndexError};

/// The number that each name's vector and text are made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reference(pub(super) BTreeMap<String, u64>);

impl Reference {
    /// Does something at random, of which some is done over and over to the same names.
    pub(super) fn step(&mut self, index: &Index, random: &mut fastrand::Rng, names: u32) -> Result<(), IndexError> {
        let name = format!("policy-{}", random.u32(..names));
        if random.u8(..4) == 0 {
            index.remove(&[&name, "nobody"])?;
            self.0.remove(&name);
        } else {
            let number = random.u64(..);
            put(index, &name, number)?;
            self.0.insert(name, number);
        }
        Ok(())
    }

    /// Says what an index has that it should not, or the other way round.
    pub(super) fn assert_is(&self, index: &Index) {
        let names: Vec<String> = index.names().iter().map(ToString::to_string).collect();
        let there: BTreeSet<&String> = names.iter().collect();
        let expected: BTreeSet<&String> = self.0.keys().collect();
        assert_eq!((&there - &expected, &expected - &there), Default::default());
        assert_eq!(names.len(), self.0.len());
        assert_eq!((index.len(), index.stats().entries), (names.len(), names.len()));
        for (name, number) in &self.0 {
            assert_eq!(index.text_of(name), Some(text(*number)), "{name}");
            assert_eq!(index.vector_of(name).unwrap(), Some(vector(*number)), "{name}");
        }
    }

    /// As [`Self::assert_is`], and a search for each finds it.
    pub(super) fn assert_found(&self, index: &Index) {
        self.assert_is(index);
        for (name, number) in &self.0 {
            let hits = index.search(&vector(*number), 3, None).unwrap();
            assert_eq!(&*hits[0].name, name);
            assert!((hits[0].score - 1.0).abs() < 1e-5);
        }
        let all = index.search(&vector(1), usize::MAX, None).unwrap();
        assert_eq!(all.len(), self.0.len());
        assert!(all.iter().all(|hit| self.0.contains_key(&*hit.name)));
    }

    /// The names nearest to a vector, by comparing with each.
    pub(super) fn nearest(&self, to: u64, most: usize, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let to = vector(to);
        let wanted = self.0.iter().filter(|(name, _)| wanted(name));
        let mut all: Vec<(f32, &String)> = wanted.map(|(name, number)| (vector(*number).cosine(&to), name)).collect();
        all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        all.into_iter().take(most).map(|(_, name)| name.clone()).collect()
    }
}
