use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use tollgate_policy::set::{Policy, PolicySet};
use tollgate_search::{
    EmbedError, Embedder, Entry, Hit, Index, IndexError, Keywords, Lexical, PolicyText, Purpose, Settings, TextHash,
    Vector,
};

use crate::catalogue::{Catalogue, InForce, Surroundings};
use crate::embedding::{EmbedderConfig, Generation, Searches};
use crate::metrics::{Metrics, VectorError};

use super::standing::Standing;

/// Policies whose texts are held at a time while a folder is embedded.
const BATCH: usize = 256;

/// Policies, and what finds them.
///
/// It is taken for one question: whatever is published or migrated meanwhile, all of the answer is of the same policies and
/// of one generation.
#[derive(Debug)]
pub(crate) struct Corpus {
    policies: InForce,
    generation: Option<Arc<Generation>>,
    /// Absent where the generation was made for one question.
    number: Option<u64>,
    keywords: Arc<RwLock<Keywords>>,
    standing: Standing,
    /// Something is wrong with the index. What it is, is for operators.
    is_troubled: bool,
    metrics: Option<Arc<Metrics>>,
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
    pub(crate) fn of_set(set: &PolicySet) -> Result<Self, CorpusError> {
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
        let generation = Generation {
            number: 1,
            model,
            kind: Some(EmbedderConfig::default().name()),
            index: Arc::new(index),
            embedder: Some(Arc::new(embedder)),
        };
        Ok(Corpus {
            policies: InForce::of(set),
            generation: Some(Arc::new(generation)),
            number: None,
            keywords: Arc::new(RwLock::new(keywords)),
            standing,
            is_troubled: false,
            metrics: None,
        })
    }

    /// The policies in force, and what serves of them at this moment.
    pub(crate) fn in_force(catalogue: &Catalogue, searches: &Searches, metrics: &Arc<Metrics>) -> Self {
        // First of all: what is told of it is no older than it is.
        let generation = searches.serving();
        let state = searches.state();
        let policies = catalogue.now();
        let indexed = generation.as_ref().map_or(0, |generation| generation.index.len());
        let standing = Standing::of(&state, policies.policies().len(), indexed);
        Corpus {
            policies,
            number: generation.as_ref().map(|generation| generation.number),
            generation,
            keywords: Arc::clone(searches.keywords()),
            standing,
            is_troubled: !state.problems.is_empty(),
            metrics: Some(Arc::clone(metrics)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Policy>> {
        self.policies.get(name)
    }

    /// All of them, sorted by name.
    pub(crate) fn policies(&self) -> &[Arc<Policy>] {
        self.policies.policies()
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
        let Surroundings { derived_roles, variables, scopes, schemas, routes, .. } = self.policies.surroundings();
        PolicySet {
            policies: self.policies().to_vec(),
            derived_roles: derived_roles.clone(),
            variables: variables.clone(),
            scopes: scopes.clone(),
            schemas: schemas.clone(),
            routes: routes.clone(),
            ..PolicySet::default()
        }
    }

    /// Absent where none serves, or it was made for one question.
    pub(crate) fn generation_number(&self) -> Option<u64> {
        self.number
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What is not as it usually is, in sentences.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.standing.notes();
        if self.is_troubled {
            notes.push("policy search is not as it should be: `GET /v1/embeddings` says why".to_owned());
        }
        notes
    }

    /// Counts the policies of an answer.
    pub(super) fn note_results(&self, count: usize) {
        if let Some(metrics) = &self.metrics {
            metrics.search.answered(count);
        }
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
                Ok(_) => metrics.search.searched(begun.elapsed()),
                Err(IndexError::Dimensions { .. }) => metrics.search.vector_failed(VectorError::Dimensions),
                Err(_) => metrics.search.vector_failed(VectorError::Storage),
            }
        }
        hits
    }
}

#[cfg(test)]
impl Corpus {
    /// As if a generation of another program, or of another embedder, served.
    pub(crate) fn with_generation(self, change: impl FnOnce(&mut Generation)) -> Self {
        let mut generation = self.generation.map(|generation| Arc::into_inner(generation).unwrap()).unwrap();
        change(&mut generation);
        Corpus { generation: Some(Arc::new(generation)), ..self }
    }

    /// Counts into these.
    pub(crate) fn counting(self, metrics: &Arc<Metrics>) -> Self {
        Corpus { metrics: Some(Arc::clone(metrics)), ..self }
    }

    /// As if the model could be loaded no more.
    pub(crate) fn without_embedder(self) -> Self {
        self.with_generation(|generation| generation.embedder = None)
    }

    /// As if nothing was embedded yet.
    pub(crate) fn without_generation(self) -> Self {
        Corpus { generation: None, number: None, ..self }
    }
}
