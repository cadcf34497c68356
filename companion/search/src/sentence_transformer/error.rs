use std::io;
use std::path::{Path, PathBuf};

/// A model that cannot be loaded: which file, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {problem}", path.display())]
pub struct LoadError {
    path: PathBuf,
    problem: LoadProblem,
}

/// What is wrong with a file of a model.
#[derive(Debug, thiserror::Error)]
pub enum LoadProblem {
    /// It is not there, or cannot be read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// It is not a file of this size at all.
    #[error("is longer than {0} bytes")]
    Long(u64),
    /// It is no JSON, or not of the form that it should have.
    #[error("is damaged: {0}")]
    Json(serde_json::Error),
    /// It asks for something that is not supported, or contradicts itself.
    #[error("{0}")]
    Setting(String),
    /// It is no tokenizer.
    #[error("is no usable tokenizer: {0}")]
    Tokenizer(String),
    /// The weights are damaged, or not those of the configuration.
    #[error("does not hold the weights that `config.json` describes: {0}")]
    Weights(String),
}

impl LoadError {
    pub(super) fn new(path: PathBuf, problem: LoadProblem) -> Self {
        LoadError { path, problem }
    }

    /// Which file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &LoadProblem {
        &self.problem
    }
}

impl LoadProblem {
    pub(super) fn weights(error: candle_core::Error) -> Self {
        LoadProblem::Weights(first_line(&error))
    }
}

/// What comes after it is a backtrace.
pub(super) fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
