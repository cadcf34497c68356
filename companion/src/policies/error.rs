use std::io;
use std::path::{Path, PathBuf};

use super::read::MAX_TOTAL_BYTES;

/// Why policy files cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot read policy folder `{}`: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("cannot read file `{}`: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the name of policy file `{}` is not UTF-8 text: rename it", path.display())]
    Name { path: PathBuf },
    #[error("{}:{line}:{column}: policy file is not UTF-8 text", path.display())]
    NotText { path: PathBuf, line: usize, column: usize },
    #[error("policy file `{}` is empty: write a comment into it, or remove it", path.display())]
    Empty { path: PathBuf },
    #[error("policy folder `{}` holds no policy file (*.yaml, *.yml or *.json)", path.display())]
    NoFiles { path: PathBuf },
    #[error("`{}` is nested deeper than {limit} folders", path.display())]
    TooDeep { path: PathBuf, limit: usize },
    #[error("`{}` is one policy file more than the limit of {limit}", path.display())]
    TooManyFiles { path: PathBuf, limit: usize },
    #[error("policy files hold more than {MAX_TOTAL_BYTES} bytes, the limit is passed in `{}`", path.display())]
    TooLarge { path: PathBuf },
    #[error("policy folder `{}` keeps changing while it is read", path.display())]
    Unsettled { path: PathBuf },
}

impl ReadError {
    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        ReadError::Folder { path: path.to_owned(), source }
    }

    /// What an edit looks like from inside: files that are renamed, links that are swapped, a file that was emptied to be
    /// written again.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            ReadError::File { source, .. } => source.kind() == io::ErrorKind::NotFound,
            ReadError::Empty { .. } | ReadError::NoFiles { .. } | ReadError::Unsettled { .. } => true,
            _ => false,
        }
    }
}
