use std::time::{Duration, Instant};

use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::Loader;

use crate::policies::{CompileError, Compiled, Fingerprint, Folder, ReadError, compile, load};

/// How often files are read once more because they changed while they were compiled.
const REREADINGS: usize = 3;

/// What the files in the folder come to.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) fingerprint: Fingerprint,
    pub(super) outcome: Result<Compiled, CompileError>,
    pub(super) took: Duration,
}

/// Reads and compiles the folder; `None` if it holds what was judged before.
///
/// A file may be read while it is being written, and half of it can be valid. So what changes during the compilation is not
/// believed but read again; a few times, since a folder that never rests must not keep its policies from being enforced.
pub(super) fn judge(
    folder: &Folder,
    judged: Option<Fingerprint>,
    id: SnapshotId,
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
        let outcome = load(&reading.files, loader).and_then(|set| compile(&set, id));
        if rereadings == REREADINGS || folder.is_still(&reading) {
            return Ok(Some(Judgement { fingerprint, outcome, took: started.elapsed() }));
        }
        rereadings += 1;
    }
}
