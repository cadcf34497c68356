use std::time::Duration;

use tollgate_search::{Model, ModelVersion};

/// Told when all of a generation is as the policies are. Either number rises with every change; the second goes on over restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// 0 before the first time.
    pub(crate) generation: u64,
    pub(crate) revision: u64,
}

/// How far searching is behind the policies, and what is being done about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// In force.
    pub(crate) policies: usize,
    /// Searchable, as they are or as they were before their last change.
    pub(crate) indexed: usize,
    /// Not searchable as they are.
    pub(crate) stale: usize,
    /// For how long the one has waited that has waited longest.
    pub(crate) lag: Duration,
    /// Jobs that wait for a worker.
    pub(crate) queued: usize,
    /// Stale ones that are not tried again soon, because they could not be embedded.
    pub(crate) dead: usize,
    /// Absent before the first.
    pub(crate) serving: Option<Serving>,
    pub(crate) migration: Option<Migration>,
    /// The generation that a rollback would go to.
    pub(crate) kept: Option<Kept>,
    /// Why no migration begins by itself although the configured model does not serve.
    pub(crate) held: Option<String>,
    /// What keeps search from being as it should be; empty if nothing does.
    pub(crate) problems: Vec<String>,
}

/// The generation that answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Serving {
    pub(crate) generation: u64,
    pub(crate) model: Model,
    /// Whether texts can be embedded that no policy has.
    pub(crate) embeds: bool,
}

/// A generation that has answered before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) generation: u64,
    pub(crate) version: ModelVersion,
    /// How many policies it would be behind.
    pub(crate) stale: usize,
}

/// A migration that goes on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Migration {
    /// The generation that is built; absent while its model is loaded.
    pub(crate) generation: Option<u64>,
    pub(crate) from: ModelVersion,
    pub(crate) to: ModelVersion,
    pub(crate) phase: Phase,
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// Policies a second since it began, or went on after a restart.
    pub(crate) rate: f64,
    /// Absent while nobody knows.
    pub(crate) remaining: Option<Duration>,
    /// Policies that the new model could not embed.
    pub(crate) dead: usize,
    /// What it waits for.
    pub(crate) stuck: Option<String>,
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// The embedder is made ready.
    Loading,
    /// Policies are embedded.
    Building,
    /// All are; each is looked at once more.
    Verifying,
    /// It cannot go on before something is done about it.
    Stuck,
}
