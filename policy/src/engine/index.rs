use super::{Effect, Symbol};

/// A policy in a candidate list. Orders denies before allows, then by slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CandidateRef(u32);

impl CandidateRef {
    const ALLOW: u32 = 1 << 31;

    /// `slot` must be below 2^31, as every snapshot's are.
    pub(crate) fn new(slot: u32, effect: Effect) -> Self {
        match effect {
            Effect::Deny => CandidateRef(slot & !Self::ALLOW),
            Effect::Allow => CandidateRef(slot | Self::ALLOW),
        }
    }

    pub(crate) fn slot(self) -> u32 {
        self.0 & !Self::ALLOW
    }
}

/// Which parts of a policy are wildcards. Only the combinations that some policy has are ever probed, so that neither
/// the cost of a decision nor the size of the index multiplies by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) any_kind: bool,
    pub(crate) any_action: bool,
    pub(crate) any_role: bool,
}

/// Candidates by (kind, action, role): one probe of an open-addressing table for each role and pattern.
#[derive(Debug, Default)]
pub(crate) struct Index {
    patterns: Vec<Pattern>,
    /// A power of two long (or empty), at most 3/4 full.
    slots: Vec<Slot>,
    /// The lists, one after the other.
    candidates: Vec<CandidateRef>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: Key,
    /// The list in `candidates`; an empty one marks a free slot.
    start: u32,
    len: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key {
    kind: u32,
    action: u32,
    role: u32,
}

impl Key {
    fn pattern(self) -> Pattern {
        let wildcard = Symbol::WILDCARD.0;
        Pattern {
            any_kind: self.kind == wildcard,
            any_action: self.action == wildcard,
            any_role: self.role == wildcard,
        }
    }

    /// Multiply-and-fold. Symbols come from the snapshot, so that nobody can choose colliding ones from outside.
    fn hash(self) -> usize {
        const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
        let low = u64::from(self.kind) << 32 | u64::from(self.action);
        let mixed =
            u128::from(low ^ SEED) * u128::from(u64::from(self.role).wrapping_mul(SEED) ^ 0xd1b5_4a32_d192_ed03);
        #[expect(clippy::cast_possible_truncation, reason = "folding keeps the bits that are wanted")]
        let folded = (mixed >> 64) as u64 ^ mixed as u64;
        #[expect(clippy::cast_possible_truncation, reason = "tables are far smaller than 2^32 slots")]
        let hash = (folded >> 32 ^ folded) as usize;
        hash
    }
}

impl Index {
    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The candidates of exactly this key; wildcards have keys of their own.
    pub(crate) fn get(&self, kind: Symbol, action: Symbol, role: Symbol) -> &[CandidateRef] {
        let key = Key { kind: kind.0, action: action.0, role: role.0 };
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = key.hash() & mask;
        while let Some(slot) = self.slots.get(at) {
            if slot.len == 0 {
                break;
            }
            if slot.key == key {
                let (start, len) = (slot.start as usize, slot.len as usize);
                return self.candidates.get(start..start + len).unwrap_or_default();
            }
            at = (at + 1) & mask;
        }
        &[]
    }
}

/// Collects entries, then lays them out.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    entries: Vec<(Key, CandidateRef)>,
}

impl IndexBuilder {
    /// Adds a policy under every combination of its names; each slice holds [`Symbol::WILDCARD`] alone for `"*"`.
    pub(crate) fn add(&mut self, candidate: CandidateRef, kinds: &[Symbol], actions: &[Symbol], roles: &[Symbol]) {
        for kind in kinds {
            for action in actions {
                for role in roles {
                    self.entries.push((Key { kind: kind.0, action: action.0, role: role.0 }, candidate));
                }
            }
        }
    }

    /// How many entries were added.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn build(self) -> Index {
        let mut index = Index { slots: vec![Slot::default(); table_len(self.entries.len())], ..Index::default() };
        for (key, _) in &self.entries {
            if let Some(slot) = claim(&mut index.slots, *key) {
                slot.len += 1;
            }
        }
        let mut start = 0;
        for slot in index.slots.iter_mut().filter(|slot| slot.len > 0) {
            slot.start = start;
            start += slot.len;
            let pattern = slot.key.pattern();
            if !index.patterns.contains(&pattern) {
                index.patterns.push(pattern);
            }
        }
        index.candidates = vec![CandidateRef(0); start as usize];
        // Fills each list from the front: `start` is moved while filling and moved back afterwards.
        for (key, candidate) in &self.entries {
            if let Some(slot) = claim(&mut index.slots, *key) {
                if let Some(place) = index.candidates.get_mut(slot.start as usize) {
                    *place = *candidate;
                }
                slot.start += 1;
            }
        }
        for slot in index.slots.iter_mut().filter(|slot| slot.len > 0) {
            slot.start -= slot.len;
            let (start, len) = (slot.start as usize, slot.len as usize);
            if let Some(list) = index.candidates.get_mut(start..start + len) {
                list.sort_unstable();
            }
        }
        index
    }
}

fn table_len(entries: usize) -> usize {
    match entries {
        0 => 0,
        _ => (entries + entries / 3 + 1).next_power_of_two(),
    }
}

/// The key's slot, or the free one where it belongs.
fn claim(slots: &mut [Slot], key: Key) -> Option<&mut Slot> {
    let mask = slots.len().wrapping_sub(1);
    let mut at = key.hash() & mask;
    loop {
        let slot = slots.get(at)?;
        if slot.len == 0 || slot.key == key {
            break;
        }
        at = (at + 1) & mask;
    }
    let slot = slots.get_mut(at)?;
    slot.key = key;
    Some(slot)
}
