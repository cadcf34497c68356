use crate::condition::NodeId;

use super::{Effect, Symbol};

/// A policy in a candidate list, with what evaluating it needs. Orders denies before allows, then by slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CandidateRef {
    /// The slot; allows have the highest bit set.
    order: u32,
    condition: u32,
}

impl CandidateRef {
    const ALLOW: u32 = 1 << 31;
    const NO_CONDITION: u32 = u32::MAX;

    /// `slot` must be below 2^31, as every snapshot's are.
    pub(crate) fn new(slot: u32, effect: Effect, condition: Option<NodeId>) -> Self {
        let order = match effect {
            Effect::Deny => slot & !Self::ALLOW,
            Effect::Allow => slot | Self::ALLOW,
        };
        CandidateRef { order, condition: condition.map_or(Self::NO_CONDITION, |NodeId(id)| id) }
    }

    pub(crate) fn slot(self) -> u32 {
        self.order & !Self::ALLOW
    }

    pub(crate) fn effect(self) -> Effect {
        if self.order & Self::ALLOW == 0 { Effect::Deny } else { Effect::Allow }
    }

    pub(crate) fn condition(self) -> Option<NodeId> {
        (self.condition != Self::NO_CONDITION).then_some(NodeId(self.condition))
    }
}

/// Candidates by (kind, action), then by role.
///
/// One probe of a small open-addressing table finds the group of a kind and action: its key and its (role, candidate)
/// entries, side by side in memory and sorted by role, so that a decision touches one place of the index however many
/// policies there are. Wildcards of kind and action are groups of their own, probed only if some policy has them; the
/// wildcard role sorts first in its group.
#[derive(Debug, Default)]
pub(crate) struct Index {
    patterns: Vec<Pattern>,
    /// One more than where the group starts in `groups`; 0 is a free slot. A power of two long (or empty), at most 3/4 full.
    slots: Vec<u32>,
    /// Groups, one after the other: kind, action, length, then three words an entry.
    groups: Vec<u32>,
}

/// Which parts of a group's key are wildcards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pattern {
    any_kind: bool,
    any_action: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: u32,
    action: u32,
}

/// Role, order and condition of a candidate.
type Entry = [u32; 3];

/// Groups up to this size are walked; in larger ones each role is searched for.
const WALKED: usize = 32;

impl Index {
    /// Appends the candidates for a kind, an action (`None`: no policy names it) and any of these roles, sorted by
    /// symbol. `authenticated` principals are met by the wildcard role. Candidates come in any order and may repeat.
    pub(crate) fn collect(
        &self,
        kind: Option<Symbol>,
        action: Option<Symbol>,
        roles: &[Symbol],
        authenticated: bool,
        candidates: &mut Vec<CandidateRef>,
    ) {
        for pattern in &self.patterns {
            // A name that no policy mentions can still be met by a wildcard.
            let kind = if pattern.any_kind { Some(Symbol::WILDCARD) } else { kind };
            let action = if pattern.any_action { Some(Symbol::WILDCARD) } else { action };
            let (Some(kind), Some(action)) = (kind, action) else { continue };
            let mut group = self.group(Key { kind: kind.0, action: action.0 });
            while let [entry, rest @ ..] = group
                && role(entry) == Symbol::WILDCARD.0
            {
                if authenticated {
                    candidates.push(candidate(entry));
                }
                group = rest;
            }
            match group.len() <= WALKED {
                true => walk(group, roles, candidates),
                false => roles.iter().for_each(|role| search(group, role.0, candidates)),
            }
        }
    }

    fn group(&self, key: Key) -> &[Entry] {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = key.hash() & mask;
        while let Some(start) = self.slots.get(at).and_then(|slot| slot.checked_sub(1)) {
            if let Some([kind, action, len, rest @ ..]) = self.groups.get(start as usize..)
                && (*kind, *action) == (key.kind, key.action)
            {
                let (entries, _) = rest.as_chunks();
                return entries.get(..*len as usize).unwrap_or_default();
            }
            at = (at + 1) & mask;
        }
        &[]
    }
}

