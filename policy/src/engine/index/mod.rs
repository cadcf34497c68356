//! Candidates by kind, then action, then role.
//!
//! Kinds are symbols, so a table finds a kind's block without hashing. Most kinds have few policies ([`few`]): the block
//! lists them in the order in which decisions look at them, each with a bit for every action and role that it names, so
//! that all are tested without a branch on any. Kinds with more ([`many`]) have a group for each action, sorted by role, and
//! large groups a hash table of their roles. An edit makes the former anew and changes the latter where they stand ([`edit`]). So a decision touches a few places close to each other, however many
//! policies there are. Policies for any kind have a block of their own, looked at if there is one.

mod build;
mod edit;
mod few;
mod many;
mod rules;
mod slab;
#[cfg(test)]
mod tests;

use super::candidate::{CandidateRef, Class};
use super::{HeldRoles, Symbol};
use slab::Slab;

pub(crate) use few::Met;
pub(crate) use rules::{Lists, Rules};

/// Whether policies that meet a kind and an action, for whatever role, are allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allows {
    pub(crate) enforced: bool,
    pub(crate) shadow: bool,
}

impl Allows {
    pub(crate) fn or(self, other: Allows) -> Allows {
        Allows { enforced: self.enforced | other.enforced, shadow: self.shadow | other.shadow }
    }

    fn of(class: Class) -> Allows {
        Allows { enforced: class == Class::Allow, shadow: class == Class::ShadowAllow }
    }
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By kind, the wildcard's first: one more than where its block starts in `words`, or its place in `many`, marked
    /// as such, or 0 where it has none.
    blocks: Vec<u32>,
    /// Blocks for few policies, one after the other.
    words: Vec<u32>,
    /// How many of the words belong to no block any more.
    garbage: usize,
    many: Slab<many::Many>,
    /// Whether every role has a bit of its own in a signature.
    distinct_bits: bool,
}

/// Marks the place of a block for many policies.
const MANY: u32 = 1 << 31;

enum Block<'i> {
    Few(few::Block<'i>),
    Many(&'i many::Many),
}

impl Index {
    /// The candidates for a kind, an action and any of these roles, in order, where they are those of few policies.
    #[inline(always)]
    pub(crate) fn few<'i>(
        &'i self,
        kind: Option<Symbol>,
        action: Option<Symbol>,
        roles: &'i HeldRoles,
    ) -> Option<Met<'i>> {
        if self.blocks.first().is_some_and(|any| *any != 0) {
            return None;
        }
        match kind.and_then(|kind| self.block(kind)) {
            None => Some(few::Block::default().met(action, roles, true)),
            Some(Block::Few(block)) => Some(block.met(action, roles, self.distinct_bits)),
            Some(Block::Many(_)) => None,
        }
    }

    /// Appends the candidates for a kind, an action (`None`: no policy names it) and any of these roles. Those of one block
    /// for few policies are in order and differ; else they may not.
    #[inline(always)]
    pub(crate) fn collect(
        &self,
        kind: Option<Symbol>,
        action: Option<Symbol>,
        roles: &HeldRoles,
        candidates: &mut Vec<CandidateRef>,
    ) {
        if let Some(kind) = kind {
            self.collect_at(kind, action, roles, candidates);
        }
        self.collect_at(Symbol::WILDCARD, action, roles, candidates);
    }

    /// Appends those of policies that name exactly this kind.
    #[inline(always)]
    pub(crate) fn collect_at(
        &self,
        kind: Symbol,
        action: Option<Symbol>,
        roles: &HeldRoles,
        candidates: &mut Vec<CandidateRef>,
    ) {
        match self.block(kind) {
            None => {}
            Some(Block::Few(block)) => candidates.extend(block.met(action, roles, self.distinct_bits)),
            Some(Block::Many(block)) => block.collect(action, roles, candidates),
        }
    }

    /// Which allows there are for exactly this kind and an action, whatever their roles.
    pub(crate) fn allows(&self, kind: Symbol, action: Option<Symbol>) -> Allows {
        match self.block(kind) {
            None => Allows::default(),
            Some(Block::Few(block)) => block.allows(action),
            Some(Block::Many(block)) => block.allows(action),
        }
    }

    #[inline(always)]
    fn block(&self, kind: Symbol) -> Option<Block<'_>> {
        let at = *self.blocks.get(kind.0 as usize)?;
        if at & MANY != 0 {
            return self.many.get(at ^ MANY).map(Block::Many);
        }
        let (head, rest) = self.words.get(at.checked_sub(1)? as usize..)?.split_first()?;
        few::Block::of(*head, rest).map(Block::Few)
    }
}

/// Snapshots' limits keep every index far below 2^32 words.
fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
