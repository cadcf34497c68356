use crate::condition::NodeId;

use super::Effect;

/// Where a policy stands: its bucket, and its place there. So the policies of other buckets stay where they are when one
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(u32);

impl Slot {
    /// Most policies of a bucket.
    pub(crate) const PLACES: usize = 1 << Self::PLACE_BITS;
    /// Most buckets.
    pub(crate) const BUCKETS: usize = 1 << 17;
    const PLACE_BITS: u32 = 8;

    /// `None`: there is no such place.
    pub(crate) fn new(bucket: usize, place: usize) -> Option<Self> {
        let number = bucket << Self::PLACE_BITS | place;
        (bucket < Self::BUCKETS && place < Self::PLACES).then_some(Slot(u32::try_from(number).ok()?))
    }

    pub(crate) fn bucket(self) -> usize {
        (self.0 >> Self::PLACE_BITS) as usize
    }

    pub(crate) fn place(self) -> usize {
        self.0 as usize % Self::PLACES
    }
}

/// A policy in a candidate list, with what evaluating it needs. Orders by class, then by slot, then as the policy lists the
/// ways in which it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CandidateRef {
    /// From the highest bit: the class in two, the slot in 25, and which of the policy's ways this is in five.
    order: u32,
    /// One more than the root of its condition; 0 where there is none.
    condition: u32,
}

/// What a policy does, in the order in which candidates are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Deny,
    Allow,
    ShadowDeny,
    ShadowAllow,
}

impl Class {
    pub(crate) fn of(effect: Effect, shadow: bool) -> Self {
        match (effect, shadow) {
            (Effect::Deny, false) => Class::Deny,
            (Effect::Allow, false) => Class::Allow,
            (Effect::Deny, true) => Class::ShadowDeny,
            (Effect::Allow, true) => Class::ShadowAllow,
        }
    }

    pub(crate) fn effect(self) -> Effect {
        match self {
            Class::Deny | Class::ShadowDeny => Effect::Deny,
            Class::Allow | Class::ShadowAllow => Effect::Allow,
        }
    }

    pub(crate) fn is_shadow(self) -> bool {
        matches!(self, Class::ShadowDeny | Class::ShadowAllow)
    }
}

impl CandidateRef {
    const CLASS: u32 = 30;
    const SLOT: u32 = 5;
    /// The last of a policy's ways that is told from others by its number. Those after it have the same, and are in
    /// the order of their conditions: each of these must stand after the one before.
    pub(crate) const LAST_WAY: u32 = (1 << Self::SLOT) - 1;

    pub(crate) fn new(slot: Slot, way: usize, class: Class, condition: Option<NodeId>) -> Self {
        let way = u32::try_from(way).unwrap_or(Self::LAST_WAY).min(Self::LAST_WAY);
        let order = (class as u32) << Self::CLASS | slot.0 << Self::SLOT | way;
        CandidateRef { order, condition: condition.map_or(0, |NodeId(id)| id.saturating_add(1)) }
    }

    pub(crate) fn slot(self) -> Slot {
        Slot(self.order << (u32::BITS - Self::CLASS) >> (u32::BITS - Self::CLASS + Self::SLOT))
    }

    pub(crate) fn class(self) -> Class {
        match self.order >> Self::CLASS {
            0 => Class::Deny,
            1 => Class::Allow,
            2 => Class::ShadowDeny,
            _ => Class::ShadowAllow,
        }
    }

    pub(crate) fn condition(self) -> Option<NodeId> {
        self.condition.checked_sub(1).map(NodeId)
    }

    /// Whether it is of the same policy.
    pub(super) fn is_of(self, other: CandidateRef) -> bool {
        (self.order ^ other.order) >> Self::SLOT == 0
    }

    /// Whether it asks the same of the request.
    pub(super) fn asks_as(self, other: CandidateRef) -> bool {
        self.condition == other.condition
    }

    /// As an index keeps it.
    pub(super) fn words(self) -> [u32; 2] {
        [self.order, self.condition]
    }

    /// Whether its order tells it from its policy's other ways.
    pub(super) fn is_told_by_order(self) -> bool {
        self.order & Self::LAST_WAY < Self::LAST_WAY
    }

    pub(super) fn from_words([order, condition]: [u32; 2]) -> Self {
        CandidateRef { order, condition }
    }
}

/// Those of a class, of candidates in order.
pub(super) fn of_class(candidates: &[CandidateRef], class: Class) -> &[CandidateRef] {
    let start = candidates.partition_point(|candidate| candidate.class() < class);
    let end = candidates.partition_point(|candidate| candidate.class() <= class);
    candidates.get(start..end).unwrap_or_default()
}
