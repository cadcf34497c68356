use crate::condition::NodeId;

use super::Effect;

/// A policy in a candidate list, with what evaluating it needs. Orders by class, then by slot; of one policy's candidates,
/// one without condition comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CandidateRef {
    /// The class in the two highest bits, the slot in the others.
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
    const SLOT: u32 = (1 << Self::CLASS) - 1;

    /// `slot` must be below 2^30, as every snapshot's are.
    pub(crate) fn new(slot: u32, class: Class, condition: Option<NodeId>) -> Self {
        let order = slot & Self::SLOT | (class as u32) << Self::CLASS;
        CandidateRef { order, condition: condition.map_or(0, |NodeId(id)| id.saturating_add(1)) }
    }

    pub(crate) fn slot(self) -> u32 {
        self.order & Self::SLOT
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
        self.order == other.order
    }

    /// As an index keeps it.
    pub(super) fn words(self) -> [u32; 2] {
        [self.order, self.condition]
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
