//! The index snapshot on its way to one VM: part by part, one at a time, and none that the VM has.

use std::time::Instant;

use crate::related::Extract;

use super::limits::{BETWEEN_PARTS, PART_PATIENCE};
use super::proto;

/// Which extract of the index it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExtractId {
    generation: u64,
    revision: u64,
}

/// What one VM has of the index snapshot, and what it should be sent next.
#[derive(Debug)]
pub(super) struct RelatedSupply {
    /// Which parts it has, by their revisions: of this generation, and of as many parts as these.
    generation: u64,
    taken: Vec<Option<u64>>,
    sent: Option<Sent>,
    /// Nothing more of this is sent: the VM has refused a part of it, or has not answered.
    given_up: Option<ExtractId>,
    /// Not before this.
    next: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    part: proto::IndexPart,
    of: ExtractId,
    deadline: Instant,
}

/// What a VM's answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// It uses the part.
    Taken,
    /// It has refused it, and is sent nothing more of this extract.
    Refused(ExtractId),
    /// It is no answer to what was sent.
    Stray,
}

impl RelatedSupply {
    /// For a VM that has refused this before, if it has.
    pub(super) fn new(refused: Option<ExtractId>, now: Instant) -> Self {
        RelatedSupply { generation: 0, taken: Vec::new(), sent: None, given_up: refused, next: now }
    }

    /// The number of the part to send now.
    pub(super) fn want(&mut self, extract: &Extract, now: Instant) -> Option<usize> {
        if self.sent.is_some() || now < self.next || self.given_up == Some(ExtractId::of(extract)) {
            return None;
        }
        if (self.generation, self.taken.len()) != (extract.generation, extract.parts.len()) {
            self.generation = extract.generation;
            self.taken = vec![None; extract.parts.len()];
        }
        let mut parts = extract.parts.iter().zip(&self.taken);
        parts.position(|(part, taken)| *taken != Some(part.revision))
    }

    pub(super) fn sent(&mut self, part: proto::IndexPart, extract: &Extract, now: Instant) {
        self.sent = Some(Sent { part, of: ExtractId::of(extract), deadline: now + PART_PATIENCE });
    }

    /// True if an answer was given up on just now. A plugin that knows nothing of parts gives none.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        let overdue = self.sent.take_if(|sent| now >= sent.deadline);
        self.given_up = overdue.map(|sent| sent.of).or(self.given_up);
        overdue.is_some()
    }

    pub(super) fn answered(&mut self, part: Option<proto::IndexPart>, refused: bool, now: Instant) -> Answered {
        let Some(sent) = self.sent.take_if(|sent| Some(sent.part) == part) else { return Answered::Stray };
        self.next = now + BETWEEN_PARTS;
        if refused {
            self.given_up = Some(sent.of);
            return Answered::Refused(sent.of);
        }
        let proto::IndexPart { generation, revision, number } = sent.part;
        let place = self.taken.get_mut(number as usize).filter(|_| self.generation == generation);
        if let Some(place) = place {
            *place = Some(revision);
        }
        Answered::Taken
    }

    /// When there may be something to do although nothing has happened.
    pub(super) fn wakes_at(&self, now: Instant) -> Option<Instant> {
        match self.sent {
            Some(sent) => Some(sent.deadline),
            None => Some(self.next).filter(|next| *next > now),
        }
    }
}

impl ExtractId {
    fn of(extract: &Extract) -> Self {
        ExtractId { generation: extract.generation, revision: extract.revision }
    }
}

#[cfg(test)]
mod tests;
