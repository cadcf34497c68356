use std::fmt;
use std::sync::Arc;

use tollgate_policy::digest::Digest;
use tollgate_search::{Embedder, ModelVersion};

use super::config::EmbedderConfig;
use super::standin::Lexical;

/// Makes an embedder of what is configured. May take seconds.
#[derive(Clone)]
pub(super) struct Loader(Arc<Load>);

type Load = dyn Fn(&EmbedderConfig, &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> + Send + Sync;

/// An embedder that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct LoadError(pub(super) String);

impl Default for Loader {
    fn default() -> Self {
        Loader::new(load)
    }
}

impl Loader {
    pub(super) fn new(
        load: impl Fn(&EmbedderConfig, &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> + Send + Sync + 'static,
    ) -> Self {
        Loader(Arc::new(load))
    }

    pub(super) fn load(&self, config: &EmbedderConfig, version: &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
        (self.0)(config, version)
    }
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loader")
    }
}

fn load(config: &EmbedderConfig, version: &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
    match config {
        EmbedderConfig::Lexical { dimensions } => Ok(Arc::new(Lexical::new(version.clone(), *dimensions))),
    }
}

/// The fingerprint that the model will have, where that is known without loading it.
pub(super) fn fingerprint(config: &EmbedderConfig, version: &ModelVersion) -> Option<Digest> {
    match config {
        EmbedderConfig::Lexical { dimensions } => {
            Some(Lexical::new(version.clone(), *dimensions).model().fingerprint)
        }
    }
}
