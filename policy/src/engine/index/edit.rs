use crate::condition::NodeId;

use super::super::Symbol;
use super::build::{has_distinct_bits, sort};
use super::rules::{Lists, Rule, Rules};
use super::{Block, Index, MANY, word};

/// Words that may be garbage, besides a quarter of all, before blocks are moved together.
const SPARED: usize = 1 << 12;

impl Index {
    /// Takes rules away that were added before, and adds others. `roles`: how many there are; no role's symbol is larger.
    /// `known`: whether a condition was there before the rules were read. One that was not is another one on either side, even if
    /// both stand in the same place.
    ///
    /// All of a policy's rules that are not told by their order must be given on both sides, if any is.
    pub(crate) fn edit(
        &mut self,
        gone: &Rules,
        new: &Rules,
        known: impl Fn(NodeId) -> bool,
        lists: &mut Lists,
        roles: usize,
    ) {
        self.distinct_bits = has_distinct_bits(roles);
        let (gone, new) = differing(&gone.all, &new.all, known);
        let mut by_kind: Vec<(u32, [u32; 3])> = Vec::new();
        for (side, rules) in [(GONE, &gone), (NEW, &new)] {
            for (rule, number) in rules.iter().zip(0..) {
                by_kind.extend(lists.kinds(rule).iter().map(|kind| (*kind, [side, number, 0])));
            }
        }
        by_kind.sort_unstable();
        let (mut gone_here, mut new_here) = (Vec::new(), Vec::new());
        for of_kind in by_kind.chunk_by(|(a, _), (b, _)| a == b) {
            gone_here.clear();
            new_here.clear();
            for (_, [side, number, _]) in of_kind {
                let (from, to) = if *side == GONE { (&gone, &mut gone_here) } else { (&new, &mut new_here) };
                to.extend(from.get(*number as usize).copied());
            }
            if let Some((kind, _)) = of_kind.first() {
                self.edit_kind(Symbol(*kind), &gone_here, &new_here, lists);
            }
        }
        if self.garbage > self.words.len() / 4 + SPARED {
            self.compact();
        }
    }

    fn edit_kind(&mut self, kind: Symbol, gone: &[&Rule], new: &[&Rule], lists: &mut Lists) {
        let at = self.blocks.get(kind.0 as usize).copied().unwrap_or_default();
        if at & MANY == 0 {
            let mut rules = match self.block(kind) {
                Some(Block::Few(block)) => block.rules(lists),
                _ => Vec::new(),
            };
            rules.retain(|rule| !gone.iter().any(|gone| gone.order == rule.order));
            return self.replace(kind, rules.iter().chain(new.iter().copied()).collect(), lists);
        }
        let Some(many) = self.many.get_mut(at ^ MANY) else { return };
        many.edit(gone, new, lists);
        if let Some(rules) = many.if_few(lists) {
            self.many.remove(at ^ MANY);
            self.set(kind, 0);
            self.replace(kind, rules.iter().collect(), lists);
        }
    }

    /// Puts a block of these rules in the place of one for few policies, or of none.
    fn replace(&mut self, kind: Symbol, mut rules: Vec<&Rule>, lists: &Lists) {
        let before = match self.block(kind) {
            Some(Block::Few(block)) => block.len(),
            _ => 0,
        };
        let old = self.blocks.get(kind.0 as usize).and_then(|at| at.checked_sub(1));
        sort(&mut rules, &mut Vec::new());
        self.make_room();
        let end = self.words.len();
        let mut at = self.push(&rules, lists);
        let len = self.words.len() - end;
        self.garbage += before;
        if let Some(old) = old
            && (1..=before).contains(&len)
        {
            self.words.copy_within(end.., old as usize);
            self.words.truncate(end);
            self.garbage -= len;
            at = old + 1;
        }
        self.set(kind, at);
    }

    /// Grows by some, not to twice as much.
    fn make_room(&mut self) {
        const ROOM: usize = 1 << 10;
        if self.words.capacity() - self.words.len() < ROOM {
            self.words.reserve_exact(ROOM + self.words.len() / 16);
        }
    }

    fn set(&mut self, kind: Symbol, at: u32) {
        let kind = kind.0 as usize;
        if kind >= self.blocks.len() && at != 0 {
            self.blocks.resize(kind + 1, 0);
        }
        if let Some(block) = self.blocks.get_mut(kind) {
            *block = at;
        }
    }

    /// Leaves the garbage behind.
    fn compact(&mut self) {
        let mut words = Vec::with_capacity(self.words.len() - self.garbage);
        for kind in 0..word(self.blocks.len()) {
            let Some(Block::Few(block)) = self.block(Symbol(kind)) else { continue };
            let (len, start) = (block.len(), words.len());
            let from = self.blocks.get(kind as usize).and_then(|at| at.checked_sub(1)).unwrap_or_default() as usize;
            words.extend_from_slice(self.words.get(from..from + len).unwrap_or_default());
            self.set(Symbol(kind), word(start + 1));
        }
        self.words = words;
        self.garbage = 0;
    }
}

const GONE: u32 = 0;
const NEW: u32 = 1;

/// Those that are only on one side. Rules that are not told by their order always are, and so are those whose condition
/// was not known.
fn differing<'r>(gone: &'r [Rule], new: &'r [Rule], known: impl Fn(NodeId) -> bool) -> (Vec<&'r Rule>, Vec<&'r Rule>) {
    let mut all: Vec<(u32, [u32; 3])> = Vec::with_capacity(gone.len() + new.len());
    for (side, rules) in [(GONE, gone), (NEW, new)] {
        all.extend(rules.iter().zip(0..).map(|(rule, number)| (rule.order, [side, number, 0])));
    }
    all.sort_unstable();
    let (mut only_gone, mut only_new) = (Vec::new(), Vec::new());
    for of_order in all.chunk_by(|(a, _), (b, _)| a == b) {
        let of_side = |side: u32, rules: &'r [Rule]| {
            let of_side = of_order.iter().filter(move |(_, [own, ..])| *own == side);
            of_side.filter_map(move |(_, [_, number, _])| rules.get(*number as usize))
        };
        let (of_gone, of_new) = (|| of_side(GONE, gone), || of_side(NEW, new));
        let told = of_gone()
            .chain(of_new())
            .map(Rule::candidate)
            .all(|candidate| candidate.is_told_by_order() && candidate.condition().is_none_or(&known));
        if !told || !of_gone().eq(of_new()) {
            only_gone.extend(of_gone());
            only_new.extend(of_new());
        }
    }
    (only_gone, only_new)
}
