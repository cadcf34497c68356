use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tollgate_policy::digest::Digest;
#[cfg(feature = "sentence-transformer")]
use tollgate_search::SentenceTransformer;
use tollgate_search::{Embedder, Lexical, ModelVersion};

use super::config::{EmbedderConfig, Kind};
use super::http::HttpEmbedder;

/// Makes embedders of what is configured.
pub(super) trait Loader: Send + Sync + Debug {
    /// May take seconds.
    fn load(&self, config: &EmbedderConfig, version: &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError>;

    /// The fingerprint that the model will have, where that is known without loading it.
    fn fingerprint(&self, config: &EmbedderConfig, version: &ModelVersion) -> Option<Digest>;
}

/// An embedder that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct LoadError(pub(super) String);

/// Every kind of embedder there is.
#[derive(Debug)]
pub(super) struct Kinds {
    /// Where services are asked.
    pub(super) runtime: Handle,
}

impl Loader for Kinds {
    fn load(&self, config: &EmbedderConfig, version: &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
        let version = version.clone();
        match &config.0 {
            Kind::Lexical { dimensions } => Ok(Arc::new(Lexical::new(version, *dimensions))),
            Kind::SentenceTransformer { folder } => sentence_transformer(folder, version),
            Kind::Http(config) => match HttpEmbedder::new(config.clone(), version, self.runtime.clone()) {
                Ok(embedder) => Ok(Arc::new(embedder)),
                Err(error) => Err(LoadError(error.to_string())),
            },
        }
    }

    fn fingerprint(&self, config: &EmbedderConfig, version: &ModelVersion) -> Option<Digest> {
        match &config.0 {
            Kind::Lexical { dimensions } => Some(Lexical::new(version.clone(), *dimensions).model().fingerprint),
            // It is a digest of all that the folder holds.
            Kind::SentenceTransformer { .. } => None,
            Kind::Http(config) => Some(config.model(version.clone()).fingerprint),
        }
    }
}

#[cfg(feature = "sentence-transformer")]
fn sentence_transformer(folder: &Path, version: ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
    match SentenceTransformer::load(folder, version) {
        Ok(embedder) => Ok(Arc::new(embedder)),
        Err(error) => Err(LoadError(error.to_string())),
    }
}

#[cfg(not(feature = "sentence-transformer"))]
fn sentence_transformer(folder: &Path, _: ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
    let reason = "this build of tollgate reads no models: build it with `--features sentence-transformer`";
    Err(LoadError(format!("{}: {reason}", folder.display())))
}
