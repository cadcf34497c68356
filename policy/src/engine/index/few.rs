//! Blocks of kinds with few policies.
//!
//! ```text
//! block      head action* signature* rule* roles*
//! head       number of actions | number of rules << 8 | rules for other actions << 16
//! action     symbol, rules for it
//! signature  of a rule's roles: two words
//! rule       order, condition, place of its roles
//! roles      count, symbol*
//! ```
//!
//! Rules for an action are told by a bit each, the first rule's the lowest.

use super::super::candidate::CandidateRef;
use super::super::held::signature;
use super::super::{HeldRoles, Symbol};
use super::rules::{ListId, Lists, Rule};
use super::{Allows, word};

/// Most rules of a block.
const RULES: usize = 15;

const _: () = assert!(RULES <= 16, "the head has room for a bit of each");

/// Most actions that a block lists.
const ACTIONS: usize = 16;

/// Most roles of all rules of a block: where signatures do not tell everything, they are gone through.
const ROLES: usize = 128;

#[derive(Default)]
pub(super) struct Block<'i> {
    /// Rules for actions that are not listed.
    others: u32,
    actions: &'i [[u32; 2]],
    signatures: &'i [[u32; 2]],
    rules: &'i [[u32; 3]],
    roles: &'i [u32],
}

impl<'i> Block<'i> {
    #[inline(always)]
    pub(super) fn of(head: u32, rest: &'i [u32]) -> Option<Self> {
        let [actions, rules, ..] = head.to_le_bytes();
        let (actions, rest) = rest.split_at_checked(2 * usize::from(actions))?;
        let (signatures, rest) = rest.split_at_checked(2 * usize::from(rules))?;
        let (rules, roles) = rest.split_at_checked(3 * usize::from(rules))?;
        Some(Block {
            others: head >> 16,
            actions: actions.as_chunks().0,
            signatures: signatures.as_chunks().0,
            rules: rules.as_chunks().0,
            roles,
        })
    }

    /// `distinct_bits`: whether signatures tell everything.
    #[inline(always)]
    pub(super) fn met(self, action: Option<Symbol>, held: &'i HeldRoles, distinct_bits: bool) -> Met<'i> {
        let bits = self.of_action(action) & self.of_roles(held.signature());
        Met { rules: self.rules, roles: self.roles, bits, held, distinct_bits }
    }

    pub(super) fn allows(&self, action: Option<Symbol>) -> Allows {
        let met = self.of_action(action);
        let met = self.rules.iter().enumerate().filter(|(place, _)| met & 1 << place != 0);
        met.fold(Allows::default(), |allows, (_, [order, condition, _])| {
            allows.or(Allows::of(CandidateRef::from_words([*order, *condition]).class()))
        })
    }

    /// How many words it takes.
    pub(super) fn len(&self) -> usize {
        let roles = self.rules.last().map_or(0, |[.., place]| {
            let count = self.roles.get(*place as usize).copied().unwrap_or_default();
            *place as usize + 1 + count as usize
        });
        1 + 2 * self.actions.len() + 5 * self.rules.len() + roles
    }

    /// Its rules, in order; their kinds are not known here.
    pub(super) fn rules(&self, lists: &mut Lists) -> Vec<Rule> {
        let rule = |(place, [order, condition, roles]): (usize, &[u32; 3])| {
            let named = self.actions.iter().filter(|[_, rules]| rules & 1 << place != 0);
            let actions: Vec<Symbol> = match self.others & 1 << place {
                0 => named.map(|[action, _]| Symbol(*action)).collect(),
                _ => vec![Symbol::WILDCARD],
            };
            let roles: Vec<Symbol> = roles_at(self.roles, *roles).iter().copied().map(Symbol).collect();
            let [actions, roles] = [actions, roles].map(|list| lists.intern(&list));
            Rule { order: *order, condition: *condition, kinds: ListId::NONE, actions, roles }
        };
        self.rules.iter().enumerate().map(rule).collect()
    }

    /// The rules for an action. Without branches, here and below: which it is, is anyone's guess.
    #[inline(always)]
    fn of_action(&self, action: Option<Symbol>) -> u32 {
        let Some(action) = action else { return self.others };
        let (met, listed) = self.actions.iter().fold((0, 0), |(met, found), [listed, rules]| {
            let it = u32::from(*listed == action.0).wrapping_neg();
            (met | rules & it, found | it)
        });
        met | self.others & !listed
    }

    /// The rules that may be for roles of this signature.
    #[inline(always)]
    fn of_roles(&self, held: u64) -> u32 {
        self.signatures.iter().enumerate().fold(0, |met, (place, [low, high])| {
            let signature = u64::from(*low) | u64::from(*high) << 32;
            met | u32::from(signature & held != 0) << place
        })
    }
}

/// The candidates that a question meets, in order.
#[derive(Clone, Debug)]
pub(crate) struct Met<'i> {
    rules: &'i [[u32; 3]],
    roles: &'i [u32],
    /// A bit for each rule that is to be looked at.
    bits: u32,
    held: &'i HeldRoles,
    distinct_bits: bool,
}

