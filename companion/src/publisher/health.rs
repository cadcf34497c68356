use std::sync::Arc;

use tokio::sync::watch;

use crate::metrics::Metrics;

/// What keeps the newest policies from being published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems {
    /// With the policies.
    pub(crate) policies: Option<String>,
    /// With the state file.
    pub(crate) state: Option<String>,
    /// An older content is in force on purpose.
    pub(crate) held: Option<String>,
}

impl Problems {
    /// All of them as one text for the operator.
    pub(crate) fn text(&self) -> Option<String> {
        let all = [&self.policies, &self.state, &self.held];
        let all: Vec<_> = all.into_iter().flatten().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Where problems are noted.
#[derive(Debug)]
pub(crate) struct Health {
    problems: watch::Sender<Problems>,
    metrics: Arc<Metrics>,
}

impl Health {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Health { problems: watch::Sender::default(), metrics }
    }

    pub(crate) fn follow(&self) -> watch::Receiver<Problems> {
        self.problems.subscribe()
    }

    pub(super) fn problems(&self) -> Problems {
        self.problems.borrow().clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Problems)) {
        self.problems.send_modify(change);
        self.metrics.degraded(*self.problems.borrow() != Problems::default());
    }
}
