use std::time::Duration;

use tollgate_search::Model;

use super::migrations::{Migration, Ready};

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
    pub(crate) kept: Option<Ready>,
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
