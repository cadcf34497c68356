use super::{Effect, Symbol};

/// A policy in a candidate list. Orders denies before allows, then by slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// Candidates by (kind, action), then by role.
///
/// One probe of an open-addressing table finds the group of a kind and action: its (role, policy) pairs, side by side and
/// sorted by role, so that a decision touches two cache lines here however many policies there are. Wildcards of kind
/// and action are groups of their own, probed only if some policy has them; the wildcard role sorts first in its group.
#[derive(Debug, Default)]
pub(crate) struct Index {
    patterns: Vec<Pattern>,
    /// A power of two long (or empty), at most 3/4 full.
    groups: Vec<Group>,
    /// The groups' pairs, one group after the other.
    pairs: Vec<Pair>,
}

/// Which parts of a group's key are wildcards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pattern {
    any_kind: bool,
    any_action: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Group {
    key: Key,
    start: u32,
    /// 0 marks a free slot.
    len: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: u32,
    action: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    role: u32,
    candidate: CandidateRef,
}

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
            while let [Pair { role, candidate }, rest @ ..] = group
                && *role == Symbol::WILDCARD.0
            {
                if authenticated {
                    candidates.push(*candidate);
                }
                group = rest;
            }
            match group.len() <= WALKED {
                true => walk(group, roles, candidates),
                false => roles.iter().for_each(|role| search(group, role.0, candidates)),
            }
        }
    }

    fn group(&self, key: Key) -> &[Pair] {
        let mask = self.groups.len().wrapping_sub(1);
        let mut at = key.hash() & mask;
        while let Some(group) = self.groups.get(at) {
            if group.len == 0 {
                break;
            }
            if group.key == key {
                let start = group.start as usize;
                return self.pairs.get(start..start + group.len as usize).unwrap_or_default();
            }
            at = (at + 1) & mask;
        }
        &[]
    }
}

/// Both sides are sorted by role.
fn walk(group: &[Pair], mut roles: &[Symbol], candidates: &mut Vec<CandidateRef>) {
    for pair in group {
        while let [role, rest @ ..] = roles
            && role.0 < pair.role
        {
            roles = rest;
        }
        match roles.first() {
            Some(role) if role.0 == pair.role => candidates.push(pair.candidate),
            Some(_) => {}
            None => return,
        }
    }
}

fn search(group: &[Pair], role: u32, candidates: &mut Vec<CandidateRef>) {
    let from = group.partition_point(|pair| pair.role < role);
    let of_role = group.get(from..).unwrap_or_default().iter().take_while(|pair| pair.role == role);
    candidates.extend(of_role.map(|pair| pair.candidate));
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
    entries: Vec<(Key, Pair)>,
}

impl IndexBuilder {
    /// Adds a policy under every combination of its names; each slice holds [`Symbol::WILDCARD`] alone for `"*"`.
    pub(crate) fn add(&mut self, candidate: CandidateRef, kinds: &[Symbol], actions: &[Symbol], roles: &[Symbol]) {
        for kind in kinds {
            for action in actions {
                let key = Key { kind: kind.0, action: action.0 };
                self.entries.extend(roles.iter().map(|role| (key, Pair { role: role.0, candidate })));
            }
        }
    }

    /// How many entries were added.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn build(mut self) -> Index {
        // Groups come out side by side in memory as their kinds and actions were first named.
        self.entries.sort_unstable();
        let groups = self.entries.chunk_by(|(a, _), (b, _)| a == b);
        let mut index = Index { groups: vec![Group::default(); table_len(groups.clone().count())], ..Index::default() };
        let mut start = 0;
        for entries in groups {
            let Some((key, _)) = entries.first() else { continue };
            let len = u32::try_from(entries.len()).unwrap_or(u32::MAX);
            if let Some(group) = free(&mut index.groups, *key) {
                *group = Group { key: *key, start, len };
            }
            start += len;
            if !index.patterns.contains(&key.pattern()) {
                index.patterns.push(key.pattern());
            }
        }
        index.pairs = self.entries.into_iter().map(|(_, pair)| pair).collect();
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
fn free(groups: &mut [Group], key: Key) -> Option<&mut Group> {
    let mask = groups.len().wrapping_sub(1);
    let mut at = key.hash() & mask;
    while groups.get(at)?.len > 0 {
        at = (at + 1) & mask;
    }
    groups.get_mut(at)
}
