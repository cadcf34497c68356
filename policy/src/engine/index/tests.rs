use super::super::{CandidateRef, Class, HeldRoles, Symbol};
use super::{Allows, Index, IndexBuilder};

/// A rule as it was added.
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
    let rule = |slot| Plain {
        candidate: CandidateRef::new(slot, classes[random.below(4) as usize], None),
        kinds: random.names(2, kinds),
        actions: random.names(3, actions),
        roles: random.names(4, roles),
    };
    (0..count).map(rule).collect()
}

fn index(rules: &[Plain], roles: u32) -> Index {
    let mut builder = IndexBuilder::default();
    rules.iter().for_each(|rule| builder.add(rule.candidate, &rule.kinds, &rule.actions, &rule.roles));
    builder.build(roles as usize, 64)
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
        for _ in 0..1_000 {
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
            assert_eq!(found, expected, "{count} {kinds} {actions} {roles}: {kind:?} {action:?} {held:?}");
        }
    }
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
            let rule = |slot: u32| Plain {
                candidate: CandidateRef::new(slot, Class::Allow, None),
                kinds: kind.clone(),
                // The last rule is met by any action.
                actions: if slot + 1 == count { any.clone() } else { actions[slot as usize % actions.len()].clone() },
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