fn role([role, ..]: &Entry) -> u32 {
    *role
}

fn candidate([_, order, condition]: &Entry) -> CandidateRef {
    CandidateRef { order: *order, condition: *condition }
}

/// Both sides are sorted by role.
fn walk(group: &[Entry], mut roles: &[Symbol], candidates: &mut Vec<CandidateRef>) {
    for entry in group {
        while let [first, rest @ ..] = roles
            && first.0 < role(entry)
        {
            roles = rest;
        }
        match roles.first() {
            Some(first) if first.0 == role(entry) => candidates.push(candidate(entry)),
            Some(_) => {}
            None => return,
        }
    }
}

fn search(group: &[Entry], wanted: u32, candidates: &mut Vec<CandidateRef>) {
    let from = group.partition_point(|entry| role(entry) < wanted);
    let of_role = group.get(from..).unwrap_or_default().iter().take_while(|entry| role(entry) == wanted);
    candidates.extend(of_role.map(candidate));
}

impl Key {
    fn pattern(self) -> Pattern {
        Pattern { any_kind: self.kind == Symbol::WILDCARD.0, any_action: self.action == Symbol::WILDCARD.0 }
    }

    /// Multiply and fold. Symbols come from the snapshot, so that nobody can choose colliding ones from outside.
    fn hash(self) -> usize {
        let key = u64::from(self.kind) << 32 | u64::from(self.action);
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        #[expect(clippy::cast_possible_truncation, reason = "tables are far smaller than 2^32 groups")]
        let hash = (mixed ^ mixed >> 32) as u32 as usize;
        hash
    }
}

/// Collects entries, then lays them out.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    entries: Vec<(Key, Entry)>,
}

impl IndexBuilder {
    /// Adds a policy under every combination of its names; each slice holds [`Symbol::WILDCARD`] alone for `"*"`.
    pub(crate) fn add(&mut self, candidate: CandidateRef, kinds: &[Symbol], actions: &[Symbol], roles: &[Symbol]) {
        let CandidateRef { order, condition } = candidate;
        for kind in kinds {
            for action in actions {
                let key = Key { kind: kind.0, action: action.0 };
                self.entries.extend(roles.iter().map(|role| (key, [role.0, order, condition])));
            }
        }
    }

    /// How many entries were added.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn build(mut self) -> Index {
        self.entries.sort_unstable();
        let groups = self.entries.chunk_by(|(a, _), (b, _)| a == b);
        let count = groups.clone().count();
        let mut index = Index {
            patterns: Vec::new(),
            slots: vec![0; table_len(count)],
            groups: Vec::with_capacity(3 * (count + self.entries.len())),
        };
        for entries in groups {
            let Some((key, _)) = entries.first() else { continue };
            if let Some(slot) = free(&mut index.slots, *key) {
                *slot = word(index.groups.len() + 1);
            }
            index.groups.extend([key.kind, key.action, word(entries.len())]);
            index.groups.extend(entries.iter().flat_map(|(_, entry)| entry));
            if !index.patterns.contains(&key.pattern()) {
                index.patterns.push(key.pattern());
            }
        }
        index
    }
}

fn table_len(groups: usize) -> usize {
    match groups {
        0 => 0,
        _ => (groups + groups / 3 + 1).next_power_of_two(),
    }
}

/// The free slot where a key belongs.
fn free(slots: &mut [u32], key: Key) -> Option<&mut u32> {
    let mask = slots.len().wrapping_sub(1);
    let mut at = key.hash() & mask;
    while *slots.get(at)? > 0 {
        at = (at + 1) & mask;
    }
    slots.get_mut(at)
}

/// Snapshots' limits keep every index far below 2^32 words.
fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
