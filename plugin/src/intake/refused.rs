use std::time::Duration;

use tollgate_policy::snapshot::{DecodeError, SnapshotId};

use crate::slot::NotApplied;
use crate::trust::Untrusted;

/// Why a snapshot was refused. The one in force stays.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is older than the one in force.
    #[error("snapshot {offered} is older than {in_force}, which is in force")]
    Older {
        /// The refused one.
        offered: SnapshotId,
        /// The one in force.
        in_force: SnapshotId,
    },
    /// No companion counts so far. Once it were in force, nothing could be newer.
    #[error("no companion gives snapshots the id {offered}")]
    Absurd {
        /// The refused one.
        offered: SnapshotId,
    },
    /// It is older than what another VM of this Envoy has had in force.
    #[error("snapshot {offered} is being replayed: {mark} has been in force in this Envoy")]
    Replayed {
        /// The refused one.
        offered: SnapshotId,
        /// The newest so far.
        mark: SnapshotId,
    },
    /// The id is in use for another content.
    #[error("snapshot {offered} is in force already, with another content")]
    Conflicting {
        /// The id of both.
        offered: SnapshotId,
    },
    /// The content names another id than the message it came in.
    #[error("snapshot {offered} calls itself {content}")]
    Mislabelled {
        /// As the message says.
        offered: SnapshotId,
        /// As the content says.
        content: SnapshotId,
    },
    /// The bytes do not even begin as a snapshot does.
    #[error("it cannot be used: {0}")]
    Unreadable(DecodeError),
    /// The bytes are not a snapshot, or not a delta.
    #[error("snapshot {offered} cannot be used: {cause}")]
    Damaged {
        /// The refused one.
        offered: SnapshotId,
        /// What is wrong with it.
        cause: DecodeError,
    },
    /// The delta is of another snapshot than the one in force.
    #[error("snapshot {offered} comes as a delta of {base}, which is not in force")]
    Base {
        /// The refused one.
        offered: SnapshotId,
        /// What it would have changed.
        base: SnapshotId,
    },
    /// The delta does not lead to the snapshot that it says.
    #[error("snapshot {offered} cannot be reached by its delta: {cause}")]
    Delta {
        /// The refused one.
        offered: SnapshotId,
        /// What is wrong with it.
        cause: NotApplied,
    },
    /// Nobody has signed it who would have to.
    #[error("snapshot {offered} is not trusted: {cause}")]
    Untrusted {
        /// The refused one.
        offered: SnapshotId,
        /// What is wrong with its signatures.
        cause: Untrusted,
    },
    /// It was signed too long ago.
    #[error("snapshot {offered} was signed {} s ago, longer than the {} s of `max_issued_age`", age.as_secs(), max.as_secs())]
    Aged {
        /// The refused one.
        offered: SnapshotId,
        /// How long ago.
        age: Duration,
        /// How long ago it may have been.
        max: Duration,
    },
    /// It was signed in the future.
    #[error("snapshot {offered} was signed {} s ahead of this machine's clock", ahead.as_secs())]
    Early {
        /// The refused one.
        offered: SnapshotId,
        /// How far.
        ahead: Duration,
    },
    /// The proxy does not tell the time.
    #[error("snapshot {offered} has an age that cannot be told: the proxy has no time")]
    NoClock {
        /// The refused one.
        offered: SnapshotId,
    },
}

/// Why a part of the index snapshot was refused. What there was stays.
#[derive(Debug, thiserror::Error)]
pub enum PartRefused {
    /// The bytes are no part.
    #[error("it cannot be used: {0}")]
    Damaged(#[from] DecodeError),
    /// Nobody has signed it who would have to.
    #[error("it is not trusted: {0}")]
    Untrusted(#[from] Untrusted),
    /// When it was signed.
    #[error("it was signed longer ago than `max_issued_age`, or ahead of this machine's clock")]
    Age,
}

impl Refused {
    /// What has been in force in this Envoy and is newer, where that is the reason: whoever offers has to go beyond it.
    #[must_use]
    pub fn ahead(&self) -> Option<SnapshotId> {
        match self {
            Refused::Replayed { mark, .. } => Some(*mark),
            _ => None,
        }
    }

    /// Whether the current snapshot, sent as a whole, may fare better: what was damaged on its way, was meant for another
    /// state of this VM, or was sent too late.
    #[must_use]
    pub fn wants_full(&self) -> bool {
        match self {
            Refused::Older { .. }
            | Refused::Absurd { .. }
            | Refused::Conflicting { .. }
            | Refused::Untrusted { .. } => false,
            Refused::Replayed { .. }
            | Refused::Mislabelled { .. }
            | Refused::Unreadable(_)
            | Refused::Damaged { .. }
            | Refused::Base { .. }
            | Refused::Delta { .. }
            | Refused::Aged { .. }
            | Refused::Early { .. }
            | Refused::NoClock { .. } => true,
        }
    }
}
