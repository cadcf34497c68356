//! An index by kind and action, as a careful host would write one by hand for just this workload: in front of closures it
//! is the floor, in front of the crate `cel`'s programs the fastest way to use that crate.

use super::workload::{Case, Person, Spec};

const ACTIONS: usize = 5;

pub(crate) struct Lookup<C> {
    /// By kind and action: where its rules are.
    slots: Vec<(u32, u32)>,
    /// Denies of a slot come first.
    rules: Vec<Rule<C>>,
}

struct Rule<C> {
    deny: bool,
    /// A bit each.
    roles: u32,
    condition: Option<C>,
}

/// What of a request the lookup itself needs.
pub(crate) struct Asked {
    slot: usize,
    roles: u32,
}

impl Asked {
    pub(crate) fn new(case: &Case, person: &Person) -> Self {
        Asked { slot: slot(case.kind, case.action), roles: bits(&person.roles) }
    }
}

impl<C> Lookup<C> {
    pub(crate) fn new(specs: &[Spec], mut condition: impl FnMut(&Spec) -> Option<C>) -> Self {
        let mut rules = Vec::new();
        let slices = slices(specs);
        let slots = slices.iter().map(|specs| {
            let start = rules.len();
            rules.extend(specs.iter().map(|spec| Rule {
                deny: spec.deny,
                roles: bits(spec.roles.as_deref().unwrap()),
                condition: condition(spec),
            }));
            (u32::try_from(start).unwrap(), u32::try_from(rules.len()).unwrap())
        });
        Lookup { slots: slots.collect(), rules }
    }

    /// Whether the request is allowed.
    #[inline]
    pub(crate) fn allows(&self, asked: &Asked, mut holds: impl FnMut(&C) -> bool) -> bool {
        let Some((start, end)) = self.slots.get(asked.slot) else { return false };
        self.rules[*start as usize..*end as usize]
            .iter()
            .find(|rule| rule.roles & asked.roles != 0 && rule.condition.as_ref().is_none_or(&mut holds))
            .is_some_and(|rule| !rule.deny)
    }
}

/// The policies of each kind and action, denies first; at [`slot`].
pub(crate) fn slices(specs: &[Spec]) -> Vec<Vec<&Spec>> {
    let mut slices = vec![Vec::new(); specs.len().div_ceil(5) * ACTIONS];
    for deny in [true, false] {
        for spec in specs.iter().filter(|spec| spec.deny == deny) {
            for action in spec.actions.as_ref().unwrap() {
                slices[slot(spec.kind.unwrap(), *action)].push(spec);
            }
        }
    }
    slices
}

/// Beyond every slice for a kind that no policy knows.
pub(crate) fn slot(kind: usize, action: usize) -> usize {
    kind * ACTIONS + action
}

fn bits(numbers: &[usize]) -> u32 {
    numbers.iter().fold(0, |bits, number| bits | 1 << number)
}
