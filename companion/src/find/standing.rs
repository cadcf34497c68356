use serde::{Deserialize, Serialize};

use crate::embedding::State;

/// How much of the policies the index has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    /// In force.
    pub(crate) policies: usize,
    /// In the index.
    pub(crate) indexed: usize,
    /// Those of which the index has an older text, or none.
    pub(crate) stale: usize,
    /// For how long the index has been behind.
    pub(crate) lag_ms: u64,
    /// Stale ones that could not be embedded.
    pub(crate) dead: usize,
    /// The index that is being built for another model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) migrating: Option<Migrating>,
}

/// An index on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Migrating {
    /// Version of its model.
    pub(crate) to: String,
    /// Policies that it has, and is to have.
    pub(crate) done: usize,
    pub(crate) total: usize,
}

impl Standing {
    /// As those who keep the index up tell it.
    pub(super) fn of(state: &State, policies: usize, indexed: usize) -> Self {
        let State { stale, lag, dead, migration, .. } = state;
        Standing {
            policies,
            indexed,
            stale: *stale,
            lag_ms: u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
            dead: *dead,
            migrating: migration.as_ref().map(|migration| Migrating {
                to: migration.to.to_string(),
                done: migration.done,
                total: migration.total,
            }),
        }
    }

    /// What is not as it usually is, in sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let Standing { policies, indexed, stale, lag_ms, dead, migrating } = self;
        let mut notes = Vec::new();
        match (policies, indexed) {
            (0, _) => notes.push("there are no policies".to_owned()),
            (_, 0) => {
                notes.push(format!("the index is empty: it will have {} policies", policies.saturating_sub(*dead)));
            }
            _ if stale > dead => {
                notes.push(format!("the index is behind by {} policies, for {lag_ms} ms", stale - dead));
            }
            _ => {}
        }
        if *dead > 0 {
            notes.push(format!(
                "{dead} policies could not be embedded: they are found by an older text, or by keywords"
            ));
        }
        if let Some(Migrating { to, done, total }) = migrating {
            notes.push(format!(
                "an index for model {to} is being built ({done} of {total}); this is the serving one's answer"
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_usual_is_said_and_nothing_else() {
        let whole = Standing { policies: 5, indexed: 5, ..Standing::default() };
        let migrating = Some(Migrating { to: "v2".to_owned(), done: 3, total: 5 });
        let cases = [
            (whole.clone(), ""),
            (Standing { policies: 0, indexed: 0, ..whole.clone() }, "there are no policies"),
            (Standing { indexed: 0, stale: 5, ..whole.clone() }, "the index is empty: it will have 5 policies"),
            (
                Standing { indexed: 0, stale: 5, dead: 2, ..whole.clone() },
                "the index is empty: it will have 3 policies",
            ),
            (
                Standing { stale: 3, dead: 1, lag_ms: 40, ..whole.clone() },
                "behind by 2 policies, for 40 ms; 1 policies could",
            ),
            (Standing { stale: 1, dead: 1, ..whole.clone() }, "1 policies could not be embedded"),
            (Standing { migrating, ..whole }, "an index for model v2 is being built (3 of 5)"),
        ];
        for (standing, expected) in cases {
            let notes = standing.notes().join("; ");
            assert!(notes.contains(expected) && (expected.is_empty() == notes.is_empty()), "{standing:?}: {notes}");
        }
    }
}
