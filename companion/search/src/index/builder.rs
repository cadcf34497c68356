use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::be_last;

use super::core::Core;

/// The thread that makes segments, if there is one: there is as long as there is something to make.
#[derive(Debug, Default)]
pub(super) struct Builder {
    state: Mutex<State>,
    idle: Condvar,
    /// Held while files are written, so that they are not once the index is closed.
    pub(super) files: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    is_running: bool,
    is_closed: bool,
    trouble: Option<Trouble>,
}

/// Why the last segment was not made.
#[derive(Debug)]
struct Trouble {
    reason: String,
    at: Instant,
}

/// After a failure, so long until another try.
const PAUSE: Duration = Duration::from_secs(30);

impl Builder {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_running(&self) -> bool {
        self.state().is_running
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    pub(super) fn trouble(&self) -> Option<String> {
        self.state().trouble.as_ref().map(|trouble| trouble.reason.clone())
    }

    /// Waits until there is nothing to build, or nothing can be built.
    pub(super) fn wait(&self) {
        let state = self.state();
        drop(self.idle.wait_while(state, |state| state.is_running).unwrap_or_else(PoisonError::into_inner));
    }

    /// Has nothing be written any more. What is being built is thrown away when it is done.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        drop(self.files.lock());
    }

    fn stop(&self, trouble: Option<String>) {
        let mut state = self.state();
        state.is_running = false;
        state.trouble = trouble.map(|reason| Trouble { reason, at: Instant::now() });
        self.idle.notify_all();
    }
}

impl Core {
    /// Starts the builder if there is something to build and it is not at it already.
    pub(super) fn build_if_due(self: &Arc<Self>) {
        let mut state = self.builder.state();
        let must_wait = state.trouble.as_ref().is_some_and(|trouble| trouble.at.elapsed() < PAUSE);
        if state.is_running || state.is_closed || must_wait || self.limits.plan(&self.snapshot().view).is_none() {
            return;
        }
        state.is_running = true;
        drop(state);
        let core = Arc::clone(self);
        if let Err(error) = thread::Builder::new().name("index-builder".to_owned()).spawn(move || core.build_all()) {
            self.builder.stop(Some(format!("no thread for it: {error}")));
        }
    }

    fn build_all(&self) {
        // Where that is not allowed, it is a thread like the others.
        let _ = be_last();
        loop {
            let plan = match self.limits.plan(&self.snapshot().view) {
                Some(plan) => plan,
                None => {
                    // Whoever adds something now finds either the builder stopped or it has been seen.
                    let mut state = self.builder.state();
                    if self.limits.plan(&self.snapshot().view).is_some() {
                        continue;
                    }
                    state.is_running = false;
                    state.trouble = None;
                    self.builder.idle.notify_all();
                    return;
                }
            };
            // Whoever waits for the builder is not left waiting by a fault in it.
            match catch_unwind(AssertUnwindSafe(|| self.build(&plan))) {
                Ok(Ok(())) if self.builder.is_closed() => return self.builder.stop(None),
                Ok(Ok(())) => {}
                Ok(Err(error)) => return self.builder.stop(Some(error.to_string())),
                Err(_) => return self.builder.stop(Some("a graph cannot be built of these vectors".to_owned())),
            }
        }
    }
}
