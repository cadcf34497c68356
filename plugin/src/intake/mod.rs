//! The way in for snapshots: what has to hold of one before it is in force, wherever it comes from.

mod refused;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::related::{Part, PartHead};
use tollgate_policy::snapshot::{Base, Head, Snapshot, SnapshotId};

use crate::config::FeedConfig;
use crate::evidence::Clock;
use crate::slot::{Confirmed, Slot, Standing};
use crate::trust::Trust;
use crate::warm::{Mark, Memory, SharedData, Writer};

pub use refused::{PartRefused, Refused};

#[cfg(test)]
mod tests;

/// How far ahead of this machine's clock the one may be that signed a snapshot.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// What a message of the feed carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A whole snapshot.
    Whole(Vec<u8>),
    /// What leads to it from another.
    Delta(Vec<u8>),
}

/// What came of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in force from now on.
    New,
    /// It was in force already.
    Known,
}

/// One feed's way in.
pub struct Intake {
    slot: Rc<Slot>,
    trust: Option<Trust>,
    max_issued_age: Option<Duration>,
    max_staleness: Option<Duration>,
    memory: Memory,
    writer: RefCell<Writer>,
    clock: Rc<dyn Clock>,
}

impl Intake {
    /// The way into this slot.
    #[must_use]
    pub fn new(slot: Rc<Slot>, feed: &FeedConfig, shared: Rc<dyn SharedData>, clock: Rc<dyn Clock>) -> Self {
        Intake {
            slot,
            trust: feed.trust.clone(),
            max_issued_age: feed.max_issued_age,
            max_staleness: feed.max_staleness,
            memory: Memory::new(shared, feed),
            writer: RefCell::default(),
            clock,
        }
    }

    /// Starts with what the VMs before left, if there is nothing in force: a VM that replaces one that died. All that a
    /// snapshot of the feed has to pass it has to pass, too, except that its signature may be of any age: it was new when it
    /// was taken.
    ///
    /// # Errors
    /// If what was left cannot be used.
    pub fn warm_up(&self, now: Duration) -> Result<Option<SnapshotId>, Refused> {
        if self.slot.standing().is_some() {
            // Another configuration's VMs may look for it elsewhere.
            self.writer.borrow_mut().changed(now);
            self.remember(now);
            return Ok(None);
        }
        let Some(content) = self.memory.content() else { return Ok(None) };
        let head = Head::of_snapshot(&content).map_err(Refused::Unreadable)?;
        let mark = self.memory.mark();
        self.check_mark(&head, mark.as_ref())?;
        self.check_trust(&head)?;
        let snapshot = decode(&head, content)?;
        let confirmed = mark.filter(|mark| mark.id == head.id && mark.confirmed > 0).map(|mark| mark.confirmed);
        let before =
            confirmed.and_then(|confirmed| Some(self.wall_clock()?.saturating_sub(Duration::from_millis(confirmed))));
        let id = head.id;
        // What nobody is known to have confirmed is as stale as can be.
        self.slot.replace(snapshot, Confirmed { at: now, before: before.unwrap_or(Duration::MAX) }, now);
        Ok(Some(id))
    }

    /// Takes what the feed brings, if it is sound, trusted, and newer than what this VM has; where it has nothing, not older
    /// than what any other VM of its Envoy has had. The same one again is accepted and changes nothing. Content is freed
    /// while it is taken.
    ///
    /// # Errors
    /// If it is refused; the one in force stays.
    pub fn offer(&self, offered: SnapshotId, content: Content, now: Duration) -> Result<Taken, Refused> {
        let read = match &content {
            Content::Whole(bytes) => Head::of_snapshot(bytes).map(|head| (head, None)),
            Content::Delta(bytes) => Head::of_delta(bytes).map(|(head, base)| (head, Some(base))),
        };
        let (head, base) = read.map_err(|cause| Refused::Damaged { offered, cause })?;
        if head.id != offered {
            return Err(Refused::Mislabelled { offered, content: head.id });
        }
        if !offered.is_in_range() {
            return Err(Refused::Absurd { offered });
        }
        let in_force = self.slot.standing();
        if let Some(in_force) = &in_force {
            if offered < in_force.id {
                return Err(Refused::Older { offered, in_force: in_force.id });
            }
            if offered == in_force.id {
                return if head.digest == in_force.digest {
                    Ok(Taken::Known)
                } else {
                    Err(Refused::Conflicting { offered })
                };
            }
        }
        // A VM that lags behind others may catch up step by step: it goes forward all the same.
        match self.check_mark(&head, self.memory.mark().as_ref()) {
            Err(Refused::Replayed { .. }) if in_force.is_some() => {}
            checked => checked?,
        }
        if let Some(issued_at) = self.check_trust(&head)? {
            self.check_age(offered, issued_at)?;
        }
        match (content, base) {
            (Content::Delta(delta), Some(base)) => self.apply(&delta, offered, base, in_force, now)?,
            (Content::Whole(bytes) | Content::Delta(bytes), _) => {
                let snapshot = decode(&head, bytes)?;
                self.slot.replace(snapshot, Confirmed::at(now), now);
            }
        }
        self.writer.borrow_mut().changed(now);
        self.remember(now);
        Ok(Taken::New)
    }

