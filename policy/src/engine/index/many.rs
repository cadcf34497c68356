//! Blocks of kinds with many policies.

mod entries;
mod table;

use super::super::candidate::{CandidateRef, Class};
use super::super::{HeldRoles, Symbol};
use super::Allows;
use super::rules::{ListId, Lists, Rule};
use entries::Entry;
use table::Table;

/// Groups up to this size are walked; larger ones have a table.
const WALKED: usize = 32;

/// The rules of a kind.
#[derive(Debug, Default)]
pub(super) struct Many {
    /// By action, the wildcard's first.
    groups: Vec<Group>,
}

/// The rules for an action.
#[derive(Debug)]
struct Group {
    action: u32,
    /// How many entries there are of each class.
    classes: [u32; 4],
    /// Sorted.
    entries: Vec<Entry>,
    /// Where the entries of each role begin; absent where they are walked.
    table: Option<Table>,
}

impl Many {
    /// Of rules in any order.
    pub(super) fn of(rules: &[&Rule], lists: &Lists) -> Self {
        let entries = entries::of(rules, lists);
        let groups = entries.chunk_by(|(a, _), (b, _)| a == b).filter_map(Group::of);
        Many { groups: groups.collect() }
    }

    #[inline(never)]
    pub(super) fn collect(&self, action: Option<Symbol>, held: &HeldRoles, candidates: &mut Vec<CandidateRef>) {
        for group in self.groups(action) {
            match &group.table {
                None => {
                    let met = group.entries.iter().filter(|[role, ..]| held.has(Symbol(*role)));
                    candidates.extend(met.map(entries::candidate));
                }
                Some(table) => {
                    for role in held.iter() {
                        let from = table.first(role.0).and_then(|first| group.entries.get(first..));
                        let of_role = from.unwrap_or_default().iter().take_while(|[other, ..]| *other == role.0);
                        candidates.extend(of_role.map(entries::candidate));
                    }
                }
            }
        }
    }

    pub(super) fn allows(&self, action: Option<Symbol>) -> Allows {
        self.groups(action).fold(Allows::default(), |allows, group| {
            let has = |class: Class| group.classes.get(class as usize).is_some_and(|count| *count > 0);
            allows.or(Allows { enforced: has(Class::Allow), shadow: has(Class::ShadowAllow) })
        })
    }

    /// The action's, and that of policies for any.
    fn groups(&self, action: Option<Symbol>) -> impl Iterator<Item = &Group> {
        let any = self.groups.first().filter(|group| group.action == Symbol::WILDCARD.0);
        let named = action.and_then(|action| self.groups.get(self.find(action.0).ok()?));
        any.into_iter().chain(named)
    }

    fn find(&self, action: u32) -> Result<usize, usize> {
        self.groups.binary_search_by_key(&action, |group| group.action)
    }

    /// Takes rules away, all those of the same order at once, and adds others.
    pub(super) fn edit(&mut self, gone: &[&Rule], new: &[&Rule], lists: &Lists) {
        let (gone, new) = (entries::of(gone, lists), entries::of(new, lists));
        let (mut gone, mut new) = (&*gone, &*new);
        while let Some(action) = [gone.first(), new.first()].into_iter().flatten().map(|(action, _)| *action).min() {
            let of_action = |entries: &mut &[(u32, Entry)]| {
                let (first, rest) = entries.split_at(entries.partition_point(|(other, _)| *other == action));
                *entries = rest;
                first.iter().map(|(_, entry)| *entry).collect::<Vec<_>>()
            };
            let (gone, new) = (of_action(&mut gone), of_action(&mut new));
            let at = self.find(action).unwrap_or_else(|at| {
                self.groups.insert(at, Group::new(action));
                at
            });
            if let Some(group) = self.groups.get_mut(at) {
                group.edit(&gone, &new);
                if group.entries.is_empty() {
                    self.groups.remove(at);
                }
            }
        }
    }

    /// Its rules, if there are so few entries that few policies can be behind them.
    pub(super) fn if_few(&self, lists: &mut Lists) -> Option<Vec<Rule>> {
        if self.groups.iter().map(|group| group.entries.len()).sum::<usize>() > WALKED {
            return None;
        }
        let mut rules: Vec<([u32; 2], Vec<Symbol>, Vec<Symbol>)> = Vec::new();
        for group in &self.groups {
            for [role, order, condition] in &group.entries {
                let at = rules.iter().position(|(known, ..)| known == &[*order, *condition]).unwrap_or_else(|| {
                    rules.push(([*order, *condition], Vec::new(), Vec::new()));
                    rules.len() - 1
                });
                if let Some((_, actions, roles)) = rules.get_mut(at) {
                    [(actions, group.action), (roles, *role)].into_iter().for_each(|(list, name)| {
                        if !list.contains(&Symbol(name)) {
                            list.push(Symbol(name));
                        }
                    });
                }
            }
        }
        let rule = |([order, condition], actions, roles): ([u32; 2], Vec<Symbol>, Vec<Symbol>)| {
            let [actions, roles] = [actions, roles].map(|list| lists.intern(&list));
            Rule { order, condition, kinds: ListId::NONE, actions, roles }
        };
        Some(rules.into_iter().map(rule).collect())
    }
}

impl Group {
    fn new(action: u32) -> Self {
        Group { action, classes: [0; 4], entries: Vec::new(), table: None }
    }

    fn of(entries: &[(u32, Entry)]) -> Option<Self> {
        let mut group = Group::new(entries.first()?.0);
        group.entries = entries.iter().map(|(_, entry)| *entry).collect();
        entries.iter().for_each(|(_, entry)| *group.count(entry) += 1);
        group.index();
        Some(group)
    }

    /// Makes the table, where there is to be one.
    fn index(&mut self) {
        self.table = (self.entries.len() > WALKED).then(|| Table::of(&self.entries));
    }

    fn edit(&mut self, gone: &[Entry], new: &[Entry]) {
        let gone = entries::remove(&mut self.entries, gone);
        entries::insert(&mut self.entries, new);
        gone.iter().for_each(|entry| *self.count(entry) -= 1);
        new.iter().for_each(|entry| *self.count(entry) += 1);
        let Group { entries, table, .. } = self;
        let follows = table.as_mut().is_some_and(|table| table.edit(entries, &gone, new));
        if !follows || entries.len() <= WALKED {
            self.index();
        }
    }

    fn count(&mut self, entry: &Entry) -> &mut u32 {
        let [deny, allow, shadow_deny, shadow_allow] = &mut self.classes;
        match entries::candidate(entry).class() {
            Class::Deny => deny,
            Class::Allow => allow,
            Class::ShadowDeny => shadow_deny,
            Class::ShadowAllow => shadow_allow,
        }
    }
}
