use std::io;
use std::path::{Path, PathBuf};

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
    /// A policy's name is longer than any policy's is.
    #[error("a policy's name has at most {most} bytes, not {given}")]
    Name {
        /// How many it has.
        given: usize,
        /// How many it may have.
        most: usize,
    },
    /// The folder has the vectors of another model.
    #[error("{folder} has vectors of model {stored}, not of {wanted}")]
    Model {
        /// Which folder.
        folder: PathBuf,
        /// Whose vectors it has: version, fingerprint, dimensions.
        stored: String,
        /// Whose were asked for.
        wanted: String,
    },
    /// The folder was written by a version of Tollgate that lays it out differently.
    #[error(
        "{folder} is laid out in format {stored}, and this version reads {wanted}; without the folder everything is embedded again"
    )]
    Format {
        /// Which folder.
        folder: PathBuf,
        /// Its format.
        stored: u32,
        /// The format that is read here.
        wanted: u32,
    },
    /// Another process, or another index of this one, has the folder.
    #[error("{folder} is in use by another process")]
    InUse {
        /// Which folder.
        folder: PathBuf,
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

impl IndexError {
    /// Says which file an error is about.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> IndexError + '_ {
        move |source| IndexError::File { path: path.to_owned(), source }
    }
}