    /// Takes a part of the index snapshot, if it is sound and trusted. What is signed stays good for as long as its signature
    /// may be old: which one is newer cannot be told across companions, and nothing depends on it.
    ///
    /// # Errors
    /// If it is refused; what there was stays.
    pub fn offer_part(&self, content: Vec<u8>) -> Result<(), PartRefused> {
        if let Some(trust) = &self.trust {
            let issued_at = trust.check_part(&PartHead::of(&content)?)?;
            self.check_age(SnapshotId::default(), issued_at).map_err(|_| PartRefused::Age)?;
        }
        self.slot.take_part(Part::decode(content)?);
        Ok(())
    }

    /// This one is the current snapshot. Whether it is the one in force.
    pub fn confirm(&self, current: SnapshotId, now: Duration) -> bool {
        let is_it = self.slot.standing().is_some_and(|standing| standing.id == current);
        if is_it {
            self.slot.confirm(now);
            self.remember(now);
        }
        is_it
    }

    /// Whether the one in force has gone unconfirmed for longer than it may.
    #[must_use]
    pub fn is_stale(&self, now: Duration) -> bool {
        let staleness = self.max_staleness.and_then(|max| Some(self.slot.staleness(now)? > max));
        staleness.unwrap_or(false)
    }

    /// Leaves the snapshot in force for VMs that are started again, if it is time and no other VM has done so. VMs that have
    /// requests to answer (`serving`) are the last to do it.
    pub fn keep(&self, serving: bool, now: Duration) {
        if self.writer.borrow_mut().is_due(serving, now)
            && let Some(snapshot) = self.slot.current()
            && self.memory.claim(snapshot.id())
        {
            self.memory.leave(&snapshot.encode());
        }
    }

    fn apply(
        &self,
        delta: &[u8],
        offered: SnapshotId,
        base: Base,
        in_force: Option<Standing>,
        now: Duration,
    ) -> Result<(), Refused> {
        if in_force.is_none_or(|in_force| in_force.id != base.id || in_force.digest != base.digest) {
            return Err(Refused::Base { offered, base: base.id });
        }
        self.slot.apply(delta, now).map_err(|cause| Refused::Delta { offered, cause })
    }

    fn check_mark(&self, head: &Head, mark: Option<&Mark>) -> Result<(), Refused> {
        match mark {
            Some(mark) if head.id < mark.id => Err(Refused::Replayed { offered: head.id, mark: mark.id }),
            Some(mark) if head.id == mark.id && head.digest != mark.digest => {
                Err(Refused::Conflicting { offered: head.id })
            }
            _ => Ok(()),
        }
    }

    /// When it was signed, if that matters.
    fn check_trust(&self, head: &Head) -> Result<Option<u64>, Refused> {
        let Some(trust) = &self.trust else { return Ok(None) };
        trust.check(head).map(Some).map_err(|cause| Refused::Untrusted { offered: head.id, cause })
    }

    fn check_age(&self, offered: SnapshotId, issued_at: u64) -> Result<(), Refused> {
        let Some(max) = self.max_issued_age else { return Ok(()) };
        let now = self.wall_clock().ok_or(Refused::NoClock { offered })?;
        let issued_at = Duration::from_millis(issued_at);
        if issued_at > now.saturating_add(SKEW) {
            return Err(Refused::Early { offered, ahead: issued_at.saturating_sub(now) });
        }
        match now.saturating_sub(issued_at) {
            age if age > max => Err(Refused::Aged { offered, age, max }),
            _ => Ok(()),
        }
    }

    /// Marks what is in force for other VMs, with the time at which it was last confirmed.
    fn remember(&self, now: Duration) {
        let (Some(standing), Some(staleness)) = (self.slot.standing(), self.slot.staleness(now)) else { return };
        let confirmed = self.wall_clock().and_then(|wall| wall.checked_sub(staleness)).unwrap_or_default();
        let confirmed = u64::try_from(confirmed.as_millis()).unwrap_or_default();
        self.memory.raise(&Mark { id: standing.id, digest: standing.digest, confirmed });
    }

    /// Time since 1970.
    fn wall_clock(&self) -> Option<Duration> {
        self.clock.nanoseconds().map(Duration::from_nanos)
    }
}

fn decode(head: &Head, content: Vec<u8>) -> Result<Snapshot, Refused> {
    Snapshot::decode(content).map_err(|cause| Refused::Damaged { offered: head.id, cause })
}
