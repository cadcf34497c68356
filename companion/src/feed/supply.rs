use std::time::{Duration, Instant};

use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::SnapshotId;

use super::limits::{ANSWER_PATIENCE, ANSWER_PATIENCE_PER_MIB, FIRST_PAUSE, LONGEST_PAUSE};

/// A snapshot that a VM decides with, down to its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) id: SnapshotId,
    pub(super) digest: Digest,
}

/// In what form a VM should be sent the current snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// As a whole.
    Full,
    /// As what leads there from what it holds.
    Delta(Held),
}

/// What one VM has, what is on its way to it, and what it should be sent next.
///
/// One thing is on its way at a time: a delta fits only what the VM has said that it holds.
#[derive(Debug)]
pub(super) struct Supply {
    /// What the VM says it decides with: only newer snapshots are sent.
    applied: Option<SnapshotId>,
    /// The same with its digest, as long as nothing contradicts it.
    held: Option<Held>,
    sent: Option<Sent>,
    /// What was given up on: its answer may still come.
    overdue: Option<Held>,
    /// The last offer was a failure. Whatever comes next is whole.
    failed: Option<Failure>,
    /// The VM has asked for a whole snapshot after a delta.
    asked_for_full: bool,
}

/// What an offer is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) whole: bool,
    pub(super) bytes: usize,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    held: Held,
    published_at: Instant,
    whole: bool,
    /// When its answer is given up on.
    deadline: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    /// Another snapshot than this is sent at once.
    id: Option<SnapshotId>,
    pause: Duration,
    until: Instant,
}

impl Supply {
    pub(super) fn new(held: Option<Held>) -> Self {
        Supply {
            applied: held.map(|held| held.id),
            held,
            sent: None,
            overdue: None,
            failed: None,
            asked_for_full: false,
        }
    }

    pub(super) fn held(&self) -> Option<Held> {
        self.held
    }

    /// What to send now so that the VM comes to hold `current`.
    pub(super) fn want(&self, current: SnapshotId, now: Instant) -> Option<Want> {
        if self.sent.is_some() || self.applied >= Some(current) {
            return None;
        }
        match (self.failed, self.held) {
            (Some(failure), _) if failure.id.is_none_or(|id| id == current) && now < failure.until => None,
            (None, Some(held)) if !self.asked_for_full => Some(Want::Delta(held)),
            _ => Some(Want::Full),
        }
    }

    /// Whether the VM decides with `current`, and nothing is on its way to it.
    pub(super) fn has(&self, current: SnapshotId) -> bool {
        self.sent.is_none() && self.applied >= Some(current)
    }

    /// When there may be something to do although nothing has happened.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        match (self.sent, self.failed) {
            (Some(sent), _) => Some(sent.deadline),
            (None, Some(failure)) => Some(failure.until),
            (None, None) => None,
        }
    }

    pub(super) fn sent(&mut self, held: Held, form: Form, published_at: Instant, now: Instant) {
        self.asked_for_full = false;
        let deadline =
            now + ANSWER_PATIENCE + ANSWER_PATIENCE_PER_MIB * u32::try_from(form.bytes >> 20).unwrap_or(u32::MAX);
        self.sent = Some(Sent { held, whole: form.whole, published_at, deadline });
    }

    /// Gives up on an answer that does not come.
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some(sent) = self.sent.take_if(|sent| now >= sent.deadline) {
            self.overdue = Some(sent.held);
            self.fail(Some(sent.held.id), now);
        }
    }

    /// What was wanted cannot be made.
    pub(super) fn unmade(&mut self, now: Instant) {
        self.fail(None, now);
    }

    /// The VM decides with this from now on. Gives when it was published, if it is what was sent.
    pub(super) fn acked(&mut self, id: SnapshotId, now: Instant) -> Option<Instant> {
        let sent = self.sent.take_if(|sent| sent.held.id == id);
        let overdue = self.overdue.take_if(|held| held.id == id);
        match sent.map(|sent| sent.held).or(overdue) {
            Some(held) => *self = Supply { sent: self.sent, ..Supply::new(Some(held)) },
            None if Some(id) != self.applied => {
                self.sent = None;
                self.says(Some(id), now);
            }
            None => {}
        }
        sent.map(|sent| sent.published_at)
    }

    /// The VM refused what was on its way, whatever it took it for. True if there was something.
    pub(super) fn nacked(&mut self, wants_full: bool, now: Instant) -> bool {
        let Some(sent) = self.sent.take() else {
            return false;
        };
        if wants_full && !sent.whole {
            self.asked_for_full = true;
        } else {
            self.fail(Some(sent.held.id), now);
        }
        true
    }

    /// The VM says, unasked, what it decides with.
    pub(super) fn says(&mut self, applied: Option<SnapshotId>, now: Instant) {
        // Until the answer to what is on its way it may be one or the other.
        if applied == self.applied || self.sent.is_some() {
            return;
        }
        self.applied = applied;
        self.held = None;
        self.fail(None, now);
    }

    fn fail(&mut self, id: Option<SnapshotId>, now: Instant) {
        let pause = self.failed.map_or(FIRST_PAUSE, |failure| (failure.pause * 2).min(LONGEST_PAUSE));
        self.failed = Some(Failure { id, pause, until: now + pause });
    }
}

#[cfg(test)]
mod tests;
