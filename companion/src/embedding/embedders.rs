use std::fmt::Debug;
use std::sync::Arc;

use tokio::runtime::Handle;
use tollgate_policy::digest::Digest;
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
            Kind::Http(config) => match HttpEmbedder::new(config.clone(), version, self.runtime.clone()) {
                Ok(embedder) => Ok(Arc::new(embedder)),
                Err(error) => Err(LoadError(error.to_string())),
            },
        }
    }

    fn fingerprint(&self, config: &EmbedderConfig, version: &ModelVersion) -> Option<Digest> {
        match &config.0 {
            Kind::Lexical { dimensions } => Some(Lexical::new(version.clone(), *dimensions).model().fingerprint),
            Kind::Http(config) => Some(config.model(version.clone()).fingerprint),
        }
    }
}
