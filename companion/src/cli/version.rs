use std::fmt;

use serde::{Deserialize, Serialize};
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::time::Timestamp;

use crate::store::{Origin, Summary, Tally};

/// A version as the API tells of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    pub(super) epoch: u64,
    pub(super) version: u64,
    pub(super) digest: String,
    at: u64,
    pub(super) author: String,
    pub(super) source: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<String>,
    pub(super) policies: usize,
    pub(super) summary: Summary,
}

/// A version that a command line names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Current,
    Id(SnapshotId),
}

impl Version {
    pub(super) fn id(&self) -> SnapshotId {
        SnapshotId { epoch: self.epoch, version: self.version }
    }

    /// When it was published, in UTC.
    pub(super) fn at(&self) -> String {
        let seconds = i64::try_from(self.at / 1000).ok();
        let time = seconds.and_then(|seconds| Timestamp::new(seconds, 0));
        time.map_or_else(|| self.at.to_string(), |time| time.to_string())
    }

    pub(super) fn author(&self) -> &str {
        if self.author.is_empty() { "unknown" } else { &self.author }
    }
}

impl Named {
    /// `epoch.version`, or `current`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "current" {
            return Ok(Named::Current);
        }
        id(text).map(Named::Id)
    }
}

/// Reads `epoch.version`.
pub(super) fn id(text: &str) -> Result<SnapshotId, String> {
    let parts = text.split_once('.').and_then(|(epoch, version)| Some((epoch.parse().ok()?, version.parse().ok()?)));
    let (epoch, version) =
        parts.ok_or("write a version as `tollgate history` shows it, such as 1763740800.3".to_owned())?;
    Ok(SnapshotId { epoch, version })
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Named::Current => f.write_str("current"),
            Named::Id(id) => id.fmt(f),
        }
    }
}

/// What differs from the version before, in few words: `policies +1 a, ~2 b c`.
pub(super) fn in_words(summary: &Summary) -> String {
    let sorts = [("policies", &summary.policies), ("routes", &summary.routes), ("other", &summary.other)];
    let told: Vec<String> =
        sorts.iter().filter_map(|(sort, tally)| Some(format!("{sort} {}", changes(tally)?))).collect();
    if told.is_empty() { "no difference".to_owned() } else { told.join("; ") }
}

fn changes(tally: &Tally) -> Option<String> {
    let kinds = [("+", &tally.added), ("~", &tally.changed), ("-", &tally.removed)];
    let told: Vec<String> = kinds
        .iter()
        .filter(|(_, named)| named.count > 0)
        .map(|(sign, named)| {
            let more = if named.count > named.first.len() { ", …" } else { "" };
            format!("{sign}{} ({}{more})", named.count, named.first.join(", "))
        })
        .collect();
    (!told.is_empty()).then(|| told.join(" "))
}
