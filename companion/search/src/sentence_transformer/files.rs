use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::error::{LoadError, LoadProblem};

/// Longest configuration, in bytes.
pub(super) const MAX_CONFIG: u64 = 1 << 20;

/// Where the files of a model are.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

/// A file that was read as a whole.
#[derive(Debug)]
pub(super) struct Contents {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Folder(path.to_owned())
    }

    /// A folder in it; it itself for an empty path.
    pub(super) fn inner(&self, path: &Path) -> Self {
        Folder(if path.as_os_str().is_empty() { self.0.clone() } else { self.0.join(path) })
    }

    /// A file that has to be there.
    pub(super) fn need(&self, name: &str, longest: u64) -> Result<Contents, LoadError> {
        let path = self.0.join(name);
        match read(&path, longest) {
            Ok(Some(bytes)) => Ok(Contents { path, bytes }),
            Ok(None) => Err(LoadError::new(path, LoadProblem::Long(longest))),
            Err(error) => Err(LoadError::new(path, LoadProblem::Read(error))),
        }
    }

    /// A file that can be missing.
    pub(super) fn find(&self, name: &str, longest: u64) -> Result<Option<Contents>, LoadError> {
        match self.need(name, longest) {
            Ok(contents) => Ok(Some(contents)),
            Err(error) => match error.problem() {
                LoadProblem::Read(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(None),
                _ => Err(error),
            },
        }
    }
}

impl Contents {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        serde_json::from_slice(&self.bytes).map_err(|error| self.wrong(LoadProblem::Json(error)))
    }

    pub(super) fn wrong(&self, problem: LoadProblem) -> LoadError {
        LoadError::new(self.path.clone(), problem)
    }

    pub(super) fn into_parts(self) -> (Vec<u8>, PathBuf) {
        (self.bytes, self.path)
    }
}

/// Nothing if it is longer.
fn read(path: &Path, longest: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > longest {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(longest + 1).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > longest { None } else { Some(bytes) })
}
