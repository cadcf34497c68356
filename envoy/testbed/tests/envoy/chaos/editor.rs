use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow};

/// How long an edit stands.
const PAUSE: Duration = Duration::from_millis(100);

/// Saves an edit after the other.
pub(super) struct Editor {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64>>,
}

impl Editor {
    /// Goes on from edit 0.
    pub(super) fn start(folder: PathBuf) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = thread::spawn(move || {
            let mut edit = 0;
            while !stop.load(Ordering::SeqCst) {
                thread::sleep(PAUSE);
                edit += 1;
                write(&folder, edit)?;
            }
            Ok(edit)
        });
        Editor { stopped, thread }
    }

    /// Ends, and says which edit was the last.
    pub(super) fn stop(self) -> Result<u64> {
        self.stopped.store(true, Ordering::SeqCst);
        self.thread.join().map_err(|_| anyhow!("the editor panicked"))?
    }
}

/// Saves policies under which anyone may see `/probe`, by a policy that names the edit; `/even` only in every other edit; and
/// `/forbidden` never.
pub(super) fn write(folder: &Path, edit: u64) -> Result<()> {
    let mut text = String::from("routes:\n");
    for page in ["probe", "even", "forbidden"] {
        writeln!(text, "  - {{match: {{path: /{page}}}, action: view, resource: {{kind: {page}}}, auth: optional}}")?;
    }
    writeln!(text, "policies:\n  - {{name: probe-{edit}, resource: probe, actions: [view], roles: [anonymous]}}")?;
    if edit.is_multiple_of(2) {
        writeln!(text, "  - {{name: even-{edit}, resource: even, actions: [view], roles: [anonymous]}}")?;
    }
    for number in 0..100 {
        writeln!(text, "  - {{name: p{number}, resource: forbidden, actions: [view], roles: [role{number}]}}")?;
    }
    let draft = folder.join(".draft");
    fs::write(&draft, text)?;
    Ok(fs::rename(draft, folder.join("pages.yaml"))?)
}
