use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tollgate_policy::digest::Digest;
use tollgate_search::{Embedder, Lexical, ModelVersion};

use super::config::{EmbedderConfig, Kind};
use super::http::HttpEmbedder;

/// Makes an embedder of what is configured. May take seconds.
#[derive(Clone)]
pub(super) struct Loader(Arc<Load>);

type Load = dyn Fn(&EmbedderConfig, &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> + Send + Sync;

/// An embedder that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct LoadError(pub(super) String);

impl Loader {
    /// Those that there are. What asks services does so on `runtime`.
    pub(super) fn of_all_kinds(runtime: Handle) -> Self {
        Loader::new(move |config, version| load(config, version, &runtime))
    }

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

fn load(config: &EmbedderConfig, version: &ModelVersion, runtime: &Handle) -> Result<Arc<dyn Embedder>, LoadError> {
    match &config.0 {
        Kind::Lexical { dimensions } => Ok(Arc::new(Lexical::new(version.clone(), *dimensions))),
        Kind::SentenceTransformer { folder } => local(folder, version),
        Kind::Http(config) => match HttpEmbedder::new(config.clone(), version.clone(), runtime.clone()) {
            Ok(embedder) => Ok(Arc::new(embedder)),
            Err(error) => Err(LoadError(error.to_string())),
        },
    }
}

#[cfg(feature = "sentence-transformer")]
fn local(folder: &Path, version: &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
    match tollgate_search::SentenceTransformer::load(folder, version.clone()) {
        Ok(embedder) => Ok(Arc::new(embedder)),
        Err(error) => Err(LoadError(error.to_string())),
    }
}

#[cfg(not(feature = "sentence-transformer"))]
fn local(folder: &Path, _: &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
    let folder = folder.display();
    Err(LoadError(format!(
        "the model in `{folder}` needs a tollgate that is built with `--features sentence-transformer`, which this one is not"
    )))
}

/// The fingerprint that the model will have, where that is known without loading it.
pub(super) fn fingerprint(config: &EmbedderConfig, version: &ModelVersion) -> Option<Digest> {
    match &config.0 {
        Kind::Lexical { dimensions } => Some(Lexical::new(version.clone(), *dimensions).model().fingerprint),
        // Hashing the weights is most of loading them.
        Kind::SentenceTransformer { .. } => None,
        Kind::Http(config) => Some(config.model(version.clone()).fingerprint),
    }
}
