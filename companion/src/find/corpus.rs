use std::num::NonZeroU16;
use std::sync::{Arc, PoisonError, RwLock};

use tollgate_policy::set::{Policy, PolicySet};
use tollgate_search::{EmbedError, Embedder, Entry, Index, IndexError, Model, ModelVersion, Purpose, Settings};

use super::standin::{Keywords, Lexical, PolicyText};

/// Numbers in a vector of a folder's policy.
const DIMENSIONS: NonZeroU16 = NonZeroU16::new(384).unwrap();

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
}

/// The vectors of one model, and what makes more of them.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) model: Model,
    pub(crate) index: Index,
    /// Absent where it cannot be loaded any more: the vectors are good still, and no others can be made.
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
}

#[derive(Debug)]
enum Policies {
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
        let embedder = Lexical::new(ModelVersion::default(), DIMENSIONS);
        let model = embedder.model().clone();
        let index = Index::in_memory(model.clone(), Settings::default());
        let mut keywords = Keywords::default();
        for batch in set.policies.chunks(BATCH) {
            let texts: Vec<PolicyText> = batch.iter().map(|policy| PolicyText::of(policy)).collect();
            let cleaned: Vec<&str> = texts.iter().map(PolicyText::cleaned).collect();
            let vectors = embedder.embed(&cleaned, Purpose::Policy)?;
            let named = batch.iter().map(|policy| policy.name.as_str()).zip(&texts);
            named.clone().for_each(|(name, text)| keywords.insert(name, text));
            let entries: Vec<Entry<'_>> =
                named.zip(&vectors).map(|((name, text), vector)| Entry { name, text: text.hash(), vector }).collect();
            index.insert(&entries)?;
        }
        let generation = Generation { number: 1, model, index, embedder: Some(Arc::new(embedder)) };
        Ok(Corpus {
            policies: Policies::Read(set),
            generation: Some(Arc::new(generation)),
            keywords: Arc::new(RwLock::new(keywords)),
        })
    }

    /// A policy as it is in force now.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Policy>> {
        match &self.policies {
            Policies::Read(set) => {
                let place = set.policies.binary_search_by(|policy| policy.name.as_str().cmp(name)).ok()?;
                set.policies.get(place).cloned()
            }
        }
    }

    /// All of them, sorted by name.
    pub(crate) fn policies(&self) -> Vec<Arc<Policy>> {
        match &self.policies {
            Policies::Read(set) => set.policies.clone(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match &self.policies {
            Policies::Read(set) => set.policies.len(),
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
            Policies::Read(set) => PolicySet::clone(set),
        }
    }
}
