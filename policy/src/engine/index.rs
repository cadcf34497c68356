use super::Symbol;
use super::candidate::{CandidateRef, Class};
use crate::identity::Principal;

/// The roles of who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldRoles<'a> {
    /// Sorted.
    pub(crate) symbols: &'a [Symbol],
    /// Met by the wildcard role.
    pub(crate) authenticated: bool,
}

impl<'a> HeldRoles<'a> {
    pub(crate) fn of(principal: &'a Principal) -> Self {
        HeldRoles { symbols: principal.role_symbols(), authenticated: !principal.is_anonymous() }
    }
}

/// Whether a group of the index holds allow policies, for whatever role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allows {
    pub(crate) enforced: bool,
    pub(crate) shadow: bool,
}

impl Allows {
    pub(crate) fn or(self, other: Allows) -> Allows {
        Allows { enforced: self.enforced | other.enforced, shadow: self.shadow | other.shadow }
    }
}

/// Candidates by kind, then action, then role.
///
/// Kinds are symbols, so a table finds a kind's block without hashing. The block lists the kind's actions; each leads to a
/// group of (role, candidate) entries, sorted by role, a few words further on. So a decision touches one place of the
/// index however many policies there are. Wildcards of kind and action have blocks and groups of their own, looked at
/// only if some policy has them; the wildcard role sorts first in its group.
#[derive(Debug, Default)]
pub(crate) struct Index {
    patterns: Vec<Pattern>,
    /// By kind: one more than where its block starts in `words`, or 0.
    blocks: Vec<u32>,
    /// Blocks, one after the other: the number of actions; for each, sorted, the action, where its group starts and how
    /// many entries it has, with marks for the allows among them; then the groups, three words an entry.
    words: Vec<u32>,
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

/// Kinds with up to this many actions have them walked.
const SCANNED: usize = 16;

/// Groups up to this size are walked; in larger ones each role is searched for.
const WALKED: usize = 32;

impl Index {
    /// Appends the candidates for a kind, an action (`None`: no policy names it) and any of these roles.
    /// Candidates come in any order and may repeat.
    pub(crate) fn collect(
        &self,
        kind: Option<Symbol>,
        action: Option<Symbol>,
        roles: HeldRoles<'_>,
        candidates: &mut Vec<CandidateRef>,
    ) {
        for pattern in &self.patterns {
            // A name that no policy mentions can still be met by a wildcard.
            let kind = if pattern.any_kind { Some(Symbol::WILDCARD) } else { kind };
            let action = if pattern.any_action { Some(Symbol::WILDCARD) } else { action };
            let (Some(kind), Some(action)) = (kind, action) else { continue };
            self.collect_at(kind, action, roles, candidates);
        }
    }

    /// Appends the candidates for exactly this kind and action, and says whether there are allows, whatever their roles.
    #[inline(always)]
    pub(crate) fn collect_at(
        &self,
        kind: Symbol,
        action: Symbol,
        roles: HeldRoles<'_>,
        candidates: &mut Vec<CandidateRef>,
    ) -> Allows {
        let Some((mut group, allows)) = self.find(Key { kind: kind.0, action: action.0 }) else {
            return Allows::default();
        };
        while let [entry, rest @ ..] = group
            && role(entry) == Symbol::WILDCARD.0
        {
            if roles.authenticated {
                candidates.push(candidate(entry));
            }
            group = rest;
        }
        match group.len() <= WALKED {
            true => walk(group, roles.symbols, candidates),
            false => roles.symbols.iter().for_each(|role| search(group, role.0, candidates)),
        }
        allows
    }

    fn find(&self, key: Key) -> Option<(&[Entry], Allows)> {
        let block = self.blocks.get(key.kind as usize)?.checked_sub(1)?;
        let (count, rest) = self.words.get(block as usize..)?.split_first()?;
        let actions = rest.as_chunks::<3>().0.get(..*count as usize)?;
        let at = match actions.len() {
            // A kind has few actions: walking them is quicker than a search.
            0..=SCANNED => actions.iter().position(|[action, ..]| *action == key.action)?,
            _ => actions.binary_search_by_key(&key.action, |[action, ..]| *action).ok()?,
        };
        let [_, start, len] = actions.get(at)?;
        let group = self.words.get(*start as usize..)?.as_chunks().0.get(..(*len & LEN) as usize)?;
        Some((group, Allows { enforced: len & ALLOWS != 0, shadow: len & SHADOW_ALLOWS != 0 }))
    }
}

/// Marks of a group, beside its length.
const ALLOWS: u32 = 1 << 31;
const SHADOW_ALLOWS: u32 = 1 << 30;
const LEN: u32 = SHADOW_ALLOWS - 1;

fn role([role, ..]: &Entry) -> u32 {
    *role
}

fn candidate([_, order, condition]: &Entry) -> CandidateRef {
    CandidateRef::from_words([*order, *condition])
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
}

/// Collects entries, then lays them out.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    entries: Vec<(Key, Entry)>,
}

impl IndexBuilder {
    /// Adds a policy under every combination of its names; each slice holds [`Symbol::WILDCARD`] alone for `"*"`.
    pub(crate) fn add(&mut self, candidate: CandidateRef, kinds: &[Symbol], actions: &[Symbol], roles: &[Symbol]) {
        let [order, condition] = candidate.words();
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
        let mut index = Index::default();
        let kinds = self.entries.last().map_or(0, |(key, _)| key.kind as usize + 1);
        index.blocks = vec![0; kinds];
        for block in self.entries.chunk_by(|(a, _), (b, _)| a.kind == b.kind) {
            index.push_block(block);
        }
        index.words.shrink_to_fit();
        index
    }
}

impl Index {
    /// The entries of one kind, sorted.
    fn push_block(&mut self, entries: &[(Key, Entry)]) {
        let Some((Key { kind, .. }, _)) = entries.first() else { return };
        if let Some(block) = self.blocks.get_mut(*kind as usize) {
            *block = word(self.words.len() + 1);
        }
        let groups = entries.chunk_by(|(a, _), (b, _)| a == b);
        let count = groups.clone().count();
        self.words.push(word(count));
        let mut start = self.words.len() + 3 * count;
        for group in groups {
            let Some((key, _)) = group.first() else { continue };
            let marks = group.iter().fold(0, |marks, (_, entry)| marks | mark(candidate(entry).class()));
            self.words.extend([key.action, word(start), word(group.len()) & LEN | marks]);
            start += 3 * group.len();
            if !self.patterns.contains(&key.pattern()) {
                self.patterns.push(key.pattern());
            }
        }
        self.words.extend(entries.iter().flat_map(|(_, entry)| entry));
    }
}

fn mark(class: Class) -> u32 {
    match class {
        Class::Deny | Class::ShadowDeny => 0,
        Class::Allow => ALLOWS,
        Class::ShadowAllow => SHADOW_ALLOWS,
    }
}

/// Snapshots' limits keep every index far below 2^32 words.
fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
