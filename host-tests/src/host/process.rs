//! What every VM of one proxy process sees: shared data, shared queues, metric values.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::metrics::MetricValues;
use super::shared_data::SharedData;
use super::shared_queues::SharedQueues;

/// One proxy process. Clones are the same process: give one to several VMs to have workers, or to
/// a VM started after another died to see what a reloaded plugin finds.
#[derive(Debug, Clone, Default)]
pub struct Process(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) data: SharedData,
    pub(super) queues: SharedQueues,
    pub(super) metrics: MetricValues,
}

impl Process {
    /// A process without any state.
    pub fn new() -> Self {
        Self::default()
    }

    /// The current value of every metric any VM defined.
    pub fn metrics(&self) -> MetricValues {
        self.lock().metrics.clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
