use std::sync::Arc;
use std::time::{Duration, Instant};

use tollgate_policy::set::PolicySet;
use tollgate_policy::source::{Loader, SourceFile};

use crate::policies::{CompileError, Fingerprint, Folder, ReadError, load};

/// How often files are read once more because they changed while they were validated.
const REREADINGS: usize = 3;

/// What the files in the folder come to.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) fingerprint: Fingerprint,
    pub(super) files: Vec<SourceFile>,
    pub(super) outcome: Result<Arc<PolicySet>, CompileError>,
    pub(super) took: Duration,
}

/// Reads and validates the folder; `None` if it holds what was judged before.
///
/// A file may be read while it is being written, and half of it can be valid. So what changes meanwhile is not believed but
/// read again; a few times, since a folder that never rests must not keep its policies from being enforced.
pub(super) fn judge(
    folder: &Folder,
    judged: Option<Fingerprint>,
    loader: &mut Loader,
) -> Result<Option<Judgement>, ReadError> {
    let mut rereadings = 0;
    loop {
        let reading = folder.read()?;
        let fingerprint = reading.fingerprint;
        if judged == Some(fingerprint) {
            return Ok(None);
        }
        let started = Instant::now();
        let outcome = load(&reading.files, loader);
        if rereadings == REREADINGS || folder.is_still(&reading) {
            return Ok(Some(Judgement { fingerprint, files: reading.files, outcome, took: started.elapsed() }));
        }
        rereadings += 1;
    }
}
