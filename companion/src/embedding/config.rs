use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tollgate_search::{Dimensions, ModelVersion, Settings};

use super::cache::CacheLimits;
use super::http::HttpConfig;

/// What the embedder that needs nothing is called.
pub(crate) const LEXICAL: &str = "lexical";

/// How policies are made searchable.
#[derive(Clone, Debug)]
pub struct SearchConfig {
    /// Folder of everything that search keeps. It can be deleted: it is made again from the policies.
    pub folder: PathBuf,
    /// What makes vectors.
    pub embedder: EmbedderConfig,
    /// What the operator calls it.
    pub version: ModelVersion,
    /// What is done where the vectors in the folder are of another model.
    pub migrate: Migrate,
    /// Threads that embed.
    pub workers: NonZeroUsize,
    /// Texts that are embedded at once, at most.
    pub batch: NonZeroUsize,
    /// Jobs that wait, at most.
    pub queue: NonZeroUsize,
    /// Absent: nothing is cached.
    pub cache: Option<CacheLimits>,
    /// Of the index.
    pub index: Settings,
}

impl SearchConfig {
    /// All as it is unless told otherwise, in a folder beside the state file.
    #[must_use]
    pub fn beside(state: &Path) -> Self {
        let mut folder = state.as_os_str().to_owned();
        folder.push(".search");
        SearchConfig {
            folder: folder.into(),
            embedder: EmbedderConfig::default(),
            version: ModelVersion::default(),
            migrate: Migrate::default(),
            workers: nonzero(4),
            batch: nonzero(10),
            queue: nonzero(1000),
            cache: Some(CacheLimits::default()),
            index: Settings::default(),
        }
    }
}

/// What makes vectors of texts. It is kept with each generation, so that an old one can still embed queries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmbedderConfig(pub(crate) Kind);

impl EmbedderConfig {
    /// The kind of embedder, as it is named in configuration.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.0 {
            Kind::Lexical { .. } => LEXICAL,
            Kind::SentenceTransformer { .. } => "sentence-transformer",
            Kind::Http(_) => "http",
        }
    }
}

/// The sorts of embedders, and what each has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Kind {
    /// Words and parts of words, hashed: needs no files and nobody's service.
    Lexical {
        /// Numbers in a vector.
        #[serde(default)]
        dimensions: Dimensions,
    },
    /// A model in a folder, as the sentence-transformers library saves it.
    SentenceTransformer {
        /// Which folder.
        folder: PathBuf,
    },
    /// A service.
    Http(HttpConfig),
}

impl Default for Kind {
    fn default() -> Self {
        Kind::Lexical { dimensions: Dimensions::default() }
    }
}

/// What is done where the configured model is not the one that serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Migrate {
    /// A migration begins by itself: who configures a model wants it, a new version of the program must not leave texts unsearchable, and
    /// the old generation stays for a rollback. One that was cancelled or rolled back from is not begun again.
    #[default]
    Auto,
    /// It waits for `tollgate migrate start`.
    Manual,
}

fn nonzero(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
