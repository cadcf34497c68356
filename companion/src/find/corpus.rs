use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use tollgate_policy::set::{Policy, PolicySet};
use tollgate_search::{
    EmbedError, Embedder, Entry, Hit, Index, IndexError, Keywords, Lexical, PolicyText, Purpose, Settings, TextHash,
    Vector,
};

use crate::catalogue::{Catalogue, Surroundings};
use crate::embedding::{Generation, Searches};
use crate::metrics::{Metrics, VectorError};

use super::standing::Standing;

/// Policies whose texts are held at a time while a folder is embedded.
const BATCH: usize = 256;

/// Policies, and what finds them.
///
/// It is taken for one question: whatever is published or migrated meanwhile, all of the answer is of one generation.
#[derive(Debug)]
pub(crate) struct Corpus {
    policies: Policies,
    generation: Option<Arc<Generation>>,
    keywords: Arc<RwLock<Keywords>>,
    standing: Standing,
    /// What is wrong with the index, as its keeper says it.
    problems: Vec<String>,
    metrics: Option<Arc<Metrics>>,
}

#[derive(Debug)]
enum Policies {
    /// Those that the daemon has in force.
    InForce(Catalogue),
    /// Read from files.
    Read(Arc<PolicySet>),
}

/// Why policies cannot be searched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorpusError {
    #[error("the policies cannot be embedded: {0}")]
    Embed(#[from] EmbedError),
    #[error("the index cannot be used: {0}")]
    Index(#[from] IndexError),
}

impl Corpus {
    /// Policies that were read from files, embedded in memory by their words.
    pub(crate) fn of_set(set: Arc<PolicySet>) -> Result<Self, CorpusError> {
        let embedder = Lexical::default();
        let model = embedder.model().clone();
        let index = Index::in_memory(model.clone(), Settings::default());
        let mut keywords = Keywords::default();
        for batch in set.policies.chunks(BATCH) {
            let texts: Vec<PolicyText> = batch.iter().map(|policy| PolicyText::of(policy)).collect();
            let cleaned: Vec<&str> = texts.iter().map(PolicyText::cleaned).collect();
            let vectors = embedder.embed(&cleaned, Purpose::Policy)?;
            let named = batch.iter().map(|policy| policy.name.as_str()).zip(&texts);
            named.clone().for_each(|(name, text)| keywords.insert(name, text));
            let entries: Vec<Entry<'_>> = named
                .zip(&vectors)
                .map(|((name, text), vector)| Entry { name, text: TextHash::of(text.cleaned()), vector })
                .collect();
            index.insert(&entries)?;
        }
        let indexed = index.len();
        let standing = Standing { policies: set.policies.len(), indexed, ..Standing::default() };
        let generation = Generation { number: 1, model, index: Arc::new(index), embedder: Some(Arc::new(embedder)) };
        Ok(Corpus {
            policies: Policies::Read(set),
            generation: Some(Arc::new(generation)),
            keywords: Arc::new(RwLock::new(keywords)),
            standing,
            problems: Vec::new(),
            metrics: None,
        })
    }

    /// The policies in force, and what serves of them at this moment.
    pub(crate) fn in_force(catalogue: &Catalogue, searches: &Searches, metrics: &Arc<Metrics>) -> Self {
        // First of all: what is told of it is no older than it is.
        let generation = searches.serving();
        let state = searches.state();
        let indexed = generation.as_ref().map_or(0, |generation| generation.index.len());
        let standing = Standing::of(&state, catalogue.len(), indexed);
        Corpus {
            policies: Policies::InForce(catalogue.clone()),
            generation,
            keywords: Arc::clone(searches.keywords()),
            standing,
            problems: state.problems,
            metrics: Some(Arc::clone(metrics)),
        }
    }

    /// A policy as it is in force now.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Policy>> {
        match &self.policies {
            Policies::InForce(catalogue) => catalogue.get(name),
            Policies::Read(set) => {
                let place = set.policies.binary_search_by(|policy| policy.name.as_str().cmp(name)).ok()?;
                set.policies.get(place).cloned()
            }
        }
    }

    /// All of them, sorted by name.
    pub(crate) fn policies(&self) -> Vec<Arc<Policy>> {
        match &self.policies {
            Policies::InForce(catalogue) => catalogue.policies(),
            Policies::Read(set) => set.policies.clone(),
        }
    }

    /// Absent before the first one serves.
    pub(crate) fn generation(&self) -> Option<&Generation> {
        self.generation.as_deref()
    }

    /// Asks the keywords of all policies.
    pub(crate) fn keywords<T>(&self, ask: impl FnOnce(&Keywords) -> T) -> T {
        ask(&self.keywords.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The policies with all that they depend on, as the loader knows it. Policies are shared, not copied.
    pub(crate) fn set(&self) -> PolicySet {
        match &self.policies {
            Policies::InForce(catalogue) => {
                let surroundings = catalogue.surroundings();
                let Surroundings { derived_roles, variables, scopes, schemas, routes, .. } = &*surroundings;
                PolicySet {
                    policies: catalogue.policies(),
                    derived_roles: derived_roles.clone(),
                    variables: variables.clone(),
                    scopes: scopes.clone(),
                    schemas: schemas.clone(),
                    routes: routes.clone(),
                    ..PolicySet::default()
                }
            }
            Policies::Read(set) => PolicySet::clone(set),
        }
    }

    /// Absent where none serves, or it was made for one question.
    pub(crate) fn generation_number(&self) -> Option<u64> {
        match &self.policies {
            Policies::InForce(_) => self.generation().map(|generation| generation.number),
            Policies::Read(_) => None,
        }
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What is not as it usually is, in sentences.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.standing.notes();
        notes.extend(self.problems.iter().cloned());
        notes
    }

    /// The policies nearest to a vector, of those that are wanted, and counts the search.
    ///
    /// # Errors
    /// As those of the index.
    pub(super) fn nearest(
        &self,
        index: &Index,
        query: &Vector,
        most: usize,
        wanted: Option<&(dyn Fn(&str) -> bool + Sync)>,
    ) -> Result<Vec<Hit>, IndexError> {
        let begun = Instant::now();
        let hits = index.search(query, most, wanted);
        if let Some(metrics) = &self.metrics {
            match &hits {
                Ok(hits) => metrics.search.searched(begun.elapsed(), hits.len()),
                Err(IndexError::Dimensions { .. }) => metrics.search.vector_failed(VectorError::Dimensions),
                Err(_) => metrics.search.vector_failed(VectorError::Storage),
            }
        }
        hits
    }
}

#[cfg(test)]
impl Corpus {
    /// As if the model could be loaded no more.
    pub(crate) fn without_embedder(self) -> Self {
        let generation = self.generation.map(|generation| {
            let generation = Arc::into_inner(generation).unwrap();
            Arc::new(Generation { embedder: None, ..generation })
        });
        Corpus { generation, ..self }
    }

    /// As if nothing was embedded yet.
    pub(crate) fn without_generation(self) -> Self {
        Corpus { generation: None, ..self }
    }
}
