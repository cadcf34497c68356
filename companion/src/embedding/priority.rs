//! Threads that give way to everything else.

use std::io;
use std::thread::{Builder, JoinHandle};

use tollgate_search::be_last;

/// Starts a thread of the lowest priority.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(move || {
        if let Err(error) = be_last() {
            tracing::warn!(%error, "policy search runs at the priority of everything else");
        }
        work();
    })
}