impl Iterator for Met<'_> {
    type Item = CandidateRef;

    #[inline(always)]
    fn next(&mut self) -> Option<CandidateRef> {
        while self.bits != 0 {
            let [order, condition, roles] = self.rules.get(self.bits.trailing_zeros() as usize)?;
            self.bits &= self.bits - 1;
            if self.distinct_bits || roles_at(self.roles, *roles).iter().any(|role| self.held.has(Symbol(*role))) {
                return Some(CandidateRef::from_words([*order, *condition]));
            }
        }
        None
    }
}

fn roles_at(roles: &[u32], place: u32) -> &[u32] {
    let roles = roles.get(place as usize..).and_then(<[u32]>::split_first);
    roles.and_then(|(count, rest)| rest.get(..*count as usize)).unwrap_or_default()
}

/// As many words as [`push`] appends, or more, where there are so many actions in all.
pub(super) fn len<'r>(rules: impl Iterator<Item = &'r Rule>, lists: &Lists, all_actions: usize) -> usize {
    let [mut count, mut actions, mut roles] = [0; 3];
    for rule in rules {
        count += 1;
        actions += lists.actions(rule).len();
        roles += 1 + lists.roles(rule).len();
    }
    1 + 2 * actions.min(ACTIONS).min(all_actions) + 5 * count + roles
}

/// Appends the block of a kind's rules, which are in order. False, and nothing, if they do not fit into one.
pub(super) fn push(words: &mut Vec<u32>, rules: &[&Rule], lists: &Lists) -> bool {
    let Some((actions, others)) = actions(rules, lists) else { return false };
    words.push(word(actions.len() | rules.len() << 8) | others << 16);
    words.extend(actions.as_flattened());
    for rule in rules {
        let [a, b, c, d, e, f, g, h] = signature(lists.roles(rule).iter().copied().map(Symbol)).to_le_bytes();
        words.extend([u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]);
    }
    let mut place = 0;
    for rule in rules {
        words.extend([rule.order, rule.condition, word(place)]);
        place += 1 + lists.roles(rule).len();
    }
    for rule in rules {
        let roles = lists.roles(rule);
        words.push(word(roles.len()));
        words.extend_from_slice(roles);
    }
    true
}

/// The actions that rules name, and the rules for each; and the rules for any. None if there is too much of either.
fn actions(rules: &[&Rule], lists: &Lists) -> Option<(Vec<[u32; 2]>, u32)> {
    let mut actions: Vec<[u32; 2]> = Vec::with_capacity(8);
    let mut others = 0;
    if rules.len() > RULES || rules.iter().map(|rule| lists.roles(rule).len()).sum::<usize>() > ROLES {
        return None;
    }
    for (place, rule) in rules.iter().enumerate() {
        let bit = 1 << place;
        for action in lists.actions(rule) {
            match actions.iter_mut().find(|[listed, _]| listed == action) {
                _ if *action == Symbol::WILDCARD.0 => others |= bit,
                Some([_, rules]) => *rules |= bit,
                None => actions.push([*action, bit]),
            }
        }
        if actions.len() > ACTIONS {
            return None;
        }
    }
    actions.iter_mut().for_each(|[_, rules]| *rules |= others);
    Some((actions, others))
}
