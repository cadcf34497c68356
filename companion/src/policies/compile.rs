use std::sync::Arc;

use prost::bytes::Bytes;
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::{self, EncodeError, Snapshot, SnapshotId};
use tollgate_policy::source::{Diagnostic, Diagnostics, Loader, SourceFile};

/// Largest snapshot that is published. Plugins refuse messages of more than 64 MiB, which hold some bytes besides it.
pub(crate) const MAX_SNAPSHOT_BYTES: usize = 63 << 20;

/// Policies that are ready to be published.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// As a worker will read it.
    pub(crate) snapshot: Snapshot,
    /// As it travels.
    pub(crate) content: Bytes,
}

/// Why policy files do not become a snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompileError {
    #[error(transparent)]
    Policies(Diagnostics),
    #[error(transparent)]
    Encode(EncodeError),
    #[error("the compiled policies take {size} bytes, more than the limit of {MAX_SNAPSHOT_BYTES}")]
    TooLarge { size: usize },
}

/// Validates files as one policy set.
pub(crate) fn load(files: &[SourceFile], loader: &mut Loader) -> Result<Arc<PolicySet>, CompileError> {
    loader.load(files).map_err(CompileError::Policies)
}

/// Compiles a valid set, and reads the result as a worker would.
pub(crate) fn compile(set: &PolicySet, id: SnapshotId) -> Result<Compiled, CompileError> {
    let snapshot::Compiled { bytes, snapshot } = snapshot::compile(set, id).map_err(CompileError::Encode)?;
    match bytes.len() {
        size if size > MAX_SNAPSHOT_BYTES => Err(CompileError::TooLarge { size }),
        _ => Ok(Compiled { snapshot, content: bytes.into() }),
    }
}

impl CompileError {
    /// One line: the first problem, and how many more there are.
    pub(crate) fn summary(&self) -> String {
        match self {
            CompileError::Policies(diagnostics) => summary(diagnostics),
            other => other.to_string(),
        }
    }
}

fn summary(diagnostics: &Diagnostics) -> String {
    let Some(Diagnostic { file, line, column, message, .. }) = diagnostics.iter().next() else {
        return diagnostics.to_string();
    };
    match diagnostics.total() - 1 {
        0 => format!("{file}:{line}:{column}: {message}"),
        more => format!("{file}:{line}:{column}: {message} (and {more} more)"),
    }
}
