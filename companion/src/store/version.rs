use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;

/// One publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: SnapshotId,
    pub(crate) digest: Digest,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// Who: the name of a token, or of a user of the machine. Empty where nobody knows.
    pub(crate) author: String,
    pub(crate) source: Origin,
    /// The version whose content this is once more.
    pub(crate) of: Option<SnapshotId>,
    /// How many policies it holds.
    pub(crate) policies: usize,
    /// What differs from the version before.
    pub(crate) summary: Summary,
    /// The fingerprint of the files that it is in force instead of.
    pub(crate) held_against: Option<[u8; 32]>,
}

/// Where a version comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// The policy folder.
    Files,
    /// A request to the API.
    Api,
    /// An operator has put an older content into force again.
    Rollback,
}

/// What differs between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Summary {
    pub(crate) policies: Tally,
    pub(crate) routes: Tally,
    /// Everything else that has a name.
    pub(crate) other: Tally,
}

/// What differs of one sort of things.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tally {
    pub(crate) added: Named,
    pub(crate) changed: Named,
    pub(crate) removed: Named,
}

/// How many, and what the first are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) count: usize,
    pub(crate) first: Vec<String>,
}

/// What a version did to one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: String,
    /// `None`: it was added.
    pub(crate) before: Option<Arc<str>>,
    /// `None`: it was removed.
    pub(crate) after: Option<Arc<str>>,
}

impl Named {
    /// Most names that are kept.
    const MOST: usize = 8;

    pub(crate) fn add(&mut self, name: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::MOST {
            self.first.push(name.into());
        }
    }
}

impl Origin {
    pub(crate) const ALL: [Origin; 3] = [Origin::Files, Origin::Api, Origin::Rollback];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Origin::Files => "files",
            Origin::Api => "api",
            Origin::Rollback => "rollback",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
