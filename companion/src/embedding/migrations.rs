use std::fmt;

use serde::{Deserialize, Serialize};
use tollgate_search::ModelVersion;

use super::searches::Searches;

/// Which models there are vectors of, and what becomes of them: as the API tells it and the command line hears it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Migrations {
    /// The version that is configured.
    pub(crate) configured: ModelVersion,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) serving: Option<Ready>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) migration: Option<Migration>,
    /// What a rollback would go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<Ready>,
    /// Why no migration begins by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) held: Option<String>,
    /// What keeps search from being as it should be.
    pub(crate) problems: Vec<String>,
}

/// A generation that answers, or could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) generation: u64,
    pub(crate) version: ModelVersion,
    /// How many policies it is behind.
    pub(crate) stale: usize,
}

/// A migration that goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Migration {
    /// The generation that is built; absent while its model is loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) generation: Option<u64>,
    pub(crate) from: ModelVersion,
    pub(crate) to: ModelVersion,
    pub(crate) phase: Phase,
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// Policies a second since it began, or went on after a restart.
    pub(crate) rate: f64,
    /// Absent while nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining_seconds: Option<f64>,
    /// Policies that the new model could not embed.
    pub(crate) dead: usize,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stuck: Option<String>,
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Migrations {
    pub(crate) fn of(searches: &Searches) -> Self {
        let state = searches.state();
        Migrations {
            configured: searches.configured().clone(),
            serving: state.serving.map(|serving| Ready {
                generation: serving.generation,
                version: serving.model.version,
                stale: state.stale,
            }),
            migration: state.migration,
            kept: state.kept,
            held: state.held,
            problems: state.problems,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Loading => "loading",
            Phase::Building => "building",
            Phase::Verifying => "verifying",
            Phase::Stuck => "stuck",
        })
    }
}
