use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::{Model, TextHash, Vector};

/// How an index is built and searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many neighbours are looked at for each vector while a graph is built.
    pub ef_construction: usize,
    /// How many candidates a search keeps.
    pub ef_search: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { ef_construction: 200, ef_search: 50 }
    }
}

/// A policy to be found.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'e> {
    /// The policy.
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

/// Why an index does not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A vector is not of the index's model.
    #[error("a vector of {given} dimensions, and the index has {wanted}")]
    Dimensions {
        /// Of the vector.
        given: usize,
        /// Of the index.
        wanted: usize,
    },
    /// A file of it cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The vectors of one model, by policy. Shared by all who use it; every call is safe beside every other.
#[derive(Debug)]
pub struct Index {
    model: Model,
    entries: RwLock<BTreeMap<Arc<str>, (TextHash, Vector)>>,
}

impl Index {
    /// An index that is kept nowhere.
    #[must_use]
    pub fn in_memory(model: Model, _settings: Settings) -> Self {
        Index { model, entries: RwLock::default() }
    }

    /// Opens or makes the index of a model in a folder that is its own. What of it is damaged is gone from it, which
    /// [`Self::text_of`] then tells.
    ///
    /// # Errors
    /// If the folder cannot be used, or is of another model.
    pub fn open(_folder: &Path, model: Model, settings: Settings) -> Result<Self, IndexError> {
        Ok(Self::in_memory(model, settings))
    }

    /// What its vectors are of.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Adds policies, in the place of those that have their names. Once it returns they are found, and a process that is killed
    /// has not lost them.
    ///
    /// # Errors
    /// If a vector has other dimensions, or it cannot be written; then none was added.
    pub fn insert(&self, entries: &[Entry<'_>]) -> Result<(), IndexError> {
        entries.iter().try_for_each(|entry| self.fits(entry.vector))?;
        let mut kept = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            kept.insert(entry.name.into(), (entry.text, entry.vector.clone()));
        }
        Ok(())
    }

    /// Removes policies; names that it does not have are passed over. Once it returns they are not found any more.
    ///
    /// # Errors
    /// If it cannot be written; then none was removed.
    pub fn remove(&self, names: &[&str]) -> Result<(), IndexError> {
        let mut kept = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        names.iter().for_each(|name| drop(kept.remove(*name)));
        Ok(())
    }

    /// The text that a policy's vector is of.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<TextHash> {
        self.read().get(name).map(|(text, _)| *text)
    }

    /// A policy's vector, as it was given.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn vector_of(&self, name: &str) -> Result<Option<Vector>, IndexError> {
        Ok(self.read().get(name).map(|(_, vector)| vector.clone()))
    }

    /// The `most` policies nearest to a vector among those that are wanted, best first; by name where scores are equal.
    ///
    /// # Errors
    /// If the vector has other dimensions, or vectors cannot be read.
    pub fn search(
        &self,
        query: &Vector,
        most: usize,
        wanted: Option<&(dyn Fn(&str) -> bool + Sync)>,
    ) -> Result<Vec<Hit>, IndexError> {
        self.fits(query)?;
        let kept = self.read();
        let wanted = kept.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted(name)));
        let mut hits: Vec<Hit> =
            wanted.map(|(name, (_, vector))| Hit { name: Arc::clone(name), score: vector.cosine(query) }).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(most);
        Ok(hits)
    }

    /// The policies that it has, in no order.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        self.read().keys().cloned().collect()
    }

    /// How many policies it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fits(&self, vector: &Vector) -> Result<(), IndexError> {
        let (given, wanted) = (vector.dimensions(), usize::from(self.model.dimensions.get()));
        if given == wanted { Ok(()) } else { Err(IndexError::Dimensions { given, wanted }) }
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Arc<str>, (TextHash, Vector)>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }
}
