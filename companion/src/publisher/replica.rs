use tollgate_policy::snapshot::{Content, DecodeError, Snapshot, SnapshotId};

/// What a worker holds that has applied everything: what it refuses, every worker would.
#[derive(Debug, Default)]
pub(super) struct Replica(Option<Snapshot>);

/// A step that a replica has taken.
#[derive(Debug)]
pub(super) struct Step {
    before: Option<(SnapshotId, Content)>,
    /// The delta that it went by; absent if it read the whole.
    pub(super) delta: Option<Vec<u8>>,
}

impl Replica {
    pub(super) fn of(snapshot: Snapshot) -> Self {
        Replica(Some(snapshot))
    }

    pub(super) fn get(&self) -> Option<&Snapshot> {
        self.0.as_ref()
    }

    /// Goes to a content, by a delta if that leads there. Stays where it is if it refuses the whole, too.
    pub(super) fn advance(&mut self, content: &Content, id: SnapshotId) -> Result<Step, DecodeError> {
        let before = self.0.as_ref().map(|snapshot| (snapshot.id(), snapshot.content().clone()));
        if let (Some(snapshot), Some((base, old))) = (&mut self.0, &before) {
            let delta = content.delta(old, *base, id, &[]);
            match snapshot.apply(&delta) {
                Ok(()) => return Ok(Step { before, delta: Some(delta) }),
                Err(error) => {
                    tracing::error!(snapshot = %id, %error, "a delta cannot be applied: the whole is tried");
                }
            }
        }
        self.0 = Some(Snapshot::decode(content.encode(id, &[]))?);
        Ok(Step { before, delta: None })
    }

    /// Takes a step back.
    pub(super) fn undo(&mut self, step: Step) {
        let is_back = step.before.is_some_and(|(id, content)| self.advance(&content, id).is_ok());
        if !is_back {
            self.0 = None;
        }
    }
}
