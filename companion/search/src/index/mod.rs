//! An index finds the vectors nearest to one.
//!
//! What is inserted goes to a [table](table): rows of which all are looked at, appended under a short lock and found from
//! then on. Once there are some eight thousand, a thread of the lowest priority makes a [segment](segment) of them: a graph,
//! which finds the nearest of a hundred thousand by looking at a few hundred, and does not change any more. Policies that
//! are removed, or whose vector is replaced, are marked in their segment; when one in twenty is, it is made again without
//! them. Searches see the index as it was when they began and wait for nobody: what is ready is put in the place of what
//! it was made of by replacing one pointer.
//!
//! Tables and graphs have [codes](code), a byte for each number. Codes choose the candidates; their order, and the score, is
//! of the vectors themselves, which are read from disk, where every vector is ([`storage`]).
//!
//! # What survives
//!
//! Once [`Index::insert`] or [`Index::remove`] returns, what it did is in a log that the operating system has: a process that
//! is killed loses nothing. A machine that loses power may lose what came last; each record has a checksum, and what is
//! damaged is gone, which [`Index::text_of`] tells. Segments are on disk for good before the logs that they are made of are
//! removed. The graph of a segment is read rather than built when an index is opened; if it is damaged, or of other
//! [`Settings`], it is built again from the vectors, and meanwhile all of them are looked at.

mod accuracy;
mod build;
mod builder;
mod code;
mod core;
mod deaths;
mod directory;
mod error;
mod graph;
mod groups;
mod home;
mod names;
mod open;
mod plan;
mod points;
mod search;
mod segment;
mod segment_file;
mod settings;
mod stats;
mod storage;
mod table;
#[cfg(test)]
mod tests;
mod view;
mod write;

use std::path::Path;
use std::sync::Arc;

pub use self::error::IndexError;
pub use self::settings::Settings;
pub use self::stats::Stats;

use self::core::Core;
use self::plan::Limits;
use self::storage::{Lock, Space};
use crate::{Model, TextHash, Vector};

/// A policy to be found.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'e> {
    /// The policy; at most 4096 bytes.
    pub name: &'e str,
    /// Of the text that the vector is of.
    pub text: TextHash,
    /// Of the index's model.
    pub vector: &'e Vector,
}

/// A policy that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The policy.
    pub name: Arc<str>,
    /// The cosine between its vector and the query's, -1 to 1.
    pub score: f32,
}

/// The vectors of one model, by policy. Shared by all who use it; every call is safe beside every other.
///
/// Dropped, it waits for files that are being written, and for nothing else.
#[derive(Debug)]
pub struct Index {
    core: Arc<Core>,
    _lock: Option<Lock>,
}

impl Index {
    /// An index that is kept nowhere.
    #[must_use]
    pub fn in_memory(model: Model, settings: Settings) -> Self {
        Self::of(open::in_memory(model, settings, Limits::default()), None)
    }

    /// Opens or makes the index of a model in a folder that is its own. What of it is damaged is gone from it, which
    /// [`Self::text_of`] then tells.
    ///
    /// # Errors
    /// If the folder cannot be used, is in use, or is of another model.
    pub fn open(folder: &Path, model: Model, settings: Settings) -> Result<Self, IndexError> {
        Self::open_with(folder, model, settings, Limits::default(), Space::default())
    }

    fn open_with(
        folder: &Path,
        model: Model,
        settings: Settings,
        limits: Limits,
        space: Space,
    ) -> Result<Self, IndexError> {
        let (core, lock) = open::open(folder, model, settings, limits, space)?;
        Ok(Self::of(core, Some(lock)))
    }

    fn of(core: Core, lock: Option<Lock>) -> Self {
        let core = Arc::new(core);
        core.build_if_due();
        Index { core, _lock: lock }
    }

    /// What its vectors are of.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.core.model
    }

    /// Adds policies, in the place of those that have their names. Once it returns they are found, and a process that is killed
    /// has not lost them.
    ///
    /// # Errors
    /// If a vector has other dimensions, or it cannot be written; then none was added.
    pub fn insert(&self, entries: &[Entry<'_>]) -> Result<(), IndexError> {
        self.core.insert(entries)?;
        self.core.build_if_due();
        Ok(())
    }

    /// Removes policies; names that it does not have are passed over. Once it returns they are not found any more.
    ///
    /// # Errors
    /// If it cannot be written; then none was removed.
    pub fn remove(&self, names: &[&str]) -> Result<(), IndexError> {
        self.core.remove(names)?;
        self.core.build_if_due();
        Ok(())
    }

    /// The text that a policy's vector is of; read from disk, and `None` too if the vector cannot be.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<TextHash> {
        self.core.with_row(name, |row| row.text).ok()?
    }

    /// A policy's vector, as it was given. `None` too if it is damaged.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn vector_of(&self, name: &str) -> Result<Option<Vector>, IndexError> {
        Ok(self.core.with_row(name, |row| Vector::unit(row.numbers()).ok())?.flatten())
    }

    /// The `most` policies nearest to a vector among those that are wanted, best first; by name where scores are equal.
    ///
    /// Where nearly all are wanted, a graph finds them; where it finds fewer than `most`, all vectors of its segment are
    /// looked at, and none that is wanted is missed for being far from the others.
    ///
    /// # Errors
    /// If the vector has other dimensions, or vectors cannot be read.
    pub fn search(
        &self,
        query: &Vector,
        most: usize,
        wanted: Option<&(dyn Fn(&str) -> bool + Sync)>,
    ) -> Result<Vec<Hit>, IndexError> {
        let (given, dimensions) = (query.dimensions(), self.core.dimensions());
        if given != dimensions {
            return Err(IndexError::Dimensions { given, wanted: dimensions });
        }
        self.core.snapshot().search(query, self.core.width, most, wanted)
    }

    /// The policies that it has, in no order.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        self.core.directory().places().filter_map(|(place, home)| home.name(place.row)).collect()
    }

    /// How many policies it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core.directory().len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it has, and what it takes.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }

    /// Which part of what is nearest is found, 0 to 1: for some of its own policies, `most` found by [`Self::search`] are
    /// compared with what reading every vector finds, which takes that long. `None` if it is empty.
    ///
    /// # Errors
    /// If vectors cannot be read.
    pub fn accuracy(&self, samples: usize, most: usize) -> Result<Option<f64>, IndexError> {
        self.core.accuracy(samples, most)
    }

    /// Waits until no segment is being made, which may take minutes.
    pub fn settle(&self) {
        self.core.builder.wait();
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.core.builder.close();
    }
}
