use std::fmt;

use sha2::{Digest as _, Sha256};
use tollgate_policy::snapshot::SnapshotId;

use super::refused::Refused;

/// A strong validator: it changes with every byte. Displays in quotes, as headers hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Etag(String);

/// What must hold for a change to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing was said.
    #[default]
    Unsaid,
    /// It exists (`If-Match: *`).
    Exists,
    /// It is one of these (`If-Match`).
    Is(Vec<String>),
    /// It does not exist (`If-None-Match: *`).
    Absent,
}

impl Etag {
    /// Of a document.
    pub(crate) fn of_text(text: &str) -> Self {
        let hash = Sha256::digest(text);
        Etag(format!("\"{}\"", hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>()))
    }

    /// Of the whole set.
    pub(crate) fn of_set(id: SnapshotId) -> Self {
        Etag(format!("\"{id}\""))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Condition {
    /// Checks it of what is there.
    pub(super) fn check(&self, current: Option<Etag>) -> Result<(), Refused> {
        match (self, current) {
            (Condition::Unsaid | Condition::Absent, None) | (Condition::Exists, Some(_)) => Ok(()),
            (Condition::Unsaid, Some(etag)) => Err(Refused::Unconditional(etag)),
            (Condition::Absent, Some(etag)) => Err(Refused::Exists(etag)),
            (Condition::Exists | Condition::Is(_), None) => Err(Refused::Absent),
            (Condition::Is(tags), Some(etag)) => match tags.iter().any(|tag| tag == etag.as_str()) {
                true => Ok(()),
                false => Err(Refused::Changed(etag)),
            },
        }
    }
}
