use super::super::{CandidateRef, Class, HeldRoles, Slot, Symbol};
use super::{Allows, Index, Lists, Rules};
use crate::condition::NodeId;

/// A rule as it was added.
#[derive(Clone)]
struct Plain {
    candidate: CandidateRef,
    kinds: Vec<Symbol>,
    actions: Vec<Symbol>,
    roles: Vec<Symbol>,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ z >> 31) % u64::from(bound)).unwrap()
    }

    /// A few different symbols, or the wildcard once in eight times.
    fn names(&mut self, most: u32, of: u32) -> Vec<Symbol> {
        if self.below(8) == 0 {
            return vec![Symbol::WILDCARD];
        }
        let mut names: Vec<Symbol> = (0..=self.below(most)).map(|_| Symbol(1 + self.below(of))).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn rules(random: &mut Random, count: u32, kinds: u32, actions: u32, roles: u32) -> Vec<Plain> {
    let classes = [Class::Allow, Class::Deny, Class::ShadowAllow, Class::ShadowDeny];
    let rule = |number| Plain {
        candidate: CandidateRef::new(slot(number), 0, classes[random.below(4) as usize], None),
        kinds: random.names(2, kinds),
        actions: random.names(3, actions),
        roles: random.names(4, roles),
    };
    (0..count).map(rule).collect()
}

fn slot(number: u32) -> Slot {
    Slot::new(number as usize / 20, number as usize % 20).unwrap()
}

fn listed<'p>(rules: impl IntoIterator<Item = &'p Plain>, lists: &mut Lists) -> Rules {
    let mut listed = Rules::default();
    for rule in rules {
        listed.add(lists, rule.candidate, [&rule.kinds, &rule.actions, &rule.roles]);
    }
    listed
}

fn index(rules: &[Plain], roles: u32) -> Index {
    let mut lists = Lists::default();
    let listed = listed(rules, &mut lists);
    Index::build(listed, &lists, roles as usize, 64)
}

fn meets(names: &[Symbol], asked: Option<Symbol>) -> bool {
    names.iter().any(|name| *name == Symbol::WILDCARD || Some(*name) == asked)
}

#[test]
fn the_index_finds_what_a_walk_over_all_rules_finds() {
    let mut random = Random(7);
    for (count, kinds, actions, roles) in [
        (0, 1, 1, 1),
        (5, 2, 3, 4),
        (40, 3, 5, 20),
        (300, 2, 2, 300),
        (300, 1, 40, 9),
        (2_000, 30, 20, 700),
        (500, 1, 1, 500),
    ] {
        let rules = rules(&mut random, count, kinds, actions, roles);
        let index = index(&rules, roles);
        check(&index, &rules, [kinds, actions, roles], 1_000, &mut random);
    }
}

/// Asks so many questions of an index, and of a walk over its rules.
fn check(index: &Index, rules: &[Plain], [kinds, actions, roles]: [u32; 3], questions: u32, random: &mut Random) {
    for _ in 0..questions {
        let (kind, action) = (Symbol(1 + random.below(kinds + 1)), Symbol(1 + random.below(actions + 1)));
        let action = (random.below(8) > 0).then_some(action);
        let most = if random.below(4) == 0 { 60 } else { 3 };
        let known = random.names(most, roles);
        let anonymous = random.below(4) == 0;
        let known = known.into_iter().filter(|role| *role != Symbol::WILDCARD);
        let held = HeldRoles::new(known.clone(), !anonymous);
        let holds = |role: &Symbol| {
            if *role == Symbol::WILDCARD { !anonymous } else { known.clone().any(|own| own == *role) }
        };
        let mut expected: Vec<CandidateRef> = rules
            .iter()
            .filter(|rule| meets(&rule.kinds, Some(kind)) && meets(&rule.actions, action))
            .filter(|rule| rule.roles.iter().any(holds))
            .map(|rule| rule.candidate)
            .collect();
        expected.sort_unstable();
        let mut found = Vec::new();
        index.collect(Some(kind), action, &held, &mut found);
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, expected, "{} rules: {kind:?} {action:?} {held:?}", rules.len());
        if let Some(few) = index.few(Some(kind), action, &held) {
            assert_eq!(few.collect::<Vec<_>>(), expected, "{} rules in order: {kind:?} {action:?}", rules.len());
        }
        let of_kind = rules.iter().filter(|rule| rule.kinds.contains(&kind) && meets(&rule.actions, action));
        let expected = of_kind.fold(Allows::default(), |all, rule| all.or(Allows::of(rule.candidate.class())));
        assert_eq!(index.allows(kind, action), expected, "{kind:?} {action:?}");
    }
}

