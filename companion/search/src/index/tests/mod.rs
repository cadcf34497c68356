mod concurrency;
mod damage;
mod full_disk;
mod graphs;
mod kills;
mod one_folder;
mod reference;
mod small;

use std::path::Path;

use tollgate_policy::digest::Digest;

use super::plan::Limits;
use super::storage::Space;
use super::{Entry, Index, IndexError, Settings};
use crate::{Dimensions, Model, TextHash, Vector};

const DIMENSIONS: usize = 24;

fn model() -> Model {
    let dimensions = Dimensions::new(DIMENSIONS).unwrap();
    Model { version: "v1".parse().unwrap(), fingerprint: Digest([7; 32]), dimensions }
}

/// So low that a few hundred rows go through all that many thousand do.
const SMALL: Limits = Limits { graph: 150, segment: 500, log: 1 << 20, garbage: 4096 };

const SETTINGS: Settings = Settings { ef_construction: 60, ef_search: 50 };

/// The same vector for the same number; each unlike the others.
fn vector(number: u64) -> Vector {
    let mut random = fastrand::Rng::with_seed(number ^ 0x5eed);
    Vector::normalised((0..DIMENSIONS).map(|_| random.f32() * 2.0 - 1.0).collect()).unwrap()
}

fn text(number: u64) -> TextHash {
    TextHash::of(&number.to_string())
}

fn put(index: &Index, name: &str, number: u64) -> Result<(), IndexError> {
    index.insert(&[Entry { name, text: text(number), vector: &vector(number) }])
}

fn open(folder: &Path) -> Index {
    try_open(folder, Space::default()).unwrap()
}

fn try_open(folder: &Path, space: Space) -> Result<Index, IndexError> {
    Index::open_with(folder, model(), SETTINGS, SMALL, space)
}

fn in_memory() -> Index {
    Index::of(super::open::in_memory(model(), SETTINGS, SMALL), None)
}

/// The seeds to go through: `TOLLGATE_SEED` is the only one if it is set.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("TOLLGATE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..count).collect(),
    }
}
