use std::sync::{Mutex, PoisonError};
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{EmbedError, Purpose};

/// Threads that compute, each for itself.
///
/// The linear algebra spreads its work over the pool of the thread that it is called on. In a pool of one thread it stays
/// where it is: texts are what is done at the same time, and nothing is left to a pool that all of the process shares. A new
/// thread takes over the priority of the one that makes it, so that policies, which callers of low priority bring, have
/// other threads than queries.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    for_policies: Mutex<Vec<ThreadPool>>,
    for_queries: Mutex<Vec<ThreadPool>>,
}

impl Lanes {
    /// Runs something in a lane of its own, while the caller waits.
    pub(super) fn run<T: Send>(
        &self,
        purpose: Purpose,
        job: impl FnOnce() -> Result<T, EmbedError> + Send,
    ) -> Result<T, EmbedError> {
        let idle = match purpose {
            Purpose::Policy => &self.for_policies,
            Purpose::Query => &self.for_queries,
        };
        let found = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let lane = match found {
            Some(lane) => lane,
            None => ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| EmbedError::Later {
                reason: format!("no thread can be started to embed: {error}"),
                after: None,
            })?,
        };
        let done = lane.install(job);
        let most = thread::available_parallelism().map_or(1, usize::from);
        let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < most {
            idle.push(lane);
        }
        done
    }
}