/// Rules come, go and change, so that kinds go from few rules to many and back, and what is left is found as if it had been
/// there from the start.
#[test]
fn an_edited_index_finds_what_a_walk_over_the_rules_that_are_left_finds() {
    let mut random = Random(9);
    let mut crossed = [0, 0];
    for [most, kinds, actions, roles] in
        [[60, 3, 5, 40], [400, 1, 3, 30], [900, 2, 2, 600], [300, 60, 4, 90], [40, 1, 40, 300]]
    {
        let mut left: Vec<Plain> = Vec::new();
        let (mut index, mut lists, mut next) = (index(&[], roles), Lists::default(), 0);
        for step in 0..400 {
            let shrinks = step / 50 % 2 == 1;
            let many = index.many.len();
            let gone = random.below(if shrinks { 30 } else { 6 }).min(u32::try_from(left.len()).unwrap());
            let gone: Vec<Plain> = (0..gone)
                .map(|_| left.swap_remove(random.below(u32::try_from(left.len()).unwrap()) as usize))
                .collect();
            let mut new =
                rules(&mut random, if left.len() < most as usize && !shrinks { 20 } else { 2 }, kinds, actions, roles);
            for rule in &mut new {
                let class = rule.candidate.class();
                let condition = (random.below(2) == 0).then(|| NodeId(random.below(5)));
                // Slots are taken once, each by up to three ways.
                rule.candidate = CandidateRef::new(slot(next / 3), next as usize % 3, class, condition);
                next += 1;
            }
            // Some stay as they are, or with another condition.
            for (rule, changes) in gone.iter().take(3).zip([false, true, false]) {
                let class = rule.candidate.class();
                let way = rule.candidate.words()[0] as usize & CandidateRef::LAST_WAY as usize;
                let condition = Some(NodeId(random.below(5)));
                let changed = CandidateRef::new(rule.candidate.slot(), way, class, condition);
                new.push(Plain { candidate: if changes { changed } else { rule.candidate }, ..rule.clone() });
            }
            let (before, after) = (listed(&gone, &mut lists), listed(&new, &mut lists));
            let known = random.below(6);
            index.edit(&before, &after, |root| root.0 < known, &mut lists, roles as usize);
            left.extend(new);
            check(&index, &left, [kinds, actions, roles], 20, &mut random);
            let live: usize = (0..=kinds)
                .filter_map(|kind| match index.block(Symbol(kind)) {
                    Some(super::Block::Few(block)) => Some(block.len()),
                    _ => None,
                })
                .sum();
            assert_eq!(live + index.garbage, index.words.len());
            crossed[0] += u32::from(index.many.len() > many);
            crossed[1] += u32::from(index.many.len() < many);
        }
        let everything = listed(&left, &mut lists);
        index.edit(&everything, &Rules::default(), |_| true, &mut lists, roles as usize);
        assert_eq!((index.many.len(), index.words.len() - index.garbage), (0, 0));
    }
    assert!(crossed.iter().all(|count| *count > 20), "{crossed:?}");
}

#[test]
fn the_index_knows_which_allows_there_are_whatever_the_roles() {
    let mut random = Random(8);
    for (count, actions) in [(6, 3), (300, 5), (300, 40)] {
        let rules = rules(&mut random, count, 2, actions, 50);
        let index = index(&rules, 50);
        for (kind, action) in (0..3).flat_map(|kind| (0..actions + 2).map(move |action| (Symbol(kind), action))) {
            let action = action.checked_sub(1).map(|action| Symbol(action + 1));
            let of_kind = rules.iter().filter(|rule| rule.kinds.contains(&kind) && meets(&rule.actions, action));
            let expected = of_kind.fold(Allows::default(), |all, rule| all.or(Allows::of(rule.candidate.class())));
            assert_eq!(index.allows(kind, action), expected, "{kind:?} {action:?}");
        }
    }
}

#[test]
fn blocks_are_right_at_the_limits_of_either_sort() {
    let any = vec![Symbol::WILDCARD];
    let (kind, role) = (vec![Symbol(1)], vec![Symbol(1)]);
    let held = HeldRoles::new(role.iter().copied(), true);
    for count in 1..40 {
        for actions in [vec![any.clone()], (1..=17).map(|action| vec![Symbol(action)]).collect()] {
            let rule = |number: u32| Plain {
                candidate: CandidateRef::new(slot(number), 0, Class::Allow, None),
                kinds: kind.clone(),
                // The last rule is met by any action.
                actions: if number + 1 == count {
                    any.clone()
                } else {
                    actions[number as usize % actions.len()].clone()
                },
                roles: role.clone(),
            };
            let rules: Vec<Plain> = (0..count).map(rule).collect();
            let index = index(&rules, 1);
            for action in 0..20 {
                let action = (action > 0).then_some(Symbol(action));
                let expected: Vec<_> =
                    rules.iter().filter(|rule| meets(&rule.actions, action)).map(|rule| rule.candidate).collect();
                let mut found = Vec::new();
                index.collect(Some(Symbol(1)), action, &held, &mut found);
                found.sort_unstable();
                assert_eq!(found, expected, "{count} rules, {action:?}");
                if let Some(few) = index.few(Some(Symbol(1)), action, &held) {
                    assert_eq!(few.collect::<Vec<_>>(), expected, "{count} rules in order, {action:?}");
                }
            }
        }
    }
}
