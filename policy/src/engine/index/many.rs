//! Blocks of kinds with many policies.
//!
//! ```text
//! block   MANY | number of groups, group*, entries and tables of each
//! group   action (sorted; the wildcard first), start of its entries, their number | marks, start of its table or 0
//! entry   role order condition; sorted
//! table   bits, then 2^bits times: role, place of its first entry
//! ```

use super::super::candidate::{CandidateRef, Class};
use super::super::{HeldRoles, Symbol};
use super::build::{Lists, Rule};
use super::{Allows, MANY, word};

/// Role, order and condition of a candidate.
type Entry = [u32; 3];

type Group = [u32; 4];

/// Groups up to this size are walked; larger ones have a table.
const WALKED: usize = 32;

/// Marks of a group, beside its length.
const ALLOWS: u32 = 1 << 31;
const SHADOW_ALLOWS: u32 = 1 << 30;
const LEN: u32 = SHADOW_ALLOWS - 1;

/// A place of a table where no role is.
const VACANT: u32 = u32::MAX;

pub(super) struct Block<'i> {
    groups: &'i [Group],
    words: &'i [u32],
}

impl<'i> Block<'i> {
    pub(super) fn of(groups: u32, rest: &'i [u32], words: &'i [u32]) -> Option<Self> {
        Some(Block { groups: rest.as_chunks().0.get(..groups as usize)?, words })
    }

    #[inline(never)]
    pub(super) fn collect(&self, action: Option<Symbol>, held: &HeldRoles, candidates: &mut Vec<CandidateRef>) {
        for [_, start, len, table] in self.groups(action) {
            let entries = self.entries(*start, *len);
            match table.checked_sub(1) {
                None => candidates.extend(entries.iter().filter(|[role, ..]| held.has(Symbol(*role))).map(candidate)),
                Some(table) => {
                    for role in held.iter() {
                        let from = self.first(table, role.0).and_then(|first| entries.get(first..));
                        let of_role = from.unwrap_or_default().iter().take_while(|[other, ..]| *other == role.0);
                        candidates.extend(of_role.map(candidate));
                    }
                }
            }
        }
    }

    pub(super) fn allows(&self, action: Option<Symbol>) -> Allows {
        self.groups(action).fold(Allows::default(), |allows, [_, _, len, _]| {
            allows.or(Allows { enforced: len & ALLOWS != 0, shadow: len & SHADOW_ALLOWS != 0 })
        })
    }

    /// The action's, and that of policies for any.
    fn groups(&self, action: Option<Symbol>) -> impl Iterator<Item = &'i Group> {
        let any = self.groups.first().filter(|[action, ..]| *action == Symbol::WILDCARD.0);
        let named = action.and_then(|action| {
            let at = self.groups.binary_search_by_key(&action.0, |[action, ..]| *action).ok()?;
            self.groups.get(at)
        });
        any.into_iter().chain(named)
    }

    fn entries(&self, start: u32, len: u32) -> &'i [Entry] {
        let words = self.words.get(start as usize..).unwrap_or_default();
        words.as_chunks().0.get(..(len & LEN) as usize).unwrap_or_default()
    }

    /// Where a role's entries begin.
    #[inline]
    fn first(&self, table: u32, role: u32) -> Option<usize> {
        let (bits, places) = self.words.get(table as usize..)?.split_first()?;
        let places = places.as_chunks::<2>().0.get(..1 << bits)?;
        let mut at = hash(role, *bits);
        loop {
            match places.get(at & (places.len() - 1))? {
                [found, first] if *found == role => return Some(*first as usize),
                [VACANT, _] => return None,
                _ => at += 1,
            }
        }
    }
}

/// Roles count up: the multiplier, 2^32 over the golden ratio, spreads such numbers evenly (Knuth, The Art of Computer
/// Programming 3, 6.4).
fn hash(role: u32, bits: u32) -> usize {
    (role.wrapping_mul(0x9e37_79b9) >> (32 - bits)) as usize
}

fn candidate([_, order, condition]: &Entry) -> CandidateRef {
    CandidateRef::from_words([*order, *condition])
}

/// Appends the block of a kind's rules.
pub(super) fn push(words: &mut Vec<u32>, rules: &[&Rule], lists: &Lists) {
    let mut entries: Vec<(u32, Entry)> = Vec::new();
    for rule in rules {
        for action in lists.actions(rule) {
            let of_action = lists.roles(rule).iter().map(|role| (*action, [*role, rule.order, rule.condition]));
            entries.extend(of_action);
        }
    }
    entries.sort_unstable();
    let groups = entries.chunk_by(|(a, _), (b, _)| a == b);
    let count = groups.clone().count();
    words.push(MANY | word(count));
    let mut head = words.len();
    words.resize(head + count * size_of::<Group>() / size_of::<u32>(), 0);
    for group in groups {
        let Some((action, _)) = group.first() else { continue };
        let start = words.len();
        words.extend(group.iter().flat_map(|(_, entry)| entry));
        let marks = group.iter().fold(0, |marks, (_, entry)| marks | mark(candidate(entry).class()));
        let table = if group.len() > WALKED { push_table(words, group) } else { 0 };
        let described = [*action, word(start), word(group.len()) & LEN | marks, table];
        for (place, value) in words.iter_mut().skip(head).zip(described) {
            *place = value;
        }
        head += described.len();
    }
}

/// Appends the table of a group, sorted by role, and says where it is, and one more.
fn push_table(words: &mut Vec<u32>, group: &[(u32, Entry)]) -> u32 {
    let roles = group.chunk_by(|(_, [a, ..]), (_, [b, ..])| a == b);
    // At most half full, so that searches are short and end.
    let bits = (2 * roles.clone().count()).next_power_of_two().trailing_zeros();
    let start = words.len();
    words.push(bits);
    words.resize(start + 1 + (2 << bits), VACANT);
    let places = words.get_mut(start + 1..).unwrap_or_default().as_chunks_mut::<2>().0;
    let mut first = 0;
    for entries in roles {
        if let Some((_, [role, ..])) = entries.first() {
            let mut at = hash(*role, bits);
            while let Some([taken, _]) = places.get(at & (places.len() - 1))
                && *taken != VACANT
            {
                at += 1;
            }
            let at = at & (places.len() - 1);
            if let Some(place) = places.get_mut(at) {
                *place = [*role, word(first)];
            }
        }
        first += entries.len();
    }
    word(start + 1)
}

fn mark(class: Class) -> u32 {
    match class {
        Class::Deny | Class::ShadowDeny => 0,
        Class::Allow => ALLOWS,
        Class::ShadowAllow => SHADOW_ALLOWS,
    }
}
